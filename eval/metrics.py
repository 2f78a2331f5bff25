"""Scores of spans and topics, each as its definition reads.

Gold and predicted spans of an article are paired once (`align`): equal ones first, then those with the same
edges, then those that overlap and share a label, then those that overlap; each stands in one pair at most.
All span scores follow from the pairs, as in SemEval-2013 task 9.1 (Segura-Bedmar et al.): **strict** wants
edges and label, **boundary** the edges, **type** the label and an overlap, **partial** counts equal edges as
one and an overlap as half. Nested spans count like all others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qingyuan.article import Article, Entity


FLAT_LABELS = {"PERSON": "PERSON", "PLACE": "PLACE", "AGENCY": "ORG", "ORG": "ORG"}


@dataclass(frozen=True)
class Pair:
    """A gold span and the predicted one that answers it; one of the two may be missing."""

    gold: Entity | None
    predicted: Entity | None

    @property
    def overlaps(self) -> bool:
        return self.gold is not None and self.predicted is not None

    @property
    def same_edges(self) -> bool:
        return self.overlaps and (self.gold.start, self.gold.end) == (self.predicted.start, self.predicted.end)

    @property
    def same_label(self) -> bool:
        return self.overlaps and self.gold.label == self.predicted.label

    @property
    def kind(self) -> str:
        """`correct`, `label` (wrong label), `boundary` (wrong edge), `both`, `missed` or `spurious`."""
        if not self.overlaps:
            return "spurious" if self.gold is None else "missed"
        if self.same_edges:
            return "correct" if self.same_label else "label"
        return "boundary" if self.same_label else "both"


CREDIT: dict[str, Callable[[Pair], float]] = {
    "strict": lambda pair: float(pair.same_edges and pair.same_label),
    "boundary": lambda pair: float(pair.same_edges),
    "type": lambda pair: float(pair.same_label),
    "partial": lambda pair: 1.0 if pair.same_edges else 0.5 * pair.overlaps,
}


@dataclass(frozen=True)
class Score:
    """Precision, recall and their harmonic mean, from the credit earned and the numbers of spans."""

    credit: float
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        return self.credit / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.credit / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.credit / (self.predicted + self.gold) if self.predicted + self.gold else 0.0

    def to_dict(self) -> dict[str, float]:
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "gold": self.gold,
            "predicted": self.predicted,
        }


def align(gold: Sequence[Entity], predicted: Sequence[Entity]) -> list[Pair]:
    """Pair the spans of one article; the pairs come in the order of the text."""
    pairs: list[Pair] = []
    gold, predicted = list(gold), list(predicted)
    for matches in (_equal, _same_edges, _overlap_with_label, _overlap):
        candidates = [(-_shared(g, p), g.start, p.start, g, p) for g in gold for p in predicted if matches(g, p)]
        for *_, g, p in sorted(candidates, key=lambda c: c[:3]):
            if g in gold and p in predicted:
                gold.remove(g)
                predicted.remove(p)
                pairs.append(Pair(g, p))
    pairs += [Pair(g, None) for g in gold] + [Pair(None, p) for p in predicted]
    return sorted(pairs, key=lambda pair: (pair.gold or pair.predicted).start)


def _equal(g: Entity, p: Entity) -> bool:
    return g.span == p.span


def _same_edges(g: Entity, p: Entity) -> bool:
    return (g.start, g.end) == (p.start, p.end)


def _overlap_with_label(g: Entity, p: Entity) -> bool:
    return g.label == p.label and _shared(g, p) > 0


def _overlap(g: Entity, p: Entity) -> bool:
    return _shared(g, p) > 0


def _shared(g: Entity, p: Entity) -> int:
    return min(g.end, p.end) - max(g.start, p.start)


def score(pairs: Iterable[Pair], scheme: str = "strict") -> Score:
    """The score of `pairs` under one scheme of `CREDIT`."""
    pairs = list(pairs)
    return Score(
        credit=sum(CREDIT[scheme](pair) for pair in pairs),
        predicted=sum(pair.predicted is not None for pair in pairs),
        gold=sum(pair.gold is not None for pair in pairs),
    )


def score_where(pairs: Iterable[Pair], keep: Callable[[Entity], bool]) -> Score:
    """The strict score over the spans that `keep` wants, on either side."""
    kept = (Pair(_only(pair.gold, keep), _only(pair.predicted, keep)) for pair in pairs)
    return score(pair for pair in kept if pair.gold or pair.predicted)


def _only(entity: Entity | None, keep: Callable[[Entity], bool]) -> Entity | None:
    return entity if entity is not None and keep(entity) else None


def flat(entities: Iterable[Entity]) -> list[Entity]:
    """What common tools know of: the outermost persons, places and organisations, agencies among the latter."""
    return [replace(e, label=FLAT_LABELS[e.label]) for e in entities if e.parent is None and e.label in FLAT_LABELS]


def strict_f1(gold: Sequence[Article], predicted: Sequence[Article]) -> float:
    """Strict micro F1 over all spans of all articles."""
    return score(pair for g, p in zip(gold, predicted, strict=True) for pair in align(g.entities, p.entities)).f1


def bootstrap_interval(
    statistic: Callable[[np.ndarray], np.ndarray], counts: np.ndarray, samples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of a statistic under resampling of articles (Efron's percentile bootstrap).

    `counts` has the shape (articles, n); `statistic` takes sums of its rows, (samples, n), to (samples,).
    """
    random = np.random.default_rng(seed)
    weights = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=samples)
    low, high = np.percentile(statistic(weights @ counts), [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True)
class CalibrationBin:
    """Scores of one tenth of the range: how many, what they claim on average, how often they are right."""

    count: int
    confidence: float
    accuracy: float


def calibration_bins(scores: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[CalibrationBin]:
    """The non-empty bins of equal width over 0 to 1."""
    scores, right = np.asarray(scores, dtype=float), np.asarray(right, dtype=float)
    place = np.minimum((scores * bins).astype(int), bins - 1)
    return [
        CalibrationBin(int(inside.sum()), float(scores[inside].mean()), float(right[inside].mean()))
        for inside in (place == number for number in range(bins))
        if inside.any()
    ]


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """The expected calibration error (Guo et al., 2017): the gap between claim and truth, averaged over all scores."""
    total = sum(each.count for each in bins)
    return sum(each.count * abs(each.confidence - each.accuracy) for each in bins) / total if total else 0.0


def calibration_error_by_chance(bins: Sequence[CalibrationBin]) -> float:
    """The calibration error to be expected of so many scores if each were right as often as it claims, apart from the others.

    Few scores have a gap by chance: that of a bin is the mean deviation of a binomial distribution (De Moivre, 1730). In
    one article things go wrong together, so that even more is no proof against a model.
    """
    total = sum(each.count for each in bins)
    return sum(_mean_deviation(each.count, each.confidence) for each in bins) / total if total else 0.0


def _mean_deviation(count: int, share: float) -> float:
    """How far the number of successes lies, on average, from `count` × `share`."""
    from scipy.stats import binom  # it takes a second to load, and only whole reports want it

    above = math.floor(count * share) + 1
    return 2 * above * (1 - share) * float(binom.pmf(above, count, share))
