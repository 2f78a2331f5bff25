"""Clues: words of a lexicon and pairs of marks, found where a plain search finds them; and a model that reads them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from conftest import ALPHABET
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.batches import frame
from qingyuan.checkpoint import CheckpointError
from qingyuan.clues import CLUES, DISTANCES, LEXICON_FILE, PAIRS, WORD_CLASSES, Clues, Lexicon, word_class
from qingyuan.tagger import Tagger
from qingyuan.tokens import SPECIAL_TOKENS, CharacterTokenizer
from qingyuan.training.config import TrainConfig
from qingyuan.training.export import export
from qingyuan.training.lexicon import read_lexicon
from qingyuan.training.trainer import train

LETTERS = "甲乙丙“”《》（)"
WORD_COLUMNS = CLUES - len(PAIRS) * (len(DISTANCES) + 3)

words = st.dictionaries(st.text("甲乙丙", min_size=2, max_size=5), st.sampled_from(["nr", "nsf", "x"]), min_size=1)


def clues_of(text: str, lexicon: Lexicon) -> np.ndarray:
    tokenizer = CharacterTokenizer([*SPECIAL_TOKENS, *LETTERS], lexicon)
    return frame([tokenizer(text).ids], tokenizer)["clues"][0, 1:-1]


@settings(deadline=None)
@given(words, st.text(LETTERS + "丁", min_size=1, max_size=40))
def test_every_word_is_found_where_it_stands_and_no_other(words, text):
    expected = np.zeros((len(text), WORD_COLUMNS), dtype=np.uint8)
    for word, part_of_speech in words.items():
        column = 3 * (2 * word_class(part_of_speech) + (len(word) > 2))
        for start in range(len(text) - len(word) + 1):
            if text.startswith(word, start):
                expected[start, column] = 1
                expected[start + 1 : start + len(word) - 1, column + 1] = 1
                expected[start + len(word) - 1, column + 2] = 1
    assert (clues_of(text, Lexicon.of_words(words))[:, :WORD_COLUMNS] == expected).all()


@settings(deadline=None)
@given(st.text(LETTERS, min_size=1, max_size=60))
def test_a_character_between_the_marks_of_a_pair_knows_how_far_apart_they_are(text):
    found = clues_of(text, Lexicon.of_words({"丁丁": "n"}))[:, WORD_COLUMNS:].reshape(len(text), len(PAIRS), -1)
    for kind, (opening, closing) in enumerate(PAIRS):
        for place, character in enumerate(text):
            before = [at for at in range(place) if text[at] in opening + closing]
            after = [at for at in range(place + 1, len(text)) if text[at] in opening + closing]
            inside = before and after and text[before[-1]] in opening and text[after[0]] in closing
            if not inside or character in opening + closing:
                assert not found[place, kind].any()
                continue
            apart = after[0] - before[-1] - 1
            bucket = next((number for number, most in enumerate(DISTANCES) if apart <= most), len(DISTANCES))
            assert found[place, kind, : len(DISTANCES) + 1].nonzero()[0].tolist() == [bucket]
            assert found[place, kind, -2:].tolist() == [place == before[-1] + 1, place == after[0] - 1]


def test_a_text_has_the_same_clues_alone_and_beside_longer_ones():
    tokenizer = CharacterTokenizer([*SPECIAL_TOKENS, *LETTERS], Lexicon.of_words({"甲乙": "ns", "乙甲乙": "nr"}))
    rows = [tokenizer(text).ids for text in ("“甲乙", "乙甲乙”甲乙甲乙", "甲")]
    together = frame(rows, tokenizer)["clues"]
    for row, clues in zip(rows, together):
        assert (frame([row], tokenizer)["clues"][0] == clues[: len(row) + 2]).all()
        assert not clues[len(row) + 2 :].any()


def test_parts_of_speech_have_their_classes():
    classes = [WORD_CLASSES[word_class(tag)] for tag in ("nrfg", "ns", "nt", "nz", "n", "j", "vn", "i", "l", "mq", "zg")]
    assert classes == ["nr", "ns", "nt", "nz", "n", "j", "v", "i l", "i l", "m t", ""]


def test_a_lexicon_file_may_lack_frequencies_and_a_bad_line_is_named(tmp_path):
    file = tmp_path / "words.txt"
    file.write_text("拉萨市 10 ns\n\n禁毒办 nt\n", encoding="utf-8")
    assert len(read_lexicon(str(file)).keys) == 2
    file.write_text("拉萨市 ns\n禁毒办\n", encoding="utf-8")
    with pytest.raises(ValueError, match="words.txt:2"):
        read_lexicon(str(file))


def test_jieba_gives_its_names():
    lexicon = read_lexicon("jieba")
    tokenizer = CharacterTokenizer([*SPECIAL_TOKENS, *"拉萨市"])
    (_, _, starts, classes), *_ = [found for found in Clues(tokenizer.vocabulary, lexicon).lexicon.find(
        np.array([[ord(character) for character in "拉萨市"]], dtype=np.uint64)) if found[0] == 3]
    assert starts.tolist() == [0] and WORD_CLASSES[classes[0]] == "ns"


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_encoder, tokenizer):
    """A model that has learned from clues for a step or two, with its int8 file."""
    folder = tmp_path_factory.mktemp("clues")
    tiny_encoder.save_pretrained(folder / "encoder")
    tokenizer.save_pretrained(folder / "encoder")
    (folder / "words.txt").write_text("拉萨市 ns\n禁毒办 nt\n西藏 ns\n", encoding="utf-8")
    records = folder / "data.jsonl"
    record = {"text": "由拉萨市禁毒办主办", "topic": "drug_control", "entities": [{"start": 1, "end": 7, "label": "AGENCY"}]}
    records.write_text("\n".join(json.dumps(record) for _ in range(20)), encoding="utf-8")
    output = folder / "model"
    train(
        TrainConfig.model_validate(
            {
                "model": str(folder / "encoder"),
                "output": output,
                "train": [str(records)],
                "dev": [str(records)],
                "lexicon": str(folder / "words.txt"),
                "window": 34,
                "overlap": 8,
                "half_precision": False,
                "trainer": {"epochs": 5, "batch_size": 4, "learning_rate": 1e-3},
            }
        )
    )
    export(str(output), check=[], calibrate=[str(records)])
    return output


def tag_logits(tagger: Tagger, text: str) -> np.ndarray:
    return tagger.logits([tagger.tokenizer(text)])[0][0]


def test_clues_are_learned_kept_and_read_by_both_backends(trained):
    full, small = (Tagger.from_pretrained(trained, backend=backend) for backend in ("torch", "onnx"))
    assert full.model.clue_layer.weight.abs().sum() > 0
    text = ALPHABET[:25] + "拉萨市禁毒办" + ALPHABET[40:60]
    right = tag_logits(full, text)
    assert np.abs(right - tag_logits(small, text)).mean() < 0.1 * np.abs(right).mean()
    with torch.no_grad():
        full.model.clue_layer.weight.zero_()
    assert np.abs(right - tag_logits(full, text)).max() > 1e-3  # the words made a difference


def test_a_model_goes_on_learning_with_the_lexicon_it_has(trained, tmp_path):
    records = trained.parent / "data.jsonl"
    config = {"model": str(trained), "output": tmp_path / "next", "train": [str(records)], "dev": [str(records)]}
    limits = {"window": 34, "overlap": 8, "trainer": {"steps": 1, "learning_rate": 1e-9, "head_learning_rate": 1e-9}}
    train(TrainConfig.model_validate(config | limits))
    before, after = (Tagger.from_pretrained(folder, backend="torch") for folder in (trained, tmp_path / "next"))
    text = "由拉萨市禁毒办主办"
    np.testing.assert_allclose(tag_logits(before, text), tag_logits(after, text), atol=0.05)


def test_a_missing_or_broken_lexicon_is_named(trained, tmp_path):
    import shutil

    folder = shutil.copytree(trained, tmp_path / "copy")
    (folder / LEXICON_FILE).write_bytes((folder / LEXICON_FILE).read_bytes()[:-30])
    with pytest.raises(CheckpointError, match=LEXICON_FILE):
        Tagger.from_pretrained(folder)
    (folder / LEXICON_FILE).unlink()
    with pytest.raises(CheckpointError, match=f"{LEXICON_FILE}: missing"):
        Tagger.from_pretrained(folder)
