"""The same scores from every backend, and the right one taken."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
from conftest import ALPHABET

from qingyuan import tagger as tagging
from qingyuan.backends import choice, load_backend
from qingyuan.backends.onnx import OnnxBackend
from qingyuan.backends.torch import TorchBackend
from qingyuan.batches import frame, pack
from qingyuan.checkpoint import ONNX_FILE, WEIGHTS_FILE, CheckpointError
from qingyuan.tagger import Tagger

TEXTS = [ALPHABET[start:] * times for start, times in ((0, 1), (5, 3), (30, 1), (0, 1), (3, 2))] + ["", "西"]


@pytest.fixture(scope="module")
def int8(exported) -> Tagger:
    return Tagger.from_pretrained(exported, backend="onnx")


@pytest.fixture
def small_groups(monkeypatch):
    """Characters in a group of texts."""
    monkeypatch.setattr(tagging, "GROUP_CHARACTERS", 1000)
    return 1000


@pytest.fixture
def no_cuda(monkeypatch):
    monkeypatch.setattr(choice, "_has_cuda_driver", lambda: False)


def logits(tagger, texts=TEXTS, **options) -> np.ndarray:
    tags, topics = tagger.logits([tagger.tokenizer(text) for text in texts], **options)
    return np.concatenate([*(each.ravel() for each in tags), *topics])


def test_backends_agree(tagger, int8):
    full, small = logits(tagger), logits(int8)
    assert np.abs(full - small).mean() < 0.05 * np.abs(full).mean()


def test_int8_scores_a_text_alone_as_in_any_batch(int8):
    together = logits(int8)
    np.testing.assert_allclose(together, logits(int8, batch_size=1), atol=1e-3)
    np.testing.assert_allclose(together[: len(ALPHABET) * 30], logits(int8, TEXTS[:1])[: len(ALPHABET) * 30], atol=1e-3)


def test_more_threads_give_the_same(exported, int8):
    three = Tagger(OnnxBackend(exported / ONNX_FILE, int8.backend.settings, threads=3), int8.tokenizer)
    np.testing.assert_allclose(logits(three), logits(int8), atol=1e-4)
    np.testing.assert_allclose(logits(three, TEXTS[:1]), logits(int8, TEXTS[:1]), atol=1e-4)  # a lone pass


def test_onnx_keeps_the_order_of_many_groups(int8, small_groups):
    texts = [ALPHABET[: 1 + number % 60] * (1 + number % 3) for number in range(200)]
    assert sum(map(len, texts)) > 5 * small_groups
    assert [article.text for article in int8.predict(iter(texts))] == texts


def test_a_copy_in_another_type_leaves_the_model_as_it_was(tagger):
    import torch

    backend = TorchBackend(tagger.model, "cpu", torch.bfloat16)
    scores = backend.run(frame([tagger.tokenizer(ALPHABET[:20]).ids], tagger.tokenizer))
    assert scores.tags.dtype == np.float32 and scores.tags.shape == (1, 22, 30)
    assert tagger.model.dtype == torch.float32 and "bfloat16" in backend.describe()


def test_auto_takes_onnx_on_a_cpu_where_its_file_is(exported, tmp_path, no_cuda):
    assert load_backend(exported).name == "onnx"
    assert load_backend(exported, device="cpu").name == "onnx"
    assert load_backend(exported, "torch").name == "torch"
    assert load_backend(exported, device="meta").name == "torch"
    folder = shutil.copytree(exported, tmp_path / "model")
    (folder / ONNX_FILE).unlink()
    assert load_backend(folder).name == "torch"
    with pytest.raises(CheckpointError, match="qingyuan export"):
        load_backend(folder, "onnx")


def test_auto_asks_torch_for_a_gpu_where_there_is_a_driver(exported, monkeypatch):
    monkeypatch.setattr(choice, "_has_cuda_driver", lambda: True)
    assert load_backend(exported).name == "onnx"  # torch finds none
    monkeypatch.setattr("qingyuan.backends.torch.best_device", lambda: "meta")
    assert load_backend(exported).name == "torch"


def test_wrong_backends_and_devices_are_told(exported):
    with pytest.raises(ValueError, match="'gpu' is none of auto, torch, onnx"):
        load_backend(exported, "gpu")
    with pytest.raises(ValueError, match="onnx backend runs on the CPU"):
        load_backend(exported, "onnx", "cuda")


def test_onnx_alone_is_a_checkpoint_that_runs(exported, tmp_path):
    folder = shutil.copytree(exported, tmp_path / "model")
    (folder / WEIGHTS_FILE).unlink()
    assert Tagger.from_pretrained(folder).predict("西藏").text == "西藏"
    with pytest.raises(CheckpointError, match="alone only runs"):
        load_backend(folder, "torch")


def test_a_broken_or_foreign_onnx_file_is_told(exported, tmp_path):
    folder = shutil.copytree(exported, tmp_path / "model")
    config = folder / "config.json"
    settings = json.loads(config.read_text("utf-8"))
    settings["taxonomy"]["topics"].pop()
    config.write_text(json.dumps(settings), "utf-8")
    with pytest.raises(CheckpointError, match=f"{ONNX_FILE}: made for other labels"):
        load_backend(folder, "onnx")
    (folder / ONNX_FILE).write_bytes((folder / ONNX_FILE).read_bytes()[:5000])
    with pytest.raises(CheckpointError, match=ONNX_FILE):
        load_backend(folder, "onnx")


def test_onnx_imports_nothing_heavy(exported):
    code = """
