"""ONNX Runtime on a CPU, with the graph of `qingyuan.training.graph`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from qingyuan.backends.base import Backend, Scores
from qingyuan.checkpoint import EARLY, CheckpointError, Settings
from qingyuan.tags import tag_count


class OnnxBackend(Backend):
    """Many passes side by side, one to a core, lose nothing to waiting for each other; a lone pass gets all cores."""

    name = "onnx"
    padded = False  # the graph has no mask, which spares a tenth of the time
    budget = 512  # one long window: what passes between the operators then stays in a core's cache

    def __init__(self, path: Path, settings: Settings, threads: int | None = None):
        """Raises `CheckpointError` for a file that ONNX Runtime can't load."""
        self.path = path
        self.threads = threads or usable_cores()
        super().__init__(settings, "cpu", self.threads)
        self._inputs = [each.name for each in self._session.get_inputs()]
        if settings.inside and EARLY not in self._inputs:
            raise CheckpointError(f"{path}: has no early exit; export the model again")
        tags, topics = sum(map(tag_count, settings.taxonomy.layers)), len(settings.taxonomy.topics)
        if [output.shape[-1] for output in self._session.get_outputs()] != [tags, topics]:
            raise CheckpointError(f"{path}: made for other labels or topics than config.json's; export it again")

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return self._load(1)

    @cached_property
    def _wide_session(self) -> onnxruntime.InferenceSession:
        return self._load(self.threads) if self.threads > 1 else self._session

    def start_threads(self) -> None:
        super().start_threads()
        # a session with threads of its own is no use in a forked child, and its end would wait for them: kept, not used
        self._left_behind = self.__dict__.pop("_wide_session", None)

    def __getstate__(self) -> dict[str, Any]:
        dropped = ("_session", "_wide_session", "_left_behind")
        state = {name: value for name, value in super().__getstate__().items() if name not in dropped}
        return state | {"digest": self._digest()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Raises `CheckpointError` where the file, which stays where it is, is not what it was."""
        digest = state.pop("digest")
        super().__setstate__(state)
        if self._digest() != digest:
            raise CheckpointError(f"{self.path}: not the weights that the tagger had; copy them here, or load it anew")

    def _digest(self) -> str:
        try:
            return hashlib.sha256(Path(self.path).read_bytes()).hexdigest()
        except OSError as error:
            raise CheckpointError(f"{self.path}: {error.strerror}; all processes must find the checkpoint there") from error

    def _load(self, threads: int) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # higher levels fuse Add and LayerNormalization into an operator that is six times as slow
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.enable_mem_pattern = False  # shapes change from pass to pass
        options.add_session_config_entry("session.force_spinning_stop", "1")  # threads sleep between passes
        try:
            return onnxruntime.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's own errors share no other base
            reason = " ".join(str(error).split())
            raise CheckpointError(f"{self.path}: can't be loaded ({reason:.300}); copy the checkpoint again") from error

    def run(self, inputs: Mapping[str, np.ndarray]) -> Scores:
        """Windows must be of one length."""
        return self._run(self._wide_session, inputs)

    def submit(self, inputs: Mapping[str, np.ndarray]) -> Future[Scores]:
        return self._workers.submit(self._run, self._session, inputs)

    def _run(self, session: onnxruntime.InferenceSession, inputs: Mapping[str, np.ndarray]) -> Scores:
        inputs = {**inputs, EARLY: np.array(self.settings.inside)}
        wanted = {name: inputs[name] for name in self._inputs}
        return Scores(*session.run(["tag_logits", "topic_logits"], wanted))

    def describe(self) -> str:
        return f"onnx (ONNX Runtime {onnxruntime.__version__}, int8), cpu, {self.threads} threads"


def usable_cores() -> int:
    """Physical cores that this process may use, or OMP_NUM_THREADS where that is set."""
    if (asked := os.environ.get("OMP_NUM_THREADS", "")).isdigit() and int(asked):
        return int(asked)
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    return len({_siblings(core) for core in os.sched_getaffinity(0)})


def _siblings(core: int) -> str:
    """The threads of the physical core that a core belongs to: two of them share its arithmetic."""
    try:
        return Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list").read_text()
    except OSError:
        return str(core)
