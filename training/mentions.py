"""Mentions that change places: an agency of one article in the sentence of another.

What stands around a name then tells its label, and not the name that the article had (Dai and Adel, 2020, "An analysis of
simple data augmentation for named entity recognition"). Only names of one form change places, those with one label and
one last token: 县 for 县, 局 for 局.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from qingyuan.tags import BEGIN, END, SINGLE


class Mentions:
    """The outer mentions of training windows, each with its tokens (tokens,) and tags (tokens, layers)."""

    def __init__(self, windows: Iterable[dict]):
        found: dict[tuple[int, int], dict[bytes, tuple[np.ndarray, np.ndarray]]] = defaultdict(dict)
        for window in windows:
            ids, tags = np.array(window["input_ids"]), np.array(window["tags"])
            for first, stop, label in outer_spans(tags):
                found[label, ids[stop - 1]][ids[first:stop].tobytes()] = (ids[first:stop], tags[first:stop])
        self._of_form = {form: list(mentions.values()) for form, mentions in found.items()}

    def mix(
        self, ids: np.ndarray, tags: np.ndarray, share: float, longest: int, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """A window with about `share` of its mentions changed for others, one that comes again each time for the same.

        The window gets no longer than `longest` tokens.
        """
        parts, changed, done, length = [], {}, 0, len(ids)
        for first, stop, label in outer_spans(tags):
            old = ids[first:stop].tobytes()
            if old not in changed:
                others = self._of_form.get((label, ids[stop - 1]), [])
                change = others and random.random() < share
                changed[old] = others[random.integers(len(others))] if change else None
            if (new := changed[old]) and length + len(new[0]) - (stop - first) <= longest:
                length += len(new[0]) - (stop - first)
                parts += [(ids[done:first], tags[done:first]), new]
                done = stop
        parts.append((ids[done:], tags[done:]))
        return tuple(np.concatenate(side) for side in zip(*parts))


def outer_spans(tags: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """The whole spans (first, stop, label) of the outer layer of a window's tags, (tokens, layers)."""
    column = tags[:, 0]
    part, label = np.where(column > 0, (column - 1) % 4, -1), (column - 1) // 4
    ends = np.flatnonzero((part == END) | (part == SINGLE))
    for first in np.flatnonzero((part == BEGIN) | (part == SINGLE)):
        place = np.searchsorted(ends, first)
        if place < len(ends):  # else the window cuts it
            yield int(first), int(ends[place]) + 1, int(label[first])
