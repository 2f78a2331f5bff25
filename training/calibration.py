"""Fit a model's calibration on held-out articles."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from qingyuan.article import Article
from qingyuan.calibration import Calibration, log_odds, softmax
from qingyuan.decoder import decode
from qingyuan.repeats import add_repeats
from qingyuan.tagger import Tagger

logger = logging.getLogger(__name__)

FEWEST = 20  # topics or spans; with fewer the scores stay as they are
TEMPERATURES = np.geomspace(0.25, 4.0, 81)
THRESHOLDS = np.arange(0, 11) / 20


def fit_calibration(tagger: Tagger, articles: Sequence[Article]) -> Calibration:
    """The calibration under which `tagger`'s scores on `articles`, which it was not trained on, hold best."""
    tokens = [tagger.tokenizer(article.text) for article in articles]
    tag_logits, topic_logits = tagger.logits(tokens)
    raw, right = [], []
    for article, of, spans in zip(articles, tokens, decode(tag_logits, tagger.taxonomy)):
        gold = {entity.span for entity in article.entities}
        raw += [span.score for span in spans]
        right += [(of.starts[s.first], of.ends[s.stop - 1], s.label) in gold for s in spans]
    scale, shift = fit_spans(np.array(raw), np.array(right, dtype=bool))
    scores = Calibration(span_scale=scale, span_shift=shift).spans(np.array(raw))
    threshold = best_threshold(scores, np.array(right, dtype=bool), sum(len(article.entities) for article in articles))
    index = {name: number for number, name in enumerate(tagger.taxonomy.topic_names)}
    known = [
        (logits, index[article.topic.label])
        for article, logits in zip(articles, topic_logits)
        if article.topic and article.topic.label in index and len(logits)
    ]
    temperature = fit_temperature(np.array([x for x, _ in known]), np.array([y for _, y in known]))
    without_repeats = copy(tagger)
    without_repeats.calibration = Calibration(temperature, scale, shift, threshold)
    predicted = without_repeats.articles([article.text for article in articles], tokens, tag_logits, topic_logits)
    return replace(without_repeats.calibration, repeat_share=fit_repeats(articles, predicted))


def fit_repeats(gold: Iterable[Article], predicted: Iterable[Article]) -> float:
    """How many of the mentions that are found by their name alone are right, over how many would be if a name meant one
    thing everywhere in an article; 0 where there are too few to tell."""
    scores, right = [], []
    for article, found in zip(gold, predicted):
        named, known = ({entity.span for entity in each.entities} for each in (article, found))
        new = [entity for entity in add_repeats(article.text, found.entities, 1.0) if entity.span not in known]
        scores += [entity.score for entity in new]
        right += [entity.span in named for entity in new]
    return min(1.0, sum(right) / sum(scores)) if len(right) >= FEWEST else 0.0


def fit_spans(raw: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Scale and shift of the log-odds of raw scores, both (spans,), by logistic regression (Platt, 1999)."""
    if len(raw) < FEWEST or right.all() or not right.any():
        logger.warning("span scores stay uncalibrated: %d held-out spans, %d of them right", len(raw), right.sum())
        return 1.0, 0.0
    fit = LogisticRegression(C=1e4).fit(log_odds(raw)[:, None], right)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


def best_threshold(scores: np.ndarray, right: np.ndarray, gold: int) -> float:
    """The threshold under which spans, with `scores` and `right` (spans,), have the best strict F1 against `gold` ones.

    It lies near half of that F1 (Lipton et al., 2014); a score above 0.5 is never asked for.
    """
    if len(scores) < FEWEST:
        return 0.0
    f1 = [2 * right[scores >= t].sum() / (np.sum(scores >= t) + gold) for t in THRESHOLDS]
    return float(THRESHOLDS[int(np.argmax(f1))])


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the least cross-entropy; `logits` (articles, topics), `labels` (articles,)."""
    if len(labels) < FEWEST:
        logger.warning("topic scores stay uncalibrated: %d held-out articles with a topic", len(labels))
        return 1.0
    rows = np.arange(len(labels))
    losses = [-np.log(softmax(logits / t)[rows, labels] + 1e-12).mean() for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])
