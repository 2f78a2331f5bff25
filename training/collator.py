"""Windows to batches, changed a little on the way while training.

What is changed is what differs between newspapers and not between labels: some characters are hidden, mentions change
places, the punctuation's width and the quotes' style vary, lines break anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from qingyuan.network import IGNORED
from qingyuan.tokens import CharacterTokenizer, Tokenizer
from qingyuan.training.config import AugmentConfig
from qingyuan.training.mentions import Mentions
from qingyuan.training.resume import Chance

_HALF_WIDTH = dict(zip("，：；！？（）", ",:;!?()"))
_STRAIGHT = {"“": '"', "”": '"', "‘": "'", "’": "'"}


class Collator:
    """Stacks windows of a `windows_dataset` into tensors; with `augment`, changed by chance.

    Returns `input_ids` and `attention_mask` (windows, tokens), `tags` (windows, tokens, layers) and `topics` (windows,).
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        augment: AugmentConfig | None = None,
        longest: int = 512,
        seed: int = 0,
        mentions: Mentions | None = None,
    ):
        self.tokenizer = tokenizer
        self.mentions = mentions
        self.augment = augment
        self.longest = longest
        self.chance = Chance(seed)
        self.half_width = _swaps(tokenizer, _HALF_WIDTH)
        self.straight = _swaps(tokenizer, _STRAIGHT)

    def __call__(self, windows: Sequence[dict]) -> dict[str, torch.Tensor]:
        rows = [(np.array(w["input_ids"]), np.array(w["tags"]).reshape(len(w["input_ids"]), -1)) for w in windows]
        if self.augment:
            random = self.chance.draw(np.concatenate([ids for ids, _ in rows]))
            rows = [self._change(*row, random) for row in rows]
        shape = (len(rows), max(len(ids) for ids, _ in rows))
        input_ids = np.full(shape, self.tokenizer.pad_id)
        present = np.zeros(shape, dtype=np.int64)
        all_tags = np.full((*shape, rows[0][1].shape[1]), IGNORED)
        for number, (ids, tags) in enumerate(rows):
            input_ids[number, : len(ids)] = ids
            present[number, : len(ids)] = 1
            all_tags[number, : len(ids)] = tags
        return {
            "input_ids": torch.from_numpy(input_ids),
            "attention_mask": torch.from_numpy(present),
            "tags": torch.from_numpy(all_tags),
            "topics": torch.tensor([window["topic"] for window in windows]),
        }

    def _change(
        self, ids: np.ndarray, tags: np.ndarray, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        if self.mentions:
            ids, tags = self.mentions.mix(ids, tags, self.augment.mentions, self.longest, random)
        chance = random.random(3)
        if self.half_width is not None and chance[0] < self.augment.half_width:
            ids = self.half_width[ids]
        if self.straight is not None and chance[1] < self.augment.straight_quotes:
            ids = self.straight[ids]
        if isinstance(self.tokenizer, CharacterTokenizer) and chance[2] < self.augment.broken_lines:
            ids, tags = self._break_lines(ids, tags, random)
        hidden = random.random(len(ids)) < self.augment.mask
        hidden[[0, -1]] = False
        return np.where(hidden, self.tokenizer.mask_id, ids), tags

    def _break_lines(
        self, ids: np.ndarray, tags: np.ndarray, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Insert line breaks where a narrow column would; one inside a span belongs to it."""
        room = self.longest - len(ids)
        breaks = min(room // 2, int(random.integers(1, 4)))
        for place in sorted(random.integers(2, len(ids), breaks), reverse=True):
            line_break = self.tokenizer("\n\n" if random.random() < 0.5 else "\n").ids
            part = np.where(tags[place] > 0, (tags[place] - 1) % 4, -1)
            inside = np.isin(part, (1, 2))  # the token behind the break goes on with a span
            between = np.where(inside, tags[place] - part + 1, np.where(tags[place] == IGNORED, IGNORED, 0))
            ids = np.insert(ids, place, line_break)
            tags = np.insert(tags, place, np.tile(between, (len(line_break), 1)), axis=0)
        return ids, tags


def _swaps(tokenizer: Tokenizer, pairs: dict[str, str]) -> np.ndarray | None:
    """For each row of a character vocabulary the one that stands for it after the swap, (rows,)."""
    if not isinstance(tokenizer, CharacterTokenizer):
        return None
    rows = {token: row for row, token in enumerate(tokenizer.vocabulary)}
    table = np.arange(len(tokenizer))
    for old, new in pairs.items():
        if old in rows and new in rows:
            table[rows[old]] = rows[new]
    return table
