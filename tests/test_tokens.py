"""Characters to rows and back to offsets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer as Backend
from tokenizers import models, pre_tokenizers

from qingyuan.tokens import SPECIAL_TOKENS, CharacterTokenizer, SubwordTokenizer, load_tokenizer

ANY_TEXT = st.text(st.characters())  # lone surrogates included


@given(ANY_TEXT)
def test_one_character_is_one_token(tokenizer, text):
    tokens = tokenizer(text)
    assert len(tokens) == len(text)
    assert [text[s:e] for s, e in zip(tokens.starts, tokens.ends)] == list(text)


def test_quotes_line_breaks_spaces_and_capitals_are_themselves(tokenizer):
    ids = tokenizer("“”\n Aa").ids
    assert len(set(ids)) == 6
    assert tokenizer.unk_id not in ids


@pytest.mark.parametrize("character, kin", [("\u3000", " "), ("\xa0", " "), ("\t", " "), ("Ａ", "A"), ("１", "1"), ("⼀", "一")])
def test_a_character_without_a_row_is_read_as_its_kin(tokenizer, character, kin):
    assert tokenizer(character).ids == tokenizer(kin).ids


def test_capitals_are_read_as_small_letters_where_they_have_no_row():
    tokenizer = CharacterTokenizer([*SPECIAL_TOKENS, "a"])
    assert tokenizer("A").ids == tokenizer("a").ids


def test_unknown_characters_and_surrogates_are_unknown(tokenizer):
    assert set(tokenizer("😀\ud83d龘").ids) == {tokenizer.unk_id}


def test_a_vocabulary_wants_its_special_tokens_and_single_characters():
    with pytest.raises(ValueError, match=r"\[MASK\]"):
        CharacterTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "一"])
    with pytest.raises(ValueError, match="一二"):
        CharacterTokenizer([*SPECIAL_TOKENS, "一二"])


def test_a_saved_tokenizer_reads_the_same(tokenizer, tmp_path):
    tokenizer.save_pretrained(tmp_path)
    text = "西藏“禁毒”办\n Az"
    assert np.array_equal(load_tokenizer(tmp_path)(text).ids, tokenizer(text).ids)


def test_a_folder_without_tokenizer_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="characters.json"):
        load_tokenizer(tmp_path)


@pytest.fixture(scope="module")
def subwords() -> SubwordTokenizer:
    vocabulary = {"<s>": 0, "</s>": 1, "<pad>": 2, "<unk>": 3, "<mask>": 4, "西藏": 5, "court": 6, "禁毒": 7}
    backend = Backend(models.WordLevel(vocabulary, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}
    return SubwordTokenizer(backend, names)


@given(ANY_TEXT)
def test_subword_offsets_lie_in_the_text_and_hold_no_outer_white_space(subwords, text):
    tokens = subwords(text)
    for start, end in zip(tokens.starts, tokens.ends):
        assert 0 <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]


def test_subwords_come_from_the_encoders_own_tokenizer(subwords, tmp_path):
    text = "西藏 court 𠀀 禁毒"
    subwords.save_pretrained(tmp_path)
    for tokenizer in (subwords, load_tokenizer(tmp_path)):
        tokens = tokenizer(text)
        assert [text[s:e] for s, e in zip(tokens.starts, tokens.ends)] == ["西藏", "court", "𠀀", "禁毒"]
        assert list(tokens.ids) == [5, 6, 3, 7]
        assert (tokenizer.cls_id, tokenizer.sep_id, tokenizer.pad_id) == (0, 1, 2)
