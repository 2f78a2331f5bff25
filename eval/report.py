"""A `Report`: all that is said about predictions beside gold labels, and its JSON.

`Report.to_dict` gives, with every score a fraction of 1 and every offset a count of code points::

    {"model": "…", "data": "page",                  what was compared, as `build_report` was told
     "articles": 14,
     "strict": SCORE, "boundary": SCORE, "type": SCORE, "partial": SCORE,
     "strict_interval": [low, high] | null,         95 %, bootstrap over articles; null without articles
     "ceiling": 0.983 | null,                       F1 of two annotators of these data
     "labels": {"AGENCY": SCORE, …},                strict, over the spans of one label on either side
     "nested": SCORE,                               strict, over spans inside another one of their own side
     "seen": SCORE | null, "unseen": SCORE | null,  strict, by whether training had the label with this name
     "flat": SCORE,                                 strict, on the task of `peers` (see `flat_score`)
     "peers": {"LAC": 0.622, …} | null,             F1 of other tools on that task; only for the page
     "kinds": {"label": 3, …},                      numbers of errors, all kinds of `KINDS`
     "errors": [{"article": "page-01", "kind": "boundary", "gold": SPAN | null, "predicted": SPAN | null,
                 "before": "…", "text": "…", "after": "…"}, …],
     "span_calibration": CALIBRATION,               is a span with this score strictly right?
     "topics": TOPICS | null}                       null unless both sides have topics

    SCORE        {"precision", "recall", "f1", "gold", "predicted"}; the last two are numbers of spans
    SPAN         {"start", "end", "label", "text"}, a predicted one also "score"
    CALIBRATION  {"error": 0.03, "by_chance": 0.02,       what as many scores have that hold
                  "bins": [{"count", "confidence", "accuracy"}, …]}   those without scores left out
    TOPICS       {"accuracy", "interval": [low, high], "articles": 14,
                  "per_topic": {"court": {"precision", "recall", "f1", "support"}, …},
                  "labels": ["court", …], "confusion": [[1, …], …]   rows are gold, columns predicted, as in labels
                  "calibration": CALIBRATION}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.metrics import classification_report

from qingyuan.article import Article, Entity
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
    flat,
    score,
    score_where,
)
from qingyuan.taxonomy import GOVERNMENT_NEWS

KINDS = ("missed", "spurious", "label", "boundary", "both")
"""The kinds of error, see `Pair.kind`."""

PEERS = {"LAC": 0.622, "Stanford CoreNLP": 0.462, "THULAC": 0.289, "jiagu": 0.287, "jieba": 0.215}
"""Strict F1 of other tools on the page, on the task of `flat_score`."""

NO_TOPIC = "none"
"""What stands in a confusion matrix for a prediction without a topic."""

_CONTEXT = 20


@dataclass(frozen=True)
class SpanError:
    """A pair that is not correct, with the text it covers and some 20 characters on each side."""

    article: str
    pair: Pair
    before: str
    text: str
    after: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "article": self.article,
            "kind": self.pair.kind,
            "gold": span_dict(self.pair.gold),
            "predicted": span_dict(self.pair.predicted, scored=True),
            "before": self.before,
            "text": self.text,
            "after": self.after,
        }


@dataclass(frozen=True)
class Calibration:
    """How far scores can be taken as probabilities; `error` is the expected calibration error, `by_chance` that of as many
    scores that hold."""

    error: float
    by_chance: float
    bins: tuple[CalibrationBin, ...]


@dataclass(frozen=True)
class TopicScore:
    """One topic; `support` is the number of gold articles."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class TopicReport:
    """The topics of `articles` articles; `confusion[i][j]` counts gold `labels[i]` predicted as `labels[j]`."""

    accuracy: float
    interval: tuple[float, float]
    articles: int
    per_topic: dict[str, TopicScore]
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration: Calibration


@dataclass(frozen=True)
class Report:
    """Predictions beside gold labels; the module's docstring says what each part is."""

    model: str
    data: str
    articles: int
    schemes: dict[str, Score]
    strict_interval: tuple[float, float] | None
    ceiling: float | None
    labels: dict[str, Score]
    nested: Score
    seen: Score | None
    unseen: Score | None
    flat: Score
    errors: tuple[SpanError, ...]
    span_calibration: Calibration
    topics: TopicReport | None

    @property
    def strict(self) -> Score:
        return self.schemes["strict"]

    @property
    def kinds(self) -> dict[str, int]:
        """The number of errors of each kind."""
        counts = Counter(error.pair.kind for error in self.errors)
        return {kind: counts[kind] for kind in KINDS}

    @property
    def peers(self) -> dict[str, float] | None:
        """F1 of other tools on the task of `flat`; known for the page only."""
        return dict(PEERS) if self.data == "page" else None

    def to_dict(self) -> dict[str, Any]:
        """Values that `json.dumps` takes, as the module's docstring shows."""
        return {
            "model": self.model,
            "data": self.data,
            "articles": self.articles,
            **{scheme: each.to_dict() for scheme, each in self.schemes.items()},
            "strict_interval": list(self.strict_interval) if self.strict_interval else None,
            "ceiling": self.ceiling,
            "labels": {label: each.to_dict() for label, each in self.labels.items()},
            "nested": self.nested.to_dict(),
            "seen": self.seen.to_dict() if self.seen else None,
            "unseen": self.unseen.to_dict() if self.unseen else None,
            "flat": self.flat.to_dict(),
            "peers": self.peers,
            "kinds": self.kinds,
            "errors": [error.to_dict() for error in self.errors],
            "span_calibration": _lists(asdict(self.span_calibration)),
            "topics": _lists(asdict(self.topics)) if self.topics else None,
        }


