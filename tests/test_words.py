"""The words that are learned beside the masks are those of the segmenter, character by character."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, strategies as st

from qingyuan.network import IGNORED
from qingyuan.training.config import PretrainConfig
from qingyuan.training.encoder import load_encoder
from qingyuan.training.pretrain import MaskedLanguageModel, SpanMaskCollator, pack, pretrain
from qingyuan.training.words import CLASSES, TAGS, lac_tags, word_tags

WORDS = st.lists(st.tuples(st.text("西藏法院\n在", min_size=1), st.sampled_from([*CLASSES, "unheard of"]), st.booleans()))


def read_back(text: str, tags: np.ndarray) -> list[tuple[str, str]]:
    """The words and classes that tags tell of."""
    words: list[list[str]] = []
    for character, tag in zip(text, tags):
        if tag == IGNORED:
            continue
        if tag % 2 == 0:
            words.append(["", CLASSES[tag // 2]])
        words[-1][0] += character
    return [tuple(word) for word in words]


@given(WORDS)
def test_tags_tell_each_word_with_its_class_and_nothing_else(parts):
    text = "".join(word + " " * gap for word, _, gap in parts)
    tags = word_tags(text, [(word, name) for word, name, _ in parts])
    assert read_back(text, tags) == [(word, name) for word, name, _ in parts if name in CLASSES]


def test_lac_knows_names_in_every_line():
    text = "张伟在北京市工作。\n\n他是最高人民法院的法官"
    (tags,) = lac_tags([text])
    names = [word for word in read_back(text, tags) if word[1].isupper()]
    assert names == [("张伟", "PER"), ("北京市", "LOC"), ("最高人民法院", "ORG")]
    assert tags[text.index("\n")] == IGNORED


def test_windows_carry_the_words_of_their_tokens(tokenizer):
    texts = ["西藏自治区禁毒办", "在拉萨市"]
    tags = [np.arange(len(text)) for text in texts]
    for row in (rows := pack(texts, tokenizer, 6, tags)):
        for token, tag in zip(row["input_ids"], row["words"], strict=True):
            assert (tag == IGNORED) == (token in (tokenizer.cls_id, tokenizer.sep_id))
    told = [tag for row in rows for tag in row["words"] if tag != IGNORED]
    assert told == [*range(len(texts[0])), *range(len(texts[1]))]
    batch = SpanMaskCollator(tokenizer, len(tokenizer), share=0.2, longest=5, seed=0)(list(rows))
    assert batch["words"].shape == batch["input_ids"].shape
    assert (batch["words"][batch["input_ids"] == tokenizer.pad_id] == IGNORED).all()


def test_words_are_learned_beside_the_masks_and_stay_with_the_encoder(encoder_folder, tmp_path):
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"text": "拉萨市在西藏自治区"}\n' * 8, encoding="utf-8")
    config = PretrainConfig(
        encoder=str(encoder_folder), output=tmp_path / "adapted", texts=[str(texts)], window=16, words="lac",
        trainer={"steps": 100, "batch_size": 4, "learning_rate": 1e-2},
    )  # fmt: skip
    pretrain(config)
    encoder, tokenizer = load_encoder(str(config.output))
    model = MaskedLanguageModel(encoder, words_weight=1.0)
    model.load_head(str(config.output))
    text = "拉萨市在西藏自治区"
    (tags,) = lac_tags([text])
    hidden = encoder(torch.tensor([[tokenizer.cls_id, *tokenizer(text).ids, tokenizer.sep_id]])).last_hidden_state
    assert model.words(hidden).shape[-1] == TAGS
    assert (model.words(hidden)[0, 1:-1].argmax(-1).numpy() == tags).all()
