"""The scores of `qingyuan.eval.metrics`: properties that always hold, and examples computed by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.article import Article, Entity, nest
from qingyuan.eval.metrics import (
    CREDIT,
    CalibrationBin,
    Pair,
    Score,
    align,
    bootstrap_interval,
    calibration_bins,
    calibration_error,
    calibration_error_by_chance,
    score,
    score_where,
    strict_f1,
)

TEXT = "西藏自治区禁毒办在拉萨市"


def span(start: int, end: int, label: str, probability: float = 1.0) -> Entity:
    return Entity(start, end, label, TEXT[start:end], probability)


def span_lists(scores=st.just(1.0)) -> st.SearchStrategy:
    edges = st.tuples(st.integers(0, len(TEXT)), st.integers(0, len(TEXT))).filter(lambda e: e[0] < e[1])
    labels = st.sampled_from(["AGENCY", "ORG", "PLACE"])
    spans = st.builds(lambda e, label, p: span(*e, label, p), edges, labels, scores)
    return st.lists(spans, max_size=7, unique_by=lambda entity: entity.span).map(nest)


def both(pairs):
    return [p.gold for p in pairs if p.gold], [p.predicted for p in pairs if p.predicted]


@given(span_lists(), span_lists(st.floats(0, 1)))
def test_every_span_is_in_exactly_one_pair(gold, predicted):
    in_gold, in_predicted = both(align(gold, predicted))
    assert sorted(e.span for e in in_gold) == sorted(e.span for e in gold)
    assert sorted(e.span for e in in_predicted) == sorted(e.span for e in predicted)


@given(span_lists(), span_lists())
def test_pairs_of_two_spans_overlap(gold, predicted):
    for pair in align(gold, predicted):
        if pair.gold and pair.predicted:
            assert pair.gold.start < pair.predicted.end and pair.predicted.start < pair.gold.end


@given(span_lists(), span_lists())
def test_pairs_stand_in_the_order_of_the_text(gold, predicted):
    starts = [(pair.gold or pair.predicted).start for pair in align(gold, predicted)]
    assert starts == sorted(starts)


@given(span_lists(), span_lists())
def test_unpaired_spans_have_nothing_left_to_pair_with(gold, predicted):
    pairs = align(gold, predicted)
    missed = [p.gold for p in pairs if p.kind == "missed"]
    spurious = [p.predicted for p in pairs if p.kind == "spurious"]
    assert not [(g, p) for g in missed for p in spurious if g.start < p.end and p.start < g.end]


@given(span_lists(), span_lists())
def test_strict_is_the_number_of_equal_spans(gold, predicted):
    equal = {e.span for e in gold} & {e.span for e in predicted}
    assert score(align(gold, predicted)).credit == len(equal)


@given(span_lists().filter(bool))
def test_a_perfect_prediction_scores_one(gold):
    for scheme in CREDIT:
        each = score(align(gold, gold), scheme)
        assert (each.precision, each.recall, each.f1) == (1.0, 1.0, 1.0)


@given(span_lists(), span_lists())
def test_swapping_the_sides_swaps_precision_and_recall(gold, predicted):
    for scheme in ("strict", "boundary"):
        there, back = score(align(gold, predicted), scheme), score(align(predicted, gold), scheme)
        assert (there.precision, there.recall, there.f1) == (back.recall, back.precision, back.f1)


@given(span_lists(), span_lists())
def test_schemes_are_ordered(gold, predicted):
    pairs = align(gold, predicted)
    credit = {scheme: score(pairs, scheme).credit for scheme in CREDIT}
    assert credit["strict"] <= credit["boundary"] <= credit["partial"] <= min(len(gold), len(predicted))
    assert credit["strict"] <= credit["type"] <= min(len(gold), len(predicted))


@given(span_lists(), span_lists())
def test_labels_add_up_to_all_spans(gold, predicted):
    pairs = align(gold, predicted)
    parts = [score_where(pairs, lambda e, label=label: e.label == label) for label in ("AGENCY", "ORG", "PLACE")]
    whole = score(pairs)
    sums = [sum(getattr(part, name) for part in parts) for name in ("credit", "predicted", "gold")]
    assert sums == [whole.credit, whole.predicted, whole.gold]


@pytest.mark.parametrize(
    "predicted, kind, credit",
    [
        (span(0, 8, "AGENCY"), "correct", {"strict": 1, "boundary": 1, "type": 1, "partial": 1}),
        (span(0, 8, "ORG"), "label", {"strict": 0, "boundary": 1, "type": 0, "partial": 1}),
        (span(0, 7, "AGENCY"), "boundary", {"strict": 0, "boundary": 0, "type": 1, "partial": 0.5}),
        (span(2, 9, "ORG"), "both", {"strict": 0, "boundary": 0, "type": 0, "partial": 0.5}),
    ],
)
def test_kinds_and_credit(predicted, kind, credit):
    (pair,) = align([span(0, 8, "AGENCY")], [predicted])
    assert pair.kind == kind
    assert {scheme: score([pair], scheme).credit for scheme in CREDIT} == credit


def test_spans_apart_are_missed_and_spurious():
    pairs = align([span(0, 5, "PLACE")], [span(5, 8, "PLACE")])
    assert [pair.kind for pair in pairs] == ["missed", "spurious"]


def test_nested_spans_pair_with_their_own_kind():
    outer, inner, beside = span(0, 8, "AGENCY"), span(0, 5, "PLACE"), span(9, 12, "PLACE")
    # The inner span is found; the outer one lacks its last character.
    pairs = align(nest([outer, inner, beside]), nest([span(0, 7, "AGENCY"), inner]))
    assert [pair.kind for pair in pairs] == ["correct", "boundary", "missed"]
    strict, partial = score(pairs), score(pairs, "partial")
    assert (strict.precision, strict.recall, strict.f1) == (1 / 2, 1 / 3, 2 / 5)
    assert (partial.precision, partial.recall, partial.f1) == (1.5 / 2, 1.5 / 3, 3 / 5)


def test_a_label_in_common_comes_before_a_longer_overlap():
    pairs = align([span(0, 8, "AGENCY"), span(0, 3, "PLACE")], [span(0, 5, "PLACE")])
    assert {(p.gold.label, p.kind) for p in pairs} == {("AGENCY", "missed"), ("PLACE", "boundary")}


def test_score_where_looks_at_each_side_alone():
    pair = Pair(span(0, 8, "AGENCY"), span(0, 8, "ORG"))
    assert score_where([pair], lambda e: e.label == "AGENCY") == Score(credit=0, predicted=0, gold=1)
    assert score_where([pair], lambda e: e.label == "ORG") == Score(credit=0, predicted=1, gold=0)
    assert score_where([pair], lambda e: e.label == "LAW") == Score(credit=0, predicted=0, gold=0)


def test_nothing_scores_zero():
    nothing = score([])
    assert (nothing.precision, nothing.recall, nothing.f1) == (0.0, 0.0, 0.0)


def test_strict_f1_is_over_all_articles():
    one, two = (span(0, 8, "AGENCY"),), (span(0, 5, "PLACE"), span(9, 12, "PLACE"))
    gold = [Article(TEXT, (), one), Article(TEXT, (), two)]
    predicted = [Article(TEXT, (), ()), Article(TEXT, (), two)]
    assert strict_f1(gold, predicted) == 2 * 2 / (2 + 3)
    with pytest.raises(ValueError):
        strict_f1(gold, predicted[:1])


def mean(sums):
    return sums[:, 0] / sums[:, 1]


def test_bootstrap_of_equal_articles_has_no_width():
    assert bootstrap_interval(mean, np.array([[3.0, 4.0]] * 5)) == (0.75, 0.75)


def test_bootstrap_interval_is_that_of_the_binomial():
    # 400 articles, half of them right: the mean is 0.5, its standard error 0.5 / 20 = 0.025.
    counts = np.array([[number % 2, 1] for number in range(400)], dtype=float)
    low, high = bootstrap_interval(mean, counts)
    assert low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)


def test_bootstrap_repeats_and_depends_on_its_seed():
    counts = np.array([[number, 10] for number in range(9)], dtype=float)
    assert bootstrap_interval(mean, counts, 50) == bootstrap_interval(mean, counts, 50)
    assert bootstrap_interval(mean, counts, 50) != bootstrap_interval(mean, counts, 50, seed=1)


def test_calibration_by_hand():
    bins = calibration_bins([0.72, 0.78, 1.0, 0.92], [True, False, True, True])
    assert [each.count for each in bins] == [2, 2]
    assert [each.confidence for each in bins] == pytest.approx([0.75, 0.96])
    assert [each.accuracy for each in bins] == pytest.approx([0.5, 1.0])
    assert calibration_error(bins) == pytest.approx((2 * 0.25 + 2 * 0.04) / 4)


def test_calibration_weighs_bins_by_their_scores():
    bins = [CalibrationBin(9, 0.95, 0.95), CalibrationBin(1, 0.5, 0.0)]
    assert calibration_error(bins) == pytest.approx(0.05)
    assert calibration_error([]) == 0.0


@pytest.mark.parametrize(("count", "sureness"), [(14, 12.0), (60, 0.6), (60, 6.0), (1000, 0.6)])
def test_the_calibration_error_by_chance_is_what_scores_that_hold_have(count, sureness):
    random = np.random.default_rng(0)
    scores = random.beta(6 * sureness, 0.6, count)
    errors = [calibration_error(calibration_bins(scores, random.random(count) < scores)) for _ in range(1000)]
    by_chance = calibration_error_by_chance(calibration_bins(scores, scores > 0.5))  # what is right doesn't matter
    assert by_chance == pytest.approx(np.mean(errors), rel=0.1)
    assert calibration_error_by_chance([]) == 0.0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans())))
def test_every_score_is_in_one_bin(scored):
    bins = calibration_bins([value for value, _ in scored], [right for _, right in scored])
    assert sum(each.count for each in bins) == len(scored)
    assert 0 <= calibration_error(bins) <= 1 + 1e-9
