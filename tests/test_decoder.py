"""The decoder finds the best whole spans, and what was tagged is found again."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.decoder import decode
from qingyuan.tags import BEGIN, END, INSIDE, OUTSIDE, SINGLE, tag_count, tag_tokens
from qingyuan.taxonomy import GOVERNMENT_NEWS, Taxonomy

TWO_LABELS = Taxonomy.from_dict({"labels": ["A", "B"]})


def spans_of(tags) -> list[tuple[int, int, int]] | None:
    """The spans of a sequence of tags by the definition of BIOES; none if it is no whole one."""
    spans, begun = [], None
    for token, tag in enumerate([*tags, OUTSIDE]):
        label, part = (None, None) if tag == OUTSIDE else divmod(tag - 1, 4)
        continues = part in (INSIDE, END)
        if (begun is not None) != continues or (continues and label != begun[1]):
            return None
        if part == BEGIN:
            begun = (token, label)
        elif part == END:
            spans.append((begun[0], token + 1, label))
            begun = None
        elif part == SINGLE:
            spans.append((token, token + 1, label))
    return spans


def best_by_force(logits: np.ndarray) -> list[tuple[int, int, int]]:
    """The spans of the likeliest whole sequence, all of them tried."""
    length, tags = logits.shape
    whole = [tags for tags in itertools.product(range(tags), repeat=length) if spans_of(tags) is not None]
    return spans_of(max(whole, key=lambda tags: logits[np.arange(length), tags].sum()))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_best_whole_sequence_is_found(lengths, seed):
    random = np.random.default_rng(seed)
    logits = [random.normal(size=(length, 9)) * 2 for length in lengths]
    found = [
        [(span.first, span.stop, TWO_LABELS.label_names.index(span.label)) for span in text]
        for text in decode(logits, TWO_LABELS)
    ]
    assert found == [best_by_force(text) for text in logits]


@st.composite
def flat_spans(draw, labels: int, length: int):
    edges = sorted(draw(st.sets(st.integers(0, length), max_size=12)))
    return [(a, b, draw(st.integers(0, labels - 1))) for a, b in zip(edges[::2], edges[1::2])]


def one_hot(tags: np.ndarray, count: int, height: float = 9.0) -> np.ndarray:
    return np.eye(count, dtype=np.float32)[tags] * height


@given(st.lists(flat_spans(6, 40), min_size=1, max_size=5))
def test_what_is_tagged_is_found(texts):
    labels = GOVERNMENT_NEWS.label_names
    taxonomy = Taxonomy(GOVERNMENT_NEWS.labels)
    logits = [one_hot(tag_tokens(spans, 40), tag_count(labels)) for spans in texts]
    found = [[(s.first, s.stop, labels.index(s.label)) for s in text] for text in decode(logits, taxonomy)]
    assert found == texts


@given(st.integers(0, 10**6), st.integers(1, 6))
@settings(deadline=None)
def test_a_text_is_decoded_alone_as_in_a_batch(seed, count):
    random = np.random.default_rng(seed)
    size = sum(tag_count(labels) for labels in GOVERNMENT_NEWS.layers)
    texts = [random.normal(size=(random.integers(0, 60), size)) * 3 for _ in range(count)]
    assert decode(texts, GOVERNMENT_NEWS) == [decode([text], GOVERNMENT_NEWS)[0] for text in texts]


def nested(outer, inner) -> list[tuple[int, int, str]]:
    """What is decoded from clear tags of two layers over ten tokens."""
    labels = GOVERNMENT_NEWS.label_names
    outer_tags = tag_tokens([(a, b, labels.index(label)) for a, b, label in outer], 10)
    inner_tags = tag_tokens([(a, b, 0) for a, b in inner], 10)
    logits = np.concatenate([one_hot(outer_tags, 25), one_hot(inner_tags, 5)], axis=1)
    return [(span.first, span.stop, span.label) for span in decode([logits], GOVERNMENT_NEWS)[0]]


@pytest.mark.parametrize("place", [(1, 3), (2, 5), (4, 7), (1, 6), (2, 7), (1, 2), (6, 7)])
def test_a_place_is_found_inside_an_agency_up_to_its_edges(place):
    assert nested([(1, 7, "AGENCY")], [place]) == [(1, 7, "AGENCY"), (*place, "PLACE")]


def test_nothing_is_nested_in_a_law_nor_across_an_edge_nor_in_all_of_a_span():
    assert nested([(0, 8, "LAW")], [(2, 5)]) == [(0, 8, "LAW")]
    assert nested([(0, 4, "AGENCY")], [(2, 6)]) == [(0, 4, "AGENCY")]
    assert nested([(0, 4, "AGENCY")], [(0, 4)]) == [(0, 4, "AGENCY")]


def test_a_nested_place_whose_agency_was_not_found_stands_alone():
    assert nested([], [(2, 5)]) == [(2, 5, "PLACE")]


def test_the_score_is_that_of_the_least_likely_tag():
    logits = one_hot(tag_tokens([(1, 4, 0)], 5), 9)
    logits[2] = np.log([0.2, 0.1, 0.4, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025])
    (span,) = decode([logits], TWO_LABELS)[0]
    assert (span.first, span.stop) == (1, 4)
    assert abs(span.score - 0.4) < 1e-6
