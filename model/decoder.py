"""From the scores of tags to spans: for each layer the best sequence of tags that makes whole spans.

The search (Viterbi, 1967) is run for all texts of a batch at once. Most tokens are surely outside of any
span; the stretches between them are short and are searched side by side, so that the loop over tokens is as
long as the longest stretch and not as the texts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from qingyuan.calibration import softmax
from qingyuan.tags import BEGIN, END, INSIDE, OUTSIDE, SINGLE, tag_count
from qingyuan.taxonomy import Taxonomy

# A token outside of all spans with this probability separates what stands before it from what comes after.
SURELY_OUTSIDE = 0.999


class TokenSpan(NamedTuple):
    """The tokens `[first, stop)`; `score` is the probability of its least likely tag, before calibration."""

    first: int
    stop: int
    label: str
    score: float


def decode(logits: Sequence[np.ndarray], taxonomy: Taxonomy) -> list[list[TokenSpan]]:
    """The spans of each text from its logits, of shape (tokens, tags of all layers)."""
    layers = taxonomy.layers
    if not layers:
        return [[] for _ in logits]
    borders = np.cumsum([tag_count(labels) for labels in layers])[:-1]
    by_layer = zip(*(np.split(text, borders, axis=-1) for text in logits))
    found = [_decode_layer(list(texts), labels) for texts, labels in zip(by_layer, layers)]
    if len(found) == 1:
        return found[0]
    return [_nest(outer, inner, taxonomy) for outer, inner in zip(*found)]


def _nest(outer: list[TokenSpan], inner: list[TokenSpan], taxonomy: Taxonomy) -> list[TokenSpan]:
    """Outer spans with the inner ones that may lie in them; an inner one that touches no outer one stands alone."""
    kept = list(outer)
    stops = [span.stop for span in outer]
    for span in inner:
        nearest = bisect_right(stops, span.first)
        behind = outer[nearest : nearest + span.stop - span.first]
        touching = takewhile(lambda around: around.first < span.stop, behind)
        if all(_holds(around, span, taxonomy) for around in touching):
            kept.append(span)
    return sorted(kept, key=lambda span: (span.first, -span.stop))


def _holds(outer: TokenSpan, inner: TokenSpan, taxonomy: Taxonomy) -> bool:
    inside = outer.first <= inner.first and inner.stop <= outer.stop
    smaller = outer.stop - outer.first > inner.stop - inner.first
    return inside and smaller and outer.label in taxonomy.nested[inner.label]


def _decode_layer(logits: list[np.ndarray], labels: Sequence[str]) -> list[list[TokenSpan]]:
    lengths = [len(text) for text in logits]
    probabilities = softmax(np.concatenate(logits).astype(np.float32)) if sum(lengths) else np.zeros((0, 1))
    text_starts = np.concatenate([[0], np.cumsum(lengths)]).astype(int)
    spans: list[list[TokenSpan]] = [[] for _ in logits]
    for first, stop, label in _search(probabilities, text_starts):
        text = int(np.searchsorted(text_starts, first, side="right")) - 1
        score = _weakest(probabilities[first:stop], label)
        spans[text].append(TokenSpan(first - text_starts[text], stop - text_starts[text], labels[label], score))
    return [sorted(text) for text in spans]


def _weakest(probabilities: np.ndarray, label: int) -> float:
    """The probability of the least likely tag of a span; `probabilities` are those of its tokens."""
    part = probabilities[:, 1 + 4 * label : 5 + 4 * label]
    if len(part) == 1:
        return float(part[0, SINGLE])
    return float(min(part[0, BEGIN], part[-1, END], *part[1:-1, INSIDE]))


def _search(probabilities: np.ndarray, text_starts: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Spans (first, stop, label) of all texts, laid end to end in `probabilities` (tokens, tags)."""
    stretches = _stretches(probabilities[:, OUTSIDE] < SURELY_OUTSIDE, text_starts)
    sizes = np.ceil(np.log2(np.maximum(stretches[:, 1] - stretches[:, 0], 1))).astype(int)
    with np.errstate(divide="ignore"):
        scores = np.log(probabilities)
    for size in np.unique(sizes):
        alike = stretches[sizes == size]
        starts, lengths = alike[:, 0], alike[:, 1] - alike[:, 0]
        steps = np.arange(lengths.max())
        inside = steps < lengths[:, None]
        batch = scores[np.where(inside, starts[:, None] + steps, 0)]
        batch[~inside] = -np.inf
        batch[~inside, OUTSIDE] = 0.0
        for row, first, stop, label in _viterbi(batch):
            yield int(starts[row]) + first, int(starts[row]) + stop, label


def _stretches(maybe_inside: np.ndarray, text_starts: np.ndarray) -> np.ndarray:
    """The runs `[start, stop)` of tokens that may lie in a span, none across two texts; shape (runs, 2)."""
    before = np.concatenate([[False], maybe_inside[:-1]])
    before[text_starts[text_starts < len(before)]] = False
    after = np.concatenate([maybe_inside[1:], [False]])
    after[text_starts[(text_starts > 0) & (text_starts <= len(after))] - 1] = False
    starts = np.flatnonzero(maybe_inside & ~before)
    stops = np.flatnonzero(maybe_inside & ~after) + 1
    return np.stack([starts, stops], axis=1)


def _viterbi(scores: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """The spans (row, first, stop, label) of the best tags of each row; `scores` are log-probabilities (rows, tokens, tags).

    Between two tokens a path is either closed, outside of any span, or open inside one of the labels.
    """
    rows, length, tags = scores.shape
    parts = scores[:, :, 1:].reshape(rows, length, -1, 4)
    labels = parts.shape[2]
    alone = np.concatenate([scores[:, :, :1], parts[..., SINGLE]], axis=-1)  # outside, or a span of one token
    closed = np.zeros(rows)
    open_ = np.full((rows, labels), -np.inf)
    # how the best closed path ends: 0 outside, 1 + k a single of label k, 1 + labels + k the end of label k
    ending = np.empty((length, rows), dtype=np.int64)
    began = np.empty((length, rows, labels), dtype=bool)  # whether the best open path of a label begins here
    every = np.arange(rows)
    for step in range(length):
        ways = np.concatenate([closed[:, None] + alone[:, step], open_ + parts[:, step, :, END]], axis=-1)
        fresh = closed[:, None] + parts[:, step, :, BEGIN]
        longer = open_ + parts[:, step, :, INSIDE]
        ending[step] = ways.argmax(-1)
        began[step] = fresh >= longer
        closed = ways[every, ending[step]]
        open_ = np.maximum(fresh, longer)
    yield from _trace(ending, began)


def _trace(ending: np.ndarray, began: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """Follow the best paths back; `ending` is (tokens, rows), `began` (tokens, rows, labels)."""
    length, rows, labels = began.shape
    within = np.full(rows, -1)  # the label whose span a row's path is in, seen from behind
    stop = np.zeros(rows, dtype=np.int64)
    every = np.arange(rows)
    for step in range(length - 1, -1, -1):
        is_open = within >= 0
        way = np.where(is_open, 0, ending[step])
        for row in np.flatnonzero((way > 0) & (way <= labels)):
            yield int(row), step, step + 1, int(way[row]) - 1
        closes = way > labels
        starts = is_open & began[step, every, within]
        for row in np.flatnonzero(starts):
            yield int(row), step, int(stop[row]), int(within[row])
        within = np.where(closes, way - 1 - labels, np.where(starts, -1, within))
        stop = np.where(closes, step + 1, stop)
