"""The tagger's promises, on a tiny untrained model that finds spans everywhere."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import ALPHABET
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.backends import Scores
from qingyuan.checkpoint import CheckpointError
from qingyuan.tagger import GROUP_CHARACTERS, GROUP_TEXTS, Tagger, _groups
from qingyuan.tags import SINGLE, tag

TEXTS = st.lists(st.text(st.sampled_from(ALPHABET) | st.characters(), max_size=120), min_size=1, max_size=6)


def assert_same(one, other):
    assert [e.span for e in one.entities] == [e.span for e in other.entities]
    np.testing.assert_allclose([e.score for e in one.entities], [e.score for e in other.entities], atol=1e-3)
    assert {t.label: pytest.approx(t.score, abs=1e-3) for t in one.topics} == {t.label: t.score for t in other.topics}


@given(TEXTS, st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_a_text_is_tagged_alone_as_in_any_batch(tagger, texts, batch_size):
    for alone, together in zip(map(tagger.predict, texts), tagger.predict(texts, batch_size=batch_size), strict=True):
        assert_same(alone, together)


@given(TEXTS)
@settings(max_examples=40, deadline=None)
def test_offsets_are_exact_spans_sorted_and_nested_as_allowed(tagger, texts):
    for text, article in zip(texts, tagger.predict(texts)):
        assert article.text == text
        spans = [(e.start, -e.end) for e in article.entities]
        assert spans == sorted(set(spans))
        for entity in article.entities:
            assert text[entity.start : entity.end] == entity.text != ""
            assert 0 <= entity.score <= 1
            if entity.parent:
                assert entity.parent.label in tagger.taxonomy.nested[entity.label] and entity.parent.parent is None
        for one, other in zip(article.entities, article.entities[1:]):
            assert one.end <= other.start or other.parent is not None


def test_topics_come_best_first_and_add_up(tagger):
    article = tagger.predict("西藏自治区禁毒办")
    scores = [topic.score for topic in article.topics]
    assert scores == sorted(scores, reverse=True) and sum(scores) == pytest.approx(1)
    assert article.topic == article.topics[0] and len(scores) == 18


def test_an_empty_text_has_no_topic_and_no_entities(tagger):
    article = tagger.predict("")
    assert article.topic is None and article.entities == () and json.dumps(article.to_dict())


def test_a_list_gives_a_list_and_a_generator_a_generator(tagger):
    texts = ["西藏", "", "法院在拉萨市"]
    articles = tagger.predict(texts)
    assert isinstance(articles, list) and [a.text for a in articles] == texts
    lazily = tagger.predict(iter(texts))
    assert not isinstance(lazily, list) and [a.text for a in lazily] == texts
    assert tagger.predict([]) == []


@pytest.mark.parametrize("wrong", [123, None, b"bytes", {"text": "西藏"}])
def test_what_is_no_text_is_told(tagger, wrong):
    with pytest.raises(TypeError, match="wants a text"):
        tagger.predict(wrong)


def test_a_list_with_something_else_in_it_is_told_by_its_place(tagger):
    with pytest.raises(TypeError, match="number 1 .*int: 5"):
        tagger.predict(["西藏", 5])


def test_a_generator_that_fails_leaves_what_was_before(tagger):
    done = []
    with pytest.raises(TypeError):
        done.extend(article.text for article in tagger.predict(iter(["西藏", "拉萨", 5])))
        pytest.fail("the bad item was passed over")
    stream = tagger.predict(iter(["西藏", "拉萨", 5]))
    assert [next(stream).text, next(stream).text] == ["西藏", "拉萨"]


def test_a_batch_of_none_is_refused(tagger):
    with pytest.raises(ValueError, match="batch_size"):
        tagger.predict("西藏", batch_size=0)


def test_lone_surrogates_are_characters_like_any_other(tagger):
    text = "西藏\ud800禁毒\udfff办"
    article = tagger.predict(text)
    assert article.text == text
    assert all(text[e.start : e.end] == e.text for e in article.entities)


def test_a_threshold_leaves_out_what_scores_less(tagger):
    text = ALPHABET * 2
    scores = sorted(entity.score for entity in tagger.predict(text).entities)
    middle = scores[len(scores) // 2]
    kept = [entity.score for entity in tagger.predict(text, threshold=middle).entities]
    assert sorted(kept) == [score for score in scores if score >= middle]


def test_a_long_text_is_tagged_over_its_windows_borders(tagger):
    text = (ALPHABET.replace("\n", "") * 4)[:300]
    article = tagger.predict(text)
    assert all(text[e.start : e.end] == e.text for e in article.entities)
    assert len(tagger.logits([tagger.tokenizer(text)])[0][0]) == len(text)


def test_a_million_characters_are_one_text_like_any_other(tagger, monkeypatch):
    """All but the encoder, which sees no more of it than of any other: it tags each 西 as an AGENCY."""
    text = (ALPHABET * 20_000)[:1_000_000]
    (sign,) = tagger.tokenizer("西").ids

    def run(inputs):
        ids = inputs["input_ids"]
        tags = np.zeros((*ids.shape, 30), dtype=np.float32)
        tags[..., [0, 25]] = 20
        tags[ids == sign, tag(0, SINGLE)] = 40
        return Scores(tags, np.zeros((len(ids), 18), dtype=np.float32))

    monkeypatch.setattr(tagger.backend, "run", run)
    article = tagger.predict(text)
    assert article.text == text and article.topic is not None
    assert [e.start for e in article.entities] == [place for place, sign in enumerate(text) if sign == "西"]


def test_groups_hold_little_and_lose_nothing():
    texts = ["字" * size for size in (1, 200_000, 3, 70_000, 70_000, 5, 6)]
    groups = list(_groups(iter(texts)))
    assert [text for group in groups for text in group] == texts
    assert max(sum(map(len, group)) for group in groups if len(group) > 1) <= GROUP_CHARACTERS
    assert max(map(len, _groups([""] * 5_000))) <= GROUP_TEXTS


def test_a_saved_tagger_tags_the_same(tagger, tmp_path):
    tagger.save_pretrained(tmp_path / "model")
    loaded = Tagger.from_pretrained(tmp_path / "model", device="cpu")
    text = "西藏自治区禁毒办在拉萨市。" * 6
    assert_same(tagger.predict(text), loaded.predict(text))
    assert loaded.taxonomy == tagger.taxonomy


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "characters.json"])
def test_a_folder_that_is_no_whole_checkpoint_names_what_is_missing(tagger, tmp_path, file):
    tagger.save_pretrained(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(CheckpointError, match=file):
        Tagger.from_pretrained(tmp_path)


def test_cut_off_weights_are_told(tagger, tmp_path):
    tagger.save_pretrained(tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="model.safetensors"):
        Tagger.from_pretrained(tmp_path)


def test_an_encoder_is_no_tagger(encoder_folder):
    with pytest.raises(CheckpointError, match="not a qingyuan model"):
        Tagger.from_pretrained(encoder_folder)


def test_a_folder_that_is_not_there_is_told():
    with pytest.raises(CheckpointError, match="no such folder"):
        Tagger.from_pretrained("./nowhere")
