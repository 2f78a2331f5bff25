"""The encoder a training starts from: a folder or a hub name, made to read characters where it is a Chinese BERT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, AutoTokenizer, PreTrainedModel
from transformers.utils import cached_file

from qingyuan.tokens import CHARACTERS_FILE, SPECIAL_TOKENS, CharacterTokenizer, SubwordTokenizer, Tokenizer

# What Chinese news holds and BERT vocabularies lack, each with the token whose row its own one starts from.
KIN = {"“": "「", "”": "」", "‘": "『", "’": "』", "—": "-", "…": "⋯", "\n": "[SEP]", " ": "[UNK]"}
KIN |= {capital: capital.lower() for capital in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}

FEWEST_CHINESE_CHARACTERS = 2000


def load_encoder(name: str, dropout: float = 0.1, texts: Iterable[str] = ()) -> tuple[PreTrainedModel, Tokenizer]:
    """Load an encoder and its tokenizer from a folder or by its hub name.

    A BERT whose vocabulary holds Chinese characters becomes a character model: the rows of single characters
    stay, those of word pieces go, and rows are added for quotes, line breaks, spaces, capitals and whatever
    else `texts` hold five times or more. Any other encoder keeps its fast tokenizer. An encoder that
    `qingyuan pretrain` wrote is loaded as it is.

    `dropout` is that of the hidden states. Attention has none: CPUs then take the fused kernel, which makes
    a training step twice as fast.
    """
    config = AutoConfig.from_pretrained(name)
    config.update({"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": 0.0})
    encoder = AutoModel.from_pretrained(name, config=config, dtype=torch.float32)
    if getattr(encoder, "pooler", None) is not None:
        encoder.pooler = None  # the heads read the hidden states themselves
    if characters := cached_file(name, CHARACTERS_FILE, _raise_exceptions_for_missing_entries=False):
        return encoder, CharacterTokenizer.from_pretrained(Path(characters).parent)
    tokenizer = AutoTokenizer.from_pretrained(name)
    vocabulary = tokenizer.get_vocab()
    if all(token in vocabulary for token in SPECIAL_TOKENS) and _knows_chinese(vocabulary):
        return encoder, read_characters(encoder, vocabulary, frequent_characters(texts))
    if not tokenizer.is_fast:
        raise ValueError(f"{name}: its tokenizer tells no offsets; choose an encoder with a fast tokenizer")
    names = {k: str(v) for k, v in tokenizer.special_tokens_map.items() if isinstance(v, str)}
    return encoder, SubwordTokenizer(tokenizer.backend_tokenizer, names)


def read_characters(
    encoder: PreTrainedModel, vocabulary: dict[str, int], more: Iterable[str] = ()
) -> CharacterTokenizer:
    """Cut the embedding of `encoder`, in place, to the characters of `vocabulary` plus `more` ones.

    What is computed for a character that had a row stays the same. A new character starts from its kin's
    row, else from that of `[UNK]`, with a little noise that tells the new ones apart.
    """
    kept = sorted((row, token) for token, row in vocabulary.items() if len(token) == 1)
    tokens = [*SPECIAL_TOKENS, *(token for _, token in kept)]
    tokens += dict.fromkeys(c for c in [*KIN, *more] if c not in vocabulary)
    old = encoder.get_input_embeddings().weight.data
    rows = torch.tensor([vocabulary.get(t, vocabulary.get(KIN.get(t, "[UNK]"), vocabulary["[UNK]"])) for t in tokens])
    weight = old[rows].clone()
    new = torch.tensor([token not in vocabulary for token in tokens])
    noise = torch.randn(int(new.sum()), old.shape[1], generator=torch.Generator().manual_seed(0))
    weight[new] += noise * old.std() / 4
    encoder.set_input_embeddings(nn.Embedding.from_pretrained(weight, freeze=False, padding_idx=0))
    encoder.config.vocab_size = len(tokens)
    encoder.config.pad_token_id = 0
    return CharacterTokenizer(tokens)


def frequent_characters(texts: Iterable[str], at_least: int = 5) -> list[str]:
    """The printable characters that occur `at_least` times in `texts`, in code-point order."""
    counts = Counter(character for text in texts for character in text)
    return sorted(c for c, n in counts.items() if n >= at_least and c.isprintable())


def _knows_chinese(vocabulary: Iterable[str]) -> bool:
    return sum("一" <= token <= "龥" for token in vocabulary if len(token) == 1) >= FEWEST_CHINESE_CHARACTERS
