"""Adapt an encoder to a domain: masked-language-model training on unlabelled articles.

Runs of characters are masked, as in SpanBERT (Joshi et al., 2020), so that names have to be guessed from
what stands around them; the hidden states of the masked positions alone go through the output layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import PreTrainedModel, set_seed
from transformers.utils import cached_file

from qingyuan.network import IGNORED
from qingyuan.tokens import Tokenizer
from qingyuan.training.arguments import training_arguments
from qingyuan.training.config import PretrainConfig
from qingyuan.training.encoder import load_encoder
from qingyuan.training.leaks import refuse_leaks
from qingyuan.training.resume import Chance, ResumableTrainer, written_whole
from qingyuan.training.sources import read_texts
from qingyuan.training.words import TAGS, lac_tags

HEAD_FILE = "masked_language_head.safetensors"


class MaskedLanguageModel(nn.Module):
    """An encoder and an output layer that shares its embedding: guesses the token at each masked position.

    With `words_weight` a second layer tells the word that each token is part of, masked ones too (`training.words`).
    """

    def __init__(self, encoder: PreTrainedModel, words_weight: float = 0.0):
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.bias = nn.Parameter(torch.zeros(encoder.config.vocab_size))
        self.words_weight = words_weight
        self.words = nn.Linear(width, TAGS) if words_weight else None

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        labels: torch.Tensor,
        words: torch.Tensor | None = None,
    ) -> dict:
        """All inputs have the shape (windows, tokens); `labels` are -100 but where masked.

        The loss on `words` is learned beside the other one; held out texts, which have none, tell that of the masks alone.
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        masked = labels != -100
        guesses = self.transform(hidden[masked]) @ self.encoder.get_input_embeddings().weight.T + self.bias
        loss = nn.functional.cross_entropy(guesses.float(), labels[masked])
        if words is not None and self.words is not None:
            tags = self.words(hidden).float().flatten(0, 1)
            loss = loss + self.words_weight * nn.functional.cross_entropy(tags, words.flatten(), ignore_index=IGNORED)
        return {"loss": loss}

    def save_pretrained(self, folder: Path) -> None:
        """Write the encoder, and the output layer beside it: a later pretraining goes on from both."""
        self.encoder.save_pretrained(folder)
        head = {name: weight for name, weight in self.state_dict().items() if not name.startswith("encoder.")}
        save_file(head, folder / HEAD_FILE)

    def load_head(self, name: str) -> None:
        """The output layer of an encoder that `qingyuan pretrain` wrote; of any other one it stays new."""
        if file := cached_file(name, HEAD_FILE, _raise_exceptions_for_missing_entries=False):
            self.load_state_dict(load_file(file), strict=False)


class SpanMaskCollator:
    """Stacks windows and masks runs of their tokens: 80 % become `[MASK]`, 10 % another token, 10 % stay."""

    def __init__(self, tokenizer: Tokenizer, vocabulary_size: int, share: float, longest: int, seed: int):
        self.tokenizer, self.vocabulary_size = tokenizer, vocabulary_size
        self.share, self.longest = share, longest
        self.chance = Chance(seed)

    def __call__(self, windows: Sequence[dict]) -> dict[str, torch.Tensor]:
        ids = _stack([window["input_ids"] for window in windows], self.tokenizer.pad_id)
        present = ids != self.tokenizer.pad_id
        special = np.isin(ids, [self.tokenizer.cls_id, self.tokenizer.sep_id, self.tokenizer.pad_id])
        random = self.chance.draw(ids)
        masked = self._runs(ids.shape, random) & ~special
        labels = np.where(masked, ids, -100)
        fate = random.random(ids.shape)
        ids[masked & (fate < 0.8)] = self.tokenizer.mask_id
        swapped = masked & (fate >= 0.9)
        ids[swapped] = random.integers(5, self.vocabulary_size, swapped.sum())
        batch = {"input_ids": ids, "attention_mask": present.astype(np.int64), "labels": labels}
        if "words" in windows[0]:
            batch["words"] = _stack([window["words"] for window in windows], IGNORED)
        return {name: torch.from_numpy(rows) for name, rows in batch.items()}

    def _runs(self, shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
        """Where runs of 1 to `longest` tokens, shorter ones likelier, cover about `share` of all."""
        lengths = np.arange(1, self.longest + 1)
        chances = 1 / lengths / (1 / lengths).sum()
        # a position is free if none of the runs that could reach it begins where it would have to
        mean = (lengths * chances).sum()
        begins = random.random(shape) < 1 - (1 - self.share) ** (1 / mean)
        reach = np.where(begins, random.choice(lengths, size=shape, p=chances), 0)
        masked = np.zeros(shape, dtype=bool)
        for distance in range(self.longest):
            masked[:, distance:] |= reach[:, : shape[1] - distance] > distance
        return masked


def _stack(rows: Sequence[Sequence[int]], filler: int) -> np.ndarray:
    """Rows of any lengths as one array, (rows, longest), filled up at their ends."""
    stacked = np.full((len(rows), max(map(len, rows))), filler)
    for row, values in zip(stacked, rows):
        row[: len(values)] = values
    return stacked


def pretrain(config: PretrainConfig, resume: bool = False) -> None:
    """Train as `config` says and write the encoder, with its tokenizer, to `config.output`."""
    set_seed(config.trainer.seed)
    texts = read_texts(config.texts)
    refuse_leaks(texts)
    encoder, tokenizer = load_encoder(config.encoder, config.dropout, texts.values())
    model = MaskedLanguageModel(encoder, config.words_weight if config.words else 0.0)
    model.load_head(config.encoder)
    collator = SpanMaskCollator(
        tokenizer, encoder.config.vocab_size, config.mask_share, config.longest_mask, config.trainer.seed
    )
    dev_texts = read_texts(config.dev_texts)
    evaluation = {"eval_strategy": "steps", "eval_steps": config.trainer.save_every or 500} if dev_texts else {}
    trainer = ResumableTrainer(
        model,
        training_arguments(config.trainer, config.output, label_names=["labels"], **evaluation),
        train_dataset=pack(texts.values(), tokenizer, config.window, lac_tags(texts.values()) if config.words else None),
        eval_dataset=pack(dev_texts.values(), tokenizer, config.window) if dev_texts else None,
        data_collator=collator,
    )
    trainer.train(resume_from_checkpoint=resume)
    with written_whole(config.output) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def pack(
    texts: Iterable[str], tokenizer: Tokenizer, window: int, words: Iterable[np.ndarray] | None = None
) -> Dataset:
    """All texts end to end, `[SEP]` between them, cut into windows of `window` tokens; no padding, no waste.

    `words` are the tags of each text's characters; a token has that of its first one.
    """
    ids, word_ids = [], []
    for text, of_text in zip(texts, repeat(None) if words is None else words):
        tokens = tokenizer(text)
        ids += [tokens.ids, [tokenizer.sep_id]]
        if of_text is not None:
            word_ids += [of_text[tokens.starts], [IGNORED]]
    columns = {"input_ids": (tokenizer.cls_id, np.concatenate(ids))}
    if word_ids:
        columns["words"] = (IGNORED, np.concatenate(word_ids))
    content = window - 1
    return Dataset.from_dict(
        {
            name: [[first, *stream[i : i + content]] for i in range(0, len(stream), content)]
            for name, (first, stream) in columns.items()
        }
    )
