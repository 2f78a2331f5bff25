"""Names found once are found again, and nothing else is changed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.article import Article, Entity, nest
from qingyuan.calibration import Calibration
from qingyuan.repeats import SHORTEST, add_repeats
from qingyuan.tagger import Tagger
from qingyuan.training.calibration import fit_calibration, fit_repeats


def spans(text: str, *names: tuple[str, str, float]) -> tuple[Entity, ...]:
    """The first mention of each name."""
    found = [(text.index(name), name, label, score) for name, label, score in names]
    return nest(Entity(start, start + len(name), label, name, score) for start, name, label, score in found)


@st.composite
def tagged(draw):
    text = draw(st.text("甲乙丙", max_size=60))
    borders = sorted(draw(st.sets(st.integers(0, len(text)))))
    entities = [
        Entity(start, end, draw(st.sampled_from(["ORG", "PLACE"])), text[start:end], draw(st.floats(0.1, 1)))
        for start, end in zip(borders[::2], borders[1::2])
    ]
    return text, nest(entities)


@settings(deadline=None)
@given(tagged())
def test_each_other_mention_is_found_that_touches_no_name(tagged):
    text, entities = tagged
    found = add_repeats(text, entities, 0.5)
    assert set(entities) <= set(found)
    new = [entity for entity in found if entity not in entities]
    names = {entity.text for entity in entities if len(entity.text) >= SHORTEST}
    for entity in new:
        assert text[entity.start : entity.end] == entity.text in names
    taken = Counter(place for entity in found for place in range(entity.start, entity.end))
    assert max(taken.values(), default=1) == 1
    for name in names:  # none is left
        for start in range(len(text) - len(name) + 1):
            assert not text.startswith(name, start) or any(taken[p] for p in range(start, start + len(name)))


def test_the_longest_name_wins_and_the_label_that_scored_most():
    text = "晨光文具店开门。晨光文具开门。晨光文具店关门,晨光文具店又开。"
    entities = [*spans(text, ("晨光文具店", "ORG", 0.9)), Entity(8, 12, "PLACE", "晨光文具", 0.6)]
    entities.append(Entity(15, 20, "PLACE", "晨光文具店", 0.8))
    *_, new = add_repeats(text, nest(entities), 0.7)
    assert (new.start, new.label, new.text) == (23, "ORG", "晨光文具店")


def test_a_mention_is_less_sure_than_its_name_was():
    text = "东屏初中与东屏初中"
    name = spans(text, ("东屏初中", "ORG", 0.5))
    assert add_repeats(text, name, 0.8)[-1].score == 0.4
    assert add_repeats(text, name, 0.8, threshold=0.45) == name


def test_short_names_names_in_names_and_parts_of_words_are_left_alone():
    text = "东屏的东屏初中,WTO在WTOs。拉萨市在拉萨市禁毒办旁"
    entities = spans(text, ("东屏", "PLACE", 0.9), ("WTO", "ORG", 0.9), ("拉萨市禁毒办", "AGENCY", 0.9))
    assert add_repeats(text, entities, 0.7) == entities
    inside = nest([Entity(17, 23, "AGENCY", "拉萨市禁毒办", 0.9), Entity(17, 20, "PLACE", "拉萨市", 0.9)])
    assert add_repeats(text, inside, 0.7) == inside  # found as a part of a name only


def test_a_tagger_looks_for_repeats_if_its_calibration_says_so(tagger):
    text = "西藏自治区禁毒办,拉萨市法院,西藏自治区禁毒办。" * 3
    plain = {entity.span for entity in tagger.predict(text, threshold=0).entities}
    looking = Tagger(tagger.backend, tagger.tokenizer)
    looking.calibration = Calibration(repeat_share=0.6)
    found = looking.predict(text, threshold=0).entities
    assert plain <= {entity.span for entity in found}
    assert found == add_repeats(text, tagger.predict(text, threshold=0).entities, 0.6)
    assert {entity.span for entity in looking.predict(text, threshold=0.7).entities} <= plain


def find_the_first(articles):
    """Each article's first mention of 晨光文具, with a score of 0.8."""
    return [Article(article.text, (), spans(article.text, ("晨光文具", "ORG", 0.8))) for article in articles]


def test_the_share_of_right_repeats_is_told_by_held_out_articles():
    name = {"label": "ORG", "text": "晨光文具"}
    text = "晨光文具与晨光文具"
    always = Article.from_dict({"text": text, "entities": [{**name, "start": 0, "end": 4}, {**name, "start": 5, "end": 9}]})
    once = Article.from_dict({"text": text, "entities": [{**name, "start": 0, "end": 4}]})

    def share(gold):
        return fit_repeats(gold, find_the_first(gold))

    assert share([always] * 12 + [once] * 18) == pytest.approx(12 / (30 * 0.8))
    assert share([always] * 30) == 1  # a share is never more
    assert share([always] * 5) == 0  # too few to tell


def test_fitting_leaves_the_tagger_as_it_was(tagger):
    before = tagger.calibration
    texts = [f"西藏自治区禁毒办,拉萨市法院{number},西藏自治区禁毒办。" for number in range(30)]
    fitted = fit_calibration(tagger, tagger.predict(texts, threshold=0))
    assert tagger.calibration == before != fitted
