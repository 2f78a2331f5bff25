"""What a line reads like: two convolutions, over its first and over its last characters, and a layer over those on either
side of the break before it, which tells whether a word or a sentence runs across."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from qingyuan.page.lines import Line

HEAD, TAIL, SEAM = 20, 12, 6
"""Characters that are read at a line's beginning and end, and on each side of the break before it."""
TAPS = 3
"""How many characters the convolutions see at once."""
PADDING, UNKNOWN = 0, 1
"""Rows of the embedding: no character, and any that has no row of its own."""
_AT_ONCE = 1024  # lines, so that a page of any length needs little memory


def rows_of(characters: Iterable[str]) -> dict[str, int]:
    """The row in the embedding of each of the characters that the network knows, in their order."""
    return {character: row for row, character in enumerate(characters, start=UNKNOWN + 1)}


def character_rows(lines: Sequence[Line], characters: Mapping[str, int]) -> np.ndarray:
    """The rows, by `rows_of`, of the characters that are read of each line, shape (lines, HEAD + TAIL + 2 · SEAM).

    Its first ones, padded behind; its last ones, padded in front; the last ones of the line before, and its first again.
    """
    rows = np.zeros((len(lines), HEAD + TAIL + 2 * SEAM), dtype=np.int64)
    seam = HEAD + TAIL + SEAM
    before: list[int] = []
    for row, line in zip(rows, lines):
        head = [characters.get(c, UNKNOWN) for c in line.text[:HEAD]]
        tail = [characters.get(c, UNKNOWN) for c in line.text[-TAIL:]]
        row[: len(head)] = head
        row[HEAD + TAIL - len(tail) : HEAD + TAIL] = tail
        row[seam - len(before) : seam] = before
        row[seam : seam + min(SEAM, len(head))] = head[:SEAM]
        before = tail[-SEAM:]
    return rows


def reading(rows: np.ndarray, w: Mapping[str, np.ndarray]) -> np.ndarray:
    """What the network sees in `character_rows`: shape (lines, 3 · channels), of head, tail and seam.

    Of `w`: `character` is the embedding, `head`, `tail` and `seam` are the kernels, each with a bias.
    """
    return np.concatenate([_reading(rows[start : start + _AT_ONCE], w) for start in range(0, len(rows), _AT_ONCE)])


def _reading(rows: np.ndarray, w: Mapping[str, np.ndarray]) -> np.ndarray:
    embedded = w["character"][rows]
    head, tail, seam = np.split(embedded, [HEAD, HEAD + TAIL], axis=1)
    return np.concatenate(
        [
            _strongest(head, w["head"], w["head_bias"]),
            _strongest(tail, w["tail"], w["tail_bias"]),
            np.maximum(seam.reshape(len(rows), -1) @ w["seam"] + w["seam_bias"], 0),
        ],
        axis=1,
    )


def _strongest(embedded: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """The greatest response of a kernel (taps · size, channels) in each line of (lines, characters, size)."""
    padded = np.pad(embedded, ((0, 0), (TAPS // 2, TAPS // 2), (0, 0)))
    count = embedded.shape[1]
    taps = np.concatenate([padded[:, tap : tap + count] for tap in range(TAPS)], axis=2)
    return np.maximum((taps @ kernel).max(axis=1) + bias, 0)
