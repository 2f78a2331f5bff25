"""Spans as tags, one for each token of a layer: BIOES.

Tag 0 is outside of all spans; label number k has the tags 1 + 4k (begin), 2 + 4k (inside), 3 + 4k (end) and
4 + 4k (single).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

OUTSIDE = 0
BEGIN, INSIDE, END, SINGLE = range(4)


def tag_count(labels: Sequence[str]) -> int:
    """The number of tags of a layer with these labels."""
    return 1 + 4 * len(labels)


def tag(label: int, part: int) -> int:
    """The tag of a part (`BEGIN`, `INSIDE`, `END` or `SINGLE`) of label number `label`."""
    return 1 + 4 * label + part


def tag_tokens(spans: Iterable[tuple[int, int, int]], length: int) -> np.ndarray:
    """The tags of `length` tokens, shape (length,), that hold the spans (first token, token behind the last, label)."""
    tags = np.full(length, OUTSIDE, dtype=np.int64)
    for first, stop, label in spans:
        if stop - first == 1:
            tags[first] = tag(label, SINGLE)
        else:
            tags[first:stop] = tag(label, INSIDE)
            tags[first], tags[stop - 1] = tag(label, BEGIN), tag(label, END)
    return tags
