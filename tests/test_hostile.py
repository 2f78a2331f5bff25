"""Hostile texts break nothing, whatever reads them. `python tests/fuzz.py` does this by the ten thousand."""

from __future__ import annotations

import itertools

import pytest
from conftest import ALPHABET
from hostile import PIECES, broken_page_promises, broken_promises, differences, hostile_texts
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.article import Article, Entity, nest
from qingyuan.page import split_page

TEXTS = list(itertools.islice(hostile_texts(seed=0, longest=500), 400))
PARTS = st.text(st.characters(), max_size=20) | st.sampled_from(PIECES) | st.text(ALPHABET, max_size=20)
MIXED = st.lists(PARTS).map("".join)


def test_hostile_texts_are_tagged_as_promised_alone_as_in_a_batch(tagger):
    for text, article in zip(TEXTS, tagger.predict(TEXTS, batch_size=16), strict=True):
        assert not broken_promises(text, article)
        assert not differences(tagger.predict(text), article)


@given(MIXED)
@settings(max_examples=60, deadline=None)
def test_any_text_is_tagged_as_promised(tagger, text):
    assert not broken_promises(text, tagger.predict(text))


def test_hostile_texts_are_split_into_articles_as_promised():
    for text in TEXTS:
        assert not broken_page_promises(text, split_page(text))
    for piece in PIECES:
        assert not broken_page_promises(piece * 500, split_page(piece * 500))


@pytest.mark.parametrize("piece", ["国", "\ud800", "\u0301", "\x00", "a", "𠮷", "\n"])
def test_one_character_over_and_over(tagger, piece):
    text = piece * 5_000
    assert not broken_promises(text, tagger.predict(text, batch_size=512))


def test_the_check_sees_what_is_broken():
    def article(*spans, text="西藏自治区禁毒办", **changed):
        return Article(text, (), nest(Entity(s, e, label, text[s:e], **changed) for s, e, label in spans))

    text = "西藏自治区禁毒办"
    assert not broken_promises(text, article((0, 8, "AGENCY"), (0, 5, "PLACE")))
    assert broken_promises(text + "x", article())
    assert broken_promises(text, article((0, 5, "PLACE"), (3, 8, "ORG")))
    assert broken_promises(text, article((0, 5, "PLACE"), score=1.5))
    assert broken_promises(text, Article(text, (), (Entity(5, 8, "ORG", "禁毒办"), Entity(0, 5, "PLACE", "西藏自治区"))))
    assert broken_promises(text, Article(text, (), (Entity(0, 5, "PLACE", "西藏"),)))
    assert differences(article((0, 5, "PLACE")), article((0, 5, "ORG")))
    assert differences(article((0, 5, "PLACE")), article((0, 5, "PLACE"), score=0.5))
