"""What the tagger asks of a backend."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple
from weakref import WeakSet

import numpy as np

from qingyuan.checkpoint import Settings


class Scores(NamedTuple):
    """Logits, float32: of the tags, (windows, tokens, tags of all layers), and of the topics, (windows, topics)."""

    tags: np.ndarray
    topics: np.ndarray


_living: WeakSet[Backend] = WeakSet()


class Backend(ABC):
    """A network ready to score windows, from any thread; a child process, forked or spawned, has threads of its own."""

    name: str
    padded: bool
    """Whether windows of several lengths may share a pass, the shorter ones padded."""
    budget: int
    """Tokens in one pass that serve it best."""

    def __init__(self, settings: Settings, device: object, workers: int):
        self.settings = settings
        self.device = device
        self._worker_count = workers
        self.start_threads()

    def start_threads(self) -> None:
        """Anew in a forked child, where none of its parent's live on and waiting for them would never end."""
        self._workers = ThreadPoolExecutor(self._worker_count, thread_name_prefix="qingyuan")
        _living.add(self)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_workers"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.start_threads()

    @abstractmethod
    def run(self, inputs: Mapping[str, np.ndarray]) -> Scores:
        """Score windows, given as `qingyuan.batches.frame` gives them."""

    def submit(self, inputs: Mapping[str, np.ndarray]) -> Future[Scores]:
        """`run`, later, beside other passes."""
        return self._workers.submit(self.run, inputs)

    @abstractmethod
    def describe(self) -> str:
        """In a few words, for people."""


def _start_threads_in_child() -> None:
    for backend in list(_living):
        backend.start_threads()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_threads_in_child)