import sys
from qingyuan import Tagger
assert Tagger.from_pretrained(sys.argv[1], backend="onnx").predict(["西藏自治区", ""])
print({"torch", "transformers", "datasets", "sklearn", "pandas", "rich", "typer"} & set(sys.modules))
"""
    result = subprocess.run([sys.executable, "-c", code, str(exported)], capture_output=True, text=True, timeout=120)
    assert result.stdout == "set()\n", result.stderr


def test_batches_hold_their_budget_and_every_window_once():
    lengths = [5, 512, 5, 7, 300, 5, 512, 1, 7, 900]
    for budget, most, padded in ((512, None, True), (512, None, False), (512, 2, True), (20, 1, False)):
        batches = pack(lengths, budget, most, padded)
        assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))
        for batch in batches:
            sizes = [lengths[number] for number in batch]
            assert len(batch) == 1 or max(sizes) * len(batch) <= budget
            assert most is None or len(batch) <= most
            assert padded or len(set(sizes)) == 1
    assert len(pack(lengths, 1 << 16)) == 1


def test_the_look_ahead_is_bounded(int8, small_groups):
    taken = 0

    def texts():
        nonlocal taken
        while True:
            taken += 1
            yield ALPHABET

    stream = int8.predict(texts())
    for given in range(1, 40):
        next(stream)
        assert (taken - given) * len(ALPHABET) <= 3 * small_groups
    stream.close()


@pytest.mark.parametrize("error", [ValueError("the disk is gone"), TypeError("x")])
@pytest.mark.parametrize("count", [0, 1, 45])
def test_a_failing_generator_gives_all_that_came_before(int8, small_groups, error, count):
    before = [ALPHABET + str(number) for number in range(count)]

    def texts():
        yield from before
        raise error

    given = []
    with pytest.raises(type(error), match=str(error)):
        for article in int8.predict(texts()):
            given.append(article.text)
    assert given == before


def test_a_closed_stream_leaves_no_thread_at_work(int8, small_groups):
    stream = int8.predict(ALPHABET for _ in range(1000))
    next(stream)
    stream.close()
    done = threading.Event()
    int8.backend._workers.submit(done.set)
    assert done.wait(timeout=30)