def build_report(
    gold: Sequence[Article],
    predicted: Sequence[Article],
    ids: Sequence[str],
    *,
    model: str,
    data: str,
    seen: frozenset[tuple[str, str]] | None = None,
    ceiling: float | None = None,
) -> Report:
    """Compare predictions with gold labels, article by article.

    `seen` holds the (label, name) pairs of the training data, `None` where they are not known; `ceiling` is the
    F1 of two annotators. Raises `ValueError` where the three sequences differ in length, or two texts differ.
    """
    if not len(gold) == len(predicted) == len(ids):
        raise ValueError(f"{len(gold)} gold articles, {len(predicted)} predicted ones and {len(ids)} ids")
    for g, p, name in zip(gold, predicted, ids, strict=True):
        if g.text != p.text:
            raise ValueError(f"article {name}: the predictions are of another text than the gold labels")
    by_article = [align(g.entities, p.entities) for g, p in zip(gold, predicted, strict=True)]
    pairs = [pair for each in by_article for pair in each]
    labels = {e.label for pair in pairs for e in (pair.gold, pair.predicted) if e is not None}
    return Report(
        model=model,
        data=data,
        articles=len(gold),
        schemes={scheme: score(pairs, scheme) for scheme in CREDIT},
        strict_interval=_strict_interval(by_article),
        ceiling=ceiling,
        labels={label: score_where(pairs, lambda e, label=label: e.label == label) for label in _in_order(labels)},
        nested=score_where(pairs, lambda e: e.parent is not None),
        seen=None if seen is None else score_where(pairs, lambda e: (e.label, e.text) in seen),
        unseen=None if seen is None else score_where(pairs, lambda e: (e.label, e.text) not in seen),
        flat=flat_score(gold, predicted),
        errors=tuple(
            _in_context(name, article.text, pair)
            for name, article, each in zip(ids, gold, by_article, strict=True)
            for pair in each
            if pair.kind != "correct"
        ),
        span_calibration=_calibration((p.predicted.score, p.kind == "correct") for p in pairs if p.predicted),
        topics=_topics(gold, predicted),
    )


def flat_score(gold: Sequence[Article], predicted: Sequence[Article]) -> Score:
    """The strict score on what common tools know: the outermost persons, places and organisations.

    `AGENCY` and `ORG` are one label here; `CAMPAIGN`, `LAW` and all nested spans are left out.
    """
    sides = zip(gold, predicted, strict=True)
    return score(pair for g, p in sides for pair in align(flat(g.entities), flat(p.entities)))


def span_dict(entity: Entity | None, scored: bool = False) -> dict[str, Any] | None:
    """A span for JSON, with its score if `scored`; `None` stays `None`."""
    if entity is None:
        return None
    values = {"start": entity.start, "end": entity.end, "label": entity.label, "text": entity.text}
    return {**values, "score": entity.score} if scored else values


def _strict_interval(by_article: Sequence[Sequence[Pair]]) -> tuple[float, float] | None:
    if not by_article:
        return None
    scores = [score(pairs) for pairs in by_article]
    counts = np.array([[each.credit, each.predicted + each.gold] for each in scores])
    return bootstrap_interval(lambda sums: 2 * sums[:, 0] / np.maximum(sums[:, 1], 1), counts)


def _in_context(name: str, text: str, pair: Pair) -> SpanError:
    spans = [entity for entity in (pair.gold, pair.predicted) if entity is not None]
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    return SpanError(name, pair, text[max(0, start - _CONTEXT) : start], text[start:end], text[end : end + _CONTEXT])


def _calibration(scored: Iterable[tuple[float, bool]]) -> Calibration:
    scored = list(scored)
    bins = calibration_bins([value for value, _ in scored], [right for _, right in scored])
    return Calibration(calibration_error(bins), calibration_error_by_chance(bins), tuple(bins))


def _topics(gold: Sequence[Article], predicted: Sequence[Article]) -> TopicReport | None:
    answers = [(g.topic.label, p.topic) for g, p in zip(gold, predicted, strict=True) if g.topic is not None]
    if not any(topic for _, topic in answers):
        return None
    true = [label for label, _ in answers]
    given = [topic.label if topic else NO_TOPIC for _, topic in answers]
    right = [t == g for t, g in zip(true, given, strict=True)]
    labels = _in_order({*true, *given})
    counts = Counter(zip(true, given, strict=True))
    rows = classification_report(true, given, labels=labels, output_dict=True, zero_division=0)
    return TopicReport(
        accuracy=sum(right) / len(right),
        interval=bootstrap_interval(lambda sums: sums[:, 0] / sums[:, 1], np.array([[r, 1] for r in right], float)),
        articles=len(right),
        per_topic={
            label: TopicScore(row["precision"], row["recall"], row["f1-score"], int(row["support"]))
            for label in labels
            for row in (rows[label],)
        },
        labels=tuple(labels),
        confusion=tuple(tuple(counts[row, column] for column in labels) for row in labels),
        calibration=_calibration((t.score, r) for (_, t), r in zip(answers, right, strict=True) if t),
    )


def _in_order(labels: Iterable[str]) -> list[str]:
    """Labels or topics in the order of the taxonomy, others behind them by name."""
    known = [*GOVERNMENT_NEWS.label_names, *GOVERNMENT_NEWS.topic_names]
    return sorted(labels, key=lambda label: (known.index(label) if label in known else len(known), label))


def _lists(value: Any) -> Any:
    """The value with lists in the place of tuples, so that it equals what comes back from JSON."""
    if isinstance(value, dict):
        return {key: _lists(each) for key, each in value.items()}
    return [_lists(each) for each in value] if isinstance(value, (list, tuple)) else value
