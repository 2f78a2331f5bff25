"""What a model is scored on: the newspaper page, the web articles, the written ones, or a file of one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from qingyuan.article import Article
from qingyuan.checkpoint import TRAINING_FILE, weights_folder
from qingyuan.eval.page import page_articles
from qingyuan.training.formats import RecordError
from qingyuan.training.sources import read_records

SHIPPED = {"web": "web/dev", "written": "written/dev"}

# Strict F1 of two annotators who labelled the set apart: no model can be told to be better.
AGREEMENT = {"page": 0.983, "web": 0.982}


@dataclass(frozen=True)
class EvaluationSet:
    """Gold articles and their names; `agreement` is the annotators' strict F1, where two labelled the set."""

    name: str
    ids: tuple[str, ...]
    articles: tuple[Article, ...]
    agreement: float | None = None


def load_evaluation_set(name: str, on_error: Callable[[RecordError], None] | None = None) -> EvaluationSet:
    """`page`, `web`, `written`, or the path of a file in any format of `qingyuan.training.formats`."""
    if name == "page":
        return EvaluationSet(name, *page_articles(), AGREEMENT[name])
    records = read_records([SHIPPED.get(name, name)], on_error)
    if not records:
        raise ValueError(f"{name}: holds no labelled articles")
    ids, articles = zip(*((record.id, record.article) for record in records))
    return EvaluationSet(name, ids, articles, AGREEMENT.get(name))


def names_seen(checkpoint: Path) -> frozenset[tuple[str, str]] | None:
    """The (label, name) pairs a checkpoint was trained on, by the sources that its `training.yaml` tells.

    None where there is no such file or a source is no longer at hand.
    """
    made_by = weights_folder(checkpoint) / TRAINING_FILE
    if not made_by.is_file():
        return None
    try:
        records = read_records(yaml.safe_load(made_by.read_text(encoding="utf-8"))["train"], lambda error: None)
    except (OSError, ModuleNotFoundError, ValueError):
        return None
    return frozenset((entity.label, entity.text) for record in records for entity in record.article.entities)
