"""`qingyuan train-page`: the line classifier of `qingyuan.page.roles`, taught on synthetic and on composed pages."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random

import numpy as np
import torch
from pydantic import Field
from torch import nn

from qingyuan.eval.pages import Tally
from qingyuan.page import split_page
from qingyuan.page.cohesion import bigrams
from qingyuan.page.features import dense_features
from qingyuan.page.lines import Line, read_lines
from qingyuan.page.reading import character_rows, rows_of
from qingyuan.page.roles import HEADLINE, ROLE_OF, WEIGHTS, RoleModel
from qingyuan.training.composed import read_composed, typeset
from qingyuan.training.config import Config
from qingyuan.training.leaks import refuse_leaks
from qingyuan.training.page_habits import TRAINING
from qingyuan.training.page_sources import Pool, Source, read_sources
from qingyuan.training.pages import make_page
from qingyuan.training.role_network import RoleNetwork, starting_embedding
from qingyuan.training.typesetting import SetPage

logger = logging.getLogger(__name__)

LEANINGS = (0.0, 0.5, 1.0, 1.5)


class PageConfig(Config):
    """Training of the line classifier."""

    output: Path = Field(description="the file of the weights, .npz")
    train: list[str] = Field(description="sources of articles that synthetic pages are made of, bylines of their names")
    pages: int = Field(10000, gt=0, description="made for training")
    dev: list[str] = Field([], description="sources of other articles, to watch the training; the same if not given")
    dev_pages: int = Field(200, gt=0, description="made to watch")
    composed: list[str] = Field([], description="files of composed pages; composed/train and composed/dev are shipped")
    composed_times: int = Field(20, gt=0, description="that each of them, or some of it, is set in a style by chance")
    composed_dev: list[str] = Field([], description="files of other composed pages, to watch the training")
    composed_dev_times: int = Field(2, gt=0)
    start: str = Field("", description="weights to go on from, with their characters and sizes: a file, or default")
    hidden: int = Field(96, gt=0)
    layers: int = Field(5, gt=0, description="each sees twice as far as the one before")
    encoder: str = Field("default", description="checkpoint whose embedding the characters begin with; empty: chance")
    character_size: int = Field(32, gt=0, description="of the embedding of characters")
    channels: int = Field(64, gt=0, description="of each view on a line's characters")
    character_pages: int = Field(30, gt=0, description="that a character must stand on to be known")
    common_articles: float = Field(0.02, gt=0, lt=1, description="share of the articles that a telling word may have")
    dropout: float = Field(0.1, ge=0, lt=1)
    epochs: int = Field(10, gt=0)
    batch_size: int = Field(24, gt=0, description="pages")
    longest: int = Field(160, gt=1, description="lines of a page in one step; longer pages are learned from by parts")
    learning_rate: float = Field(3e-3, gt=0)
    seed: int = 0


@dataclass(frozen=True)
class Example:
    """Lines of a page: measured features (lines, features), rows of their characters (lines, characters read), states
    (lines,)."""

    dense: np.ndarray
    characters: np.ndarray
    states: np.ndarray
    begins: bool  # with the page


def train_roles(config: PageConfig) -> dict[str, float]:
    """Make the pages, train, and write the weights; returns the accuracy on the pages that watch.

    Raises `LeakError` where an article or a composed page leaks the evaluation page, `ValueError` and `OSError` for a file
    of composed pages, or of weights to go on from, that can't be read.
    """
    torch.manual_seed(config.seed)
    begun = _weights_to_go_on_from(config.start) if config.start else None
    sources = read_sources(config.train)
    composed = [page for name in config.composed for page in read_composed(name)]
    composed_dev = [page for name in config.composed_dev for page in read_composed(name)]
    refuse_leaks({source.name: source.text for source in sources})
    refuse_leaks({page.name: page.text for page in (*composed, *composed_dev)})
    dev_sources = read_sources(config.dev) if config.dev else sources
    watched = [
        *make_pages(dev_sources, config.dev_pages, config.seed + 5),
        *typeset(composed_dev, config.composed_dev_times, config.seed + 5, whole=True),
    ]
    made = make_pages(sources, config.pages, config.seed)
    pages = [_read(page) for page in chain(made, typeset(composed, config.composed_times, config.seed))]
    if begun:
        characters, common = begun["characters"].tolist(), frozenset(begun["common"].tolist())
    else:
        characters, common = _characters(config, [lines for lines, _ in pages]), _common(config, sources)
    logger.info("%d articles, %d pages, %d characters", len(sources), len(pages), len(characters))
    rows = rows_of(characters)
    examples = [
        Example(
            dense_features(lines, common).astype(np.float16),
            character_rows(lines, rows).astype(np.int16),
            states,
            True,
        )
        for lines, states in pages
    ]
    del pages
    network = RoleNetwork.from_weights(begun, config.dropout) if begun else _new_network(config, examples, rows)
    _fit(network, examples, config)
    weights = lean(network.eval().weights(characters, common), watched)
    config.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(config.output, **weights)
    return {"accuracy": _accuracy(RoleModel(weights), [_read(page) for page in watched])}


def _weights_to_go_on_from(name: str) -> dict[str, np.ndarray]:
    path = WEIGHTS if name == "default" else Path(name)
    RoleModel.load(path)  # refuses what is none
    with np.load(path) as file:
        return dict(file)


def _new_network(config: PageConfig, examples: Sequence[Example], rows: Mapping[str, int]) -> RoleNetwork:
    dense = np.concatenate([example.dense for example in examples[::5]]).astype(np.float32)
    scale = dense.std(0, dtype=np.float64).astype(np.float32)
    return RoleNetwork(
        starting_embedding(rows, config.character_size, config.encoder, config.seed),
        dense.mean(0),
        np.where(scale > 1e-3, scale, 1),
        hidden=config.hidden,
        channels=config.channels,
        layers=config.layers,
        dropout=config.dropout,
    )


def make_pages(sources: Pool, count: int, seed: int) -> Iterator[SetPage]:
    """Synthetic pages in the habits that are learned."""
    random = Random(seed)
    for _ in range(count):
        yield make_page(sources, TRAINING, random)


def _read(page: SetPage) -> tuple[list[Line], np.ndarray]:
    return read_lines(page.text), np.array(page.states)


def _characters(config: PageConfig, pages: Iterable[Sequence[Line]]) -> list[str]:
    """The characters that enough pages have."""
    on_pages = Counter(character for lines in pages for character in set().union(*(line.text for line in lines)))
    return sorted(character for character, count in on_pages.items() if count >= config.character_pages)


def _common(config: PageConfig, sources: Sequence[Source]) -> frozenset[str]:
    """The pairs of characters that many articles have."""
    in_articles = Counter(gram for source in sources for gram in bigrams(source.text))
    return frozenset(gram for gram, count in in_articles.items() if count >= config.common_articles * len(sources))


def _fit(network: RoleNetwork, examples: Sequence[Example], config: PageConfig) -> None:
    random = Random(config.seed)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=0.01)
    count = config.epochs * -(-len(examples) // config.batch_size)
    rise = 0.11  # of the steps; a tenth of ten is one, by which OneCycleLR divides by zero
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.learning_rate, total_steps=count, pct_start=rise)
    for epoch in range(config.epochs):
        losses = []
        for batch in _batches(examples, config, random):
            dense, characters, states, inside, begins = _pad(batch)
            loss = network.loss(network.scores(dense, characters, inside), states, inside, begins)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        logger.info("epoch %d: loss %.4f", epoch + 1, np.mean(losses))


def _batches(examples: Sequence[Example], config: PageConfig, random: Random) -> Iterator[list[Example]]:
    """Pages of like length side by side, the batches in random order; of a long page some lines that follow another."""
    parts = [_part(example, config.longest, random) for example in examples]
    parts.sort(key=lambda part: len(part.states) + random.uniform(0, 5))
    batches = [parts[start : start + config.batch_size] for start in range(0, len(parts), config.batch_size)]
    random.shuffle(batches)
    yield from batches


def _part(example: Example, longest: int, random: Random) -> Example:
    if len(example.states) <= longest:
        return example
    start = random.choice((0, random.randint(0, len(example.states) - longest)))
    rows = slice(start, start + longest)
    arrays = (array[rows] for array in (example.dense, example.characters, example.states))
    return Example(*arrays, start == 0)


def _pad(batch: Sequence[Example]) -> tuple[torch.Tensor, ...]:
    def padded(arrays: list[np.ndarray], dtype: torch.dtype) -> torch.Tensor:
        return nn.utils.rnn.pad_sequence([torch.from_numpy(array).to(dtype) for array in arrays], batch_first=True)

    return (
        padded([example.dense for example in batch], torch.float32),
        padded([example.characters for example in batch], torch.int64),
        padded([example.states for example in batch], torch.int64),
        padded([np.ones(len(example.states)) for example in batch], torch.bool),
        torch.tensor([float(example.begins) for example in batch]),
    )


def lean(weights: dict[str, np.ndarray], pages: Sequence[SetPage]) -> dict[str, np.ndarray]:
    """The weights with that much added to the score of a headline that most articles get their exact borders.

    A missed headline costs two articles, a wrong role inside one costs none; the likelihood of a path doesn't know that.
    """

    def leaning(much: float) -> dict[str, np.ndarray]:
        bias = weights["out_bias"].copy()
        bias[HEADLINE] += much
        return weights | {"out_bias": bias}

    def f1(much: float) -> float:
        model, borders = RoleModel(leaning(much)), Tally()
        for number, page in enumerate(pages):
            found = split_page(page.text, model)
            borders.add(number, page.articles, ((article.start, article.end) for article in found))
        return borders.score.f1

    return leaning(max(LEANINGS, key=f1))


def _accuracy(model: RoleModel, pages: Sequence[tuple[list[Line], np.ndarray]]) -> float:
    """The share of lines with the right role."""
    right = [ROLE_OF[p] == ROLE_OF[t] for lines, states in pages for p, t in zip(model(lines), states, strict=True)]
    return float(np.mean(right))
