"""Labelled articles as what the network learns from: a `datasets.Dataset` of windows of tokens and tags."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from datasets import Dataset, Features, Sequence as ListOf, Value

from qingyuan import windows
from qingyuan.article import Article
from qingyuan.network import IGNORED
from qingyuan.tags import tag_tokens
from qingyuan.taxonomy import Taxonomy
from qingyuan.tokens import Tokenizer, Tokens
from qingyuan.training.formats import Record, RecordError

logger = logging.getLogger(__name__)

FEATURES = Features(
    {
        "input_ids": ListOf(Value("int32")),
        "tags": ListOf(ListOf(Value("int16"))),
        "topic": Value("int32"),
        "length": Value("int32"),
    }
)


def windows_dataset(
    articles: Sequence[Article], tokenizer: Tokenizer, taxonomy: Taxonomy, size: int, overlap: int
) -> Dataset:
    """One row a window: `input_ids` (tokens,), `tags` (tokens, layers), `topic` (-100 where unknown), `length`.

    `size` counts tokens, the two special ones included.
    """
    topics = {name: number for number, name in enumerate(taxonomy.topic_names)}
    lost = 0

    def rows(batch: dict[str, list[int]]) -> dict[str, list]:
        nonlocal lost
        columns: dict[str, list] = {name: [] for name in FEATURES}
        for number in batch["number"]:
            article = articles[number]
            tokens = tokenizer(article.text)
            tags, unreachable = article_tags(article, tokens, taxonomy)
            lost += unreachable
            for start, stop in windows.split(len(tokens), size - 2, overlap):
                columns["input_ids"].append([tokenizer.cls_id, *tokens.ids[start:stop], tokenizer.sep_id])
                outside = np.zeros((1, tags.shape[1]), dtype=tags.dtype)
                columns["tags"].append(np.concatenate([outside, _cut(tags, start, stop), outside]).tolist())
                columns["topic"].append(topics.get(article.topic.label, IGNORED) if article.topic else IGNORED)
                columns["length"].append(stop - start + 2)
        return columns

    numbers = Dataset.from_dict({"number": range(len(articles))})
    dataset = numbers.map(
        rows, batched=True, remove_columns=["number"], features=FEATURES, load_from_cache_file=False, desc="windows"
    )
    if lost:
        logger.warning("%d spans begin or end inside a token of this encoder and can't be learned", lost)
    return dataset


def article_tags(article: Article, tokens: Tokens, taxonomy: Taxonomy) -> tuple[np.ndarray, int]:
    """The tags of an article's tokens, (tokens, layers), and the number of spans that no row of tokens equals."""
    spans: list[list[tuple[int, int, int]]] = [[] for _ in taxonomy.layers]
    lost = 0
    for entity in article.entities if taxonomy.layers else ():
        layer = 0 if entity.parent is None else 1
        first = int(np.searchsorted(tokens.starts, entity.start))
        stop = int(np.searchsorted(tokens.ends, entity.end)) + 1
        if stop > len(tokens) or (tokens.starts[first], tokens.ends[stop - 1]) != (entity.start, entity.end):
            lost += 1
            continue
        spans[layer].append((first, stop, taxonomy.layers[layer].index(entity.label)))
    tags = [tag_tokens(of_layer, len(tokens)) for of_layer in spans]
    return np.stack(tags, axis=1) if tags else np.zeros((len(tokens), 0), dtype=np.int64), lost


def _cut(tags: np.ndarray, start: int, stop: int) -> np.ndarray:
    """The tags of a window; those of a span that the window cuts are unknown there."""
    tags = tags[start:stop].copy()
    for layer in range(tags.shape[1]):
        column = tags[:, layer]
        part = np.where(column > 0, (column - 1) % 4, -1)
        first_begin = np.flatnonzero(~np.isin(part, (1, 2)))
        head = first_begin[0] if len(first_begin) else len(column)
        last_end = np.flatnonzero(~np.isin(part, (0, 1)))
        tail = last_end[-1] + 1 if len(last_end) else 0
        column[:head] = IGNORED
        column[tail:] = IGNORED
    return tags


def fitting_records(
    records: Iterable[Record], taxonomy: Taxonomy, on_error: Callable[[RecordError], None] | None = None
) -> list[Record]:
    """The records whose labels, topics and nesting `taxonomy` knows; the first other one is raised, or all told."""
    kept = []
    for record in records:
        if problem := _misfit(record.article, taxonomy):
            file, _, number = record.where.rpartition(":")
            error = RecordError(*problem, file=file, number=number)
            if on_error is None:
                raise error
            on_error(error)
        else:
            kept.append(record)
    return kept


def _misfit(article: Article, taxonomy: Taxonomy) -> tuple[str, str] | None:
    """What is wrong with an article, and its cure."""
    if article.topic and taxonomy.topics and article.topic.label not in taxonomy.topic_names:
        return f"unknown topic {article.topic.label!r}", f"use one of {', '.join(taxonomy.topic_names)}"
    for entity in article.entities if taxonomy.labels else ():
        if entity.label not in taxonomy.label_names:
            return f"unknown label {entity.label!r}", f"use one of {', '.join(taxonomy.label_names)}"
        if entity.parent is None:
            continue
        if entity.parent.parent or entity.parent.label not in taxonomy.nested.get(entity.label, ()):
            where = f"{entity.label} {entity.text!r} lies inside {entity.parent.label} {entity.parent.text!r}"
            return where, "take one of the two out, or let the taxonomy's `nested` allow it, one level deep"
    return None


def taxonomy_of(articles: Iterable[Article]) -> Taxonomy:
    """The labels, topics and nestings that occur, in the order of their first mention."""
    labels: dict[str, None] = {}
    topics: dict[str, None] = {}
    nested: dict[str, dict[str, None]] = {}
    for article in articles:
        if article.topic:
            topics[article.topic.label] = None
        for entity in article.entities:
            labels[entity.label] = None
            if entity.parent:
                nested.setdefault(entity.label, {})[entity.parent.label] = None
    plain = Taxonomy.from_dict({"labels": list(labels), "topics": list(topics)})
    return Taxonomy(plain.labels, plain.topics, {inner: tuple(outer) for inner, outer in nested.items()})
