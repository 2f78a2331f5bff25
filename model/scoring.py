"""Texts' scores, on their way: windows are packed into passes of the encoder, and put together again text by text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qingyuan import windows
from qingyuan.backends.base import Backend
from qingyuan.batches import frame, pack
from qingyuan.tags import tag_count
from qingyuan.tokens import Tokenizer, Tokens


class Scoring:
    """Begins at once, in the backend's threads; `result` waits for it."""

    def __init__(self, tokens: Sequence[Tokens], tokenizer: Tokenizer, backend: Backend, batch_size: int | None = None):
        """`batch_size` is the most windows in one pass."""
        settings = backend.settings
        self._settings = settings
        self._pieces = [windows.split(len(of), settings.window - 2, settings.overlap) for of in tokens]
        rows = [of.ids[slice(*window)] for of, pieces in zip(tokens, self._pieces) for window in pieces]
        self._lengths = [len(row) for row in rows]
        self._batches = pack([length + 2 for length in self._lengths], backend.budget, batch_size, backend.padded)
        inputs = [frame([rows[number] for number in batch], tokenizer) for batch in self._batches]
        self._alone = backend.run(inputs[0]) if len(inputs) == 1 else None
        self._passes = [] if self._alone else [backend.submit(each) for each in inputs]

    def result(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """For each text the logits of its tags, (tokens, tags of all layers), and of its topics, (topics,).

        A text without tokens has topic logits of shape (0,).
        """
        tags: dict[int, np.ndarray] = {}
        topics: dict[int, np.ndarray] = {}
        found = [self._alone] if self._alone else (each.result() for each in self._passes)
        for batch, scores in zip(self._batches, found):
            for number, tag_logits, topic_logits in zip(batch, *scores):
                tags[number] = tag_logits[1 : 1 + self._lengths[number]]
                topics[number] = topic_logits
        merged_tags, merged_topics, first = [], [], 0
        for pieces in self._pieces:
            mine = range(first, first := first + len(pieces))
            merged_tags.append(self._merge(pieces, [tags.pop(number) for number in mine]))
            weights = [self._lengths[number] for number in mine]
            merged_topics.append(
                np.average([topics[number] for number in mine], axis=0, weights=weights) if pieces else np.zeros(0)
            )
        return merged_tags, merged_topics

    def cancel(self) -> None:
        """Give up what has not begun."""
        for each in self._passes:
            each.cancel()

    def _merge(self, pieces: list[windows.Window], tags: list[np.ndarray]) -> np.ndarray:
        if not pieces:
            return np.zeros((0, sum(map(tag_count, self._settings.taxonomy.layers))), dtype=np.float32)
        return windows.merge(pieces, tags, self._settings.overlap)
