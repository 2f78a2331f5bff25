"""Which windows share a pass of the encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qingyuan.tokens import Tokenizer


def pack(lengths: Sequence[int], budget: int, most: int | None = None, padded: bool = True) -> list[list[int]]:
    """Batches of windows, told by their numbers, the longest first so that threads end together.

    A batch has at most `budget` tokens, padding included, and `most` windows, but at least one window. If not
    `padded`, its windows are of one length.
    """
    batches: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lambda number: -lengths[number]):
        if batches:
            last = batches[-1]
            longest = lengths[last[0]]
            fits = (len(last) + 1) * longest <= budget and (most is None or len(last) < most)
            if fits and (padded or lengths[number] == longest):
                last.append(number)
                continue
        batches.append([number])
    return batches


def frame(rows: Sequence[np.ndarray], tokenizer: Tokenizer) -> dict[str, np.ndarray]:
    """What the network reads: windows of token ids, each (tokens,), between special tokens, padded to the longest.

    `input_ids` and `attention_mask`, (windows, tokens).
    """
    length = max(map(len, rows)) + 2
    ids = np.full((len(rows), length), tokenizer.pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), length), dtype=np.int64)
    for i, row in enumerate(rows):
        ids[i, 0], ids[i, 1 : 1 + len(row)], ids[i, 1 + len(row)] = tokenizer.cls_id, row, tokenizer.sep_id
        mask[i, : len(row) + 2] = 1
    return {"input_ids": ids, "attention_mask": mask}
