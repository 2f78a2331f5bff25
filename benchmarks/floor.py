"""How fast the encoder could be: its operations, the peak of a plain product, and where the rest of the time goes."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from qingyuan.checkpoint import EARLY

SHAPE = (512, 512, 2048)  # tokens, channels in and out: the largest product of the shipped encoder
SECONDS = 2.0


def operations(encoder: Mapping[str, int], length: int) -> tuple[float, float]:
    """Multiplications and additions a token, in a window of `length` tokens: with weights, and within attention.

    Those of the heads are few.
    """
    width, inner, layers = (encoder[name] for name in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    return 2 * layers * (4 * width**2 + 2 * width * inner), 2 * layers * 2 * length * width


def best(run, seconds: float = SECONDS) -> float:
    """The least time of many runs."""
    run()
    least, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        run()
        least = min(least, time.perf_counter() - begin)
    return least


def onnx_peak(threads: int, int8: bool) -> float:
    """Operations a second of ONNX Runtime's plain product, of uint8 and int8 or in float32."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rows, inside, columns = SHAPE
    random = np.random.default_rng(0)
    x, weight = random.integers(0, 200, (rows, inside)), random.integers(-100, 100, (inside, columns))
    types = (TensorProto.UINT8, TensorProto.INT32) if int8 else (TensorProto.FLOAT, TensorProto.FLOAT)
    x, weight = x.astype(np.uint8 if int8 else np.float32), weight.astype(np.int8 if int8 else np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger" if int8 else "MatMul", ["x", "w"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", types[0], [None, inside])],
        [helper.make_tensor_value_info("y", types[1], [None, columns])],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return 2 * rows * inside * columns / best(lambda: session.run(None, {"x": x}))


def torch_peak(device: str, dtype: str, threads: int | None = None) -> float:
    """Operations a second of torch's plain product."""
    import torch

    if threads:
        torch.set_num_threads(threads)
    rows, inside, columns = SHAPE if device == "cpu" else (8192, 8192, 8192)
    options = {"device": device, "dtype": getattr(torch, dtype)}
    x, weight = torch.randn(rows, inside, **options), torch.randn(inside, columns, **options)

    def run():
        x @ weight
        if device != "cpu":
            torch.cuda.synchronize()

    return 2 * rows * inside * columns / best(run)


def profile(path: Path, length: int, early: bool = False, passes: int = 20) -> dict[str, float]:
    """The share of each kind of operator in the time of an ONNX model for windows of `length` tokens, one thread.

    `early`: up to its early exit.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.enable_profiling = True
    with tempfile.TemporaryDirectory() as folder:
        options.profile_file_prefix = str(Path(folder, "profile"))
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        inputs = {"input_ids": np.random.default_rng(0).integers(5, 1000, (1, length)), EARLY: np.array(early)}
        inputs = {each.name: inputs[each.name] for each in session.get_inputs()}
        for _ in range(passes):
            session.run(None, inputs)
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    least: dict[tuple[str, str], float] = {}
    for event in events:
        kind = event.get("args", {}).get("op_name")
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time") and kind != "If":  # whose time is its inside's
            key = event["name"], kind
            least[key] = min(event["dur"], least.get(key, float("inf")))
    kinds = Counter()
    for (_, kind), time_ in least.items():
        kinds[kind] += time_
    return {kind: time_ / kinds.total() for kind, time_ in kinds.most_common()}
