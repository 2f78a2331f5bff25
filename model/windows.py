"""Long texts in windows: where each begins and ends, and how their scores become one sequence again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Window(NamedTuple):
    """The tokens `[start, stop)` of a text."""

    start: int
    stop: int


def split(length: int, size: int, overlap: int) -> list[Window]:
    """Windows of at most `size` tokens over a text of `length`, neighbours sharing `overlap` tokens or more.

    The fewest that cover it, of one length, evenly spread. A text that fits is one window; an empty text is none.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"an overlap of {overlap} tokens does not fit windows of {size}")
    if length <= size:
        return [Window(0, length)] if length else []
    count = -(-(length - overlap) // (size - overlap))
    size = -(-(length + (count - 1) * overlap) // count)
    starts = np.linspace(0, length - size, count).astype(int)
    return [Window(int(start), int(start) + size) for start in starts]


def merge(windows: Sequence[Window], scores: Sequence[np.ndarray], overlap: int) -> np.ndarray:
    """One row of scores for each token, from those of the windows, each of shape (tokens of the window, n).

    Where windows overlap the mean is taken; a token weighs less the nearer it stands to an edge of its window,
    where it has seen less of what is around it. Edges of the text itself are no such edges.
    """
    if len(windows) == 1:
        return scores[0]
    length = windows[-1].stop
    total = np.zeros((length, scores[0].shape[1]), dtype=np.float32)
    weights = np.zeros((length, 1), dtype=np.float32)
    for window, window_scores in zip(windows, scores):
        weight = _weight(window, length, overlap)[:, None]
        total[window.start : window.stop] += weight * window_scores
        weights[window.start : window.stop] += weight
    return total / weights


def _weight(window: Window, length: int, overlap: int) -> np.ndarray:
    weight = np.ones(window.stop - window.start, dtype=np.float32)
    ramp = np.arange(1, overlap + 1, dtype=np.float32) / (overlap + 1)
    if overlap and window.start > 0:
        weight[:overlap] = ramp
    if overlap and window.stop < length:
        weight[-overlap:] = np.minimum(weight[-overlap:], ramp[::-1])
    return weight
