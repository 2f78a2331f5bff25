"""`qingyuan train-page`: the line classifier of `qingyuan.page.roles`, taught on synthetic pages.

The network is the one that `RoleModel` runs with numpy; its loss is the negative log-likelihood of a page's path.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from pydantic import Field
from torch import nn

from qingyuan.eval.pages import Tally
from qingyuan.page import split_page
from qingyuan.page.cohesion import bigrams
from qingyuan.page.features import Vocabulary, common_rows, dense_features, edge_grams, edge_rows
from qingyuan.page.lines import Line, read_lines
from qingyuan.page.roles import HEADLINE, ROLE_OF, STATES, RoleModel, forbidden_starts, forbidden_steps
from qingyuan.training.config import Config
from qingyuan.training.leaks import refuse_leaks
from qingyuan.training.page_habits import TRAINING
from qingyuan.training.page_sources import Pool, Source, read_sources
from qingyuan.training.pages import SyntheticPage, make_page

logger = logging.getLogger(__name__)

LEANINGS = (0.0, 0.5, 1.0, 1.5)


class PageConfig(Config):
    """Training of the line classifier."""

    output: Path = Field(description="the file of the weights, .npz")
    train: list[str] = Field(description="sources of articles that pages are made of; labels are not read")
    pages: int = Field(12000, gt=0, description="made for training")
    dev: list[str] = Field([], description="sources of other articles, to watch the training; the same if not given")
    dev_pages: int = Field(200, gt=0, description="made to watch")
    hidden: int = Field(64, gt=0)
    layers: int = Field(5, gt=0, description="each sees twice as far as the one before")
    edge_size: int = Field(8, gt=0, description="of the embedding of first and last characters")
    edge_pages: float = Field(0.03, gt=0, lt=1, description="share of the pages that have such characters, at least")
    common_articles: float = Field(0.02, gt=0, lt=1, description="share of the articles that a telling word may have")
    dropout: float = Field(0.1, ge=0, lt=1)
    epochs: int = Field(10, gt=0)
    batch_size: int = Field(24, gt=0, description="pages")
    longest: int = Field(160, gt=1, description="lines of a page in one step; longer pages are learned from by parts")
    learning_rate: float = Field(3e-3, gt=0)
    seed: int = 0


@dataclass(frozen=True)
class Example:
    """Lines of a page: dense features (lines, features), rows of edges (lines, 5) and of common pairs (lines, 24),
    states (lines,)."""

    dense: np.ndarray
    edges: np.ndarray
    words: np.ndarray
    states: np.ndarray
    begins: bool  # with the page


class RoleNetwork(nn.Module):
    """What `RoleModel` computes, with dropout."""

    def __init__(self, config: PageConfig, mean: np.ndarray, scale: np.ndarray, edges: int, words: int):
        super().__init__()
        hidden, states = config.hidden, len(STATES)
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("scale", torch.from_numpy(scale))
        self.dense = nn.Linear(len(mean), hidden)
        self.embedding = nn.Embedding(edges + 1, config.edge_size)
        self.edge = nn.Linear(5 * config.edge_size, hidden, bias=False)
        self.words = nn.Embedding(words + 1, config.edge_size, padding_idx=0)
        self.word = nn.Linear(config.edge_size, hidden, bias=False)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(hidden, hidden, 3, padding=1 << layer, dilation=1 << layer) for layer in range(config.layers)
        )
        self.out = nn.Linear(hidden, states)
        self.start, self.steps = nn.Parameter(torch.zeros(states)), nn.Parameter(torch.zeros(states, states))
        self.register_buffer("forbidden_start", torch.from_numpy(forbidden_starts()))
        self.register_buffer("forbidden_steps", torch.from_numpy(forbidden_steps()))
        self.dropout = nn.Dropout(config.dropout)
        nn.init.normal_(self.embedding.weight, std=0.3)

    def scores(
        self, dense: torch.Tensor, edges: torch.Tensor, words: torch.Tensor, inside: torch.Tensor
    ) -> torch.Tensor:
        """(pages, lines, states) from (pages, lines, features or rows); padding is not `inside`."""
        grams = self.dropout(self.embedding(edges)).flatten(2)
        measured = self.dropout((dense - self.mean) / self.scale)
        if self.training:
            words = words * (torch.rand(words.shape) > 0.3)
        hidden = torch.relu(self.dense(measured) + self.edge(grams) + self.word(self.words(words).sum(2)))
        mask = inside[..., None]
        for convolution in self.convolutions:
            seen = (hidden * mask).transpose(1, 2)
            hidden = hidden + self.dropout(torch.relu(convolution(seen).transpose(1, 2)))
        return self.out(self.dropout(hidden))

    def loss(
        self, scores: torch.Tensor, states: torch.Tensor, inside: torch.Tensor, begins: torch.Tensor
    ) -> torch.Tensor:
        """The mean over lines of the negative log-likelihood; `begins`, (pages,), is 0 for the later part of a page."""
        start = (self.start + self.forbidden_start) * begins[:, None]
        steps = self.steps + self.forbidden_steps
        pages, lines = states.shape
        here = scores.gather(2, states[..., None])[..., 0] * inside
        moves = steps[states[:, :-1], states[:, 1:]] * inside[:, 1:]
        path = here.sum() + moves.sum() + start.gather(1, states[:, :1]).sum()
        total, likely = start + scores[:, 0], steps.exp()
        for line in range(1, lines):
            top = total.amax(1, keepdim=True).detach()
            longer = ((total - top).exp() @ likely).clamp(min=1e-30).log() + top + scores[:, line]
            total = torch.where(inside[:, line, None], longer, total)
        return (torch.logsumexp(total, dim=1).sum() - path) / inside.sum()

    def weights(self, vocabulary: Vocabulary) -> dict[str, np.ndarray]:
        """The arrays that `RoleModel` reads, in half precision."""
        arrays = {
            "mean": self.mean,
            "scale": self.scale,
            "dense": self.dense.weight.T,
            "bias": self.dense.bias,
            "embedding": self.embedding.weight,
            "edge": self.edge.weight.T,
            "words": self.words.weight,
            "word": self.word.weight.T,
            "out": self.out.weight.T,
            "out_bias": self.out.bias,
            "start": (self.start + self.forbidden_start).clamp(min=-6e4),
            "steps": (self.steps + self.forbidden_steps).clamp(min=-6e4),
        }
        for layer, convolution in enumerate(self.convolutions):
            arrays |= {f"conv{layer}": convolution.weight.permute(2, 1, 0), f"shift{layer}": convolution.bias}
        halves = {name: value.detach().numpy().astype(np.float16) for name, value in arrays.items()}
        texts = {"edges": vocabulary.edges, "common": vocabulary.common}
        return halves | {name: np.array(list(grams), dtype=np.str_) for name, grams in texts.items()}


def train_roles(config: PageConfig) -> dict[str, float]:
    """Make the pages, train, and write the weights; returns the accuracy on the pages that watch."""
    torch.manual_seed(config.seed)
    sources = read_sources(config.train)
    refuse_leaks({source.name: source.text for source in sources})
    watched = list(make_pages(read_sources(config.dev) if config.dev else sources, config.dev_pages, config.seed + 5))
    pages = [_read(page) for page in (*watched, *make_pages(sources, config.pages, config.seed))]
    vocabulary = _vocabulary(config, sources, [lines for lines, _ in pages])
    logger.info("%d articles, %d pages, %d edges", len(sources), len(pages), len(vocabulary.edges))
    examples = [
        Example(
            dense_features(lines, vocabulary).astype(np.float16),
            edge_rows(lines, vocabulary).astype(np.int16),
            common_rows(lines, vocabulary).astype(np.int16),
            states,
            True,
        )
        for lines, states in pages[config.dev_pages :]
    ]
    dense = np.concatenate([example.dense for example in examples[:2000]]).astype(np.float32)
    scale = dense.std(0, dtype=np.float64).astype(np.float32)
    sizes = len(vocabulary.edges), len(vocabulary.common)
    network = RoleNetwork(config, dense.mean(0), np.where(scale > 1e-3, scale, 1), *sizes)
    del dense
    _fit(network, examples, config)
    weights = lean(network.eval().weights(vocabulary), watched)
    config.output.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(config.output, **weights)
    return {"accuracy": _accuracy(RoleModel(weights), pages[: config.dev_pages])}


def make_pages(sources: Pool, count: int, seed: int) -> Iterator[SyntheticPage]:
    random = Random(seed)
    for _ in range(count):
        yield make_page(sources, TRAINING, random)


def _read(page: SyntheticPage) -> tuple[list[Line], np.ndarray]:
    return read_lines(page.text), np.array(page.states)


def _vocabulary(config: PageConfig, sources: Sequence[Source], pages: Sequence[Sequence[Line]]) -> Vocabulary:
    """What stands at the edges of lines on many pages, and the words that many articles share."""
    on_pages = Counter(gram for lines in pages for gram in {gram for grams in edge_grams(lines) for gram in grams})
    edges = [gram for gram, count in on_pages.items() if count >= config.edge_pages * len(pages)]
    in_articles = Counter(gram for source in sources for gram in bigrams(source.text))
    common = [gram for gram, count in in_articles.items() if count >= config.common_articles * len(sources)]
    return Vocabulary(sorted(edges), sorted(common))


def _fit(network: RoleNetwork, examples: Sequence[Example], config: PageConfig) -> None:
    random = Random(config.seed)
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=0.01)
    count = config.epochs * -(-len(examples) // config.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.learning_rate, total_steps=count, pct_start=0.1)
    for epoch in range(config.epochs):
        losses = []
        for batch in _batches(examples, config, random):
            dense, edges, words, states, inside, begins = _pad(batch)
            loss = network.loss(network.scores(dense, edges, words, inside), states, inside, begins)
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
    arrays = (array[rows] for array in (example.dense, example.edges, example.words, example.states))
    return Example(*arrays, start == 0)


def _pad(batch: Sequence[Example]) -> tuple[torch.Tensor, ...]:
    def padded(arrays: list[np.ndarray], dtype: torch.dtype) -> torch.Tensor:
        return nn.utils.rnn.pad_sequence([torch.from_numpy(array).to(dtype) for array in arrays], batch_first=True)

    return (
        padded([example.dense for example in batch], torch.float32),
        padded([example.edges for example in batch], torch.int64),
        padded([example.words for example in batch], torch.int64),
        padded([example.states for example in batch], torch.int64),
        padded([np.ones(len(example.states)) for example in batch], torch.bool),
        torch.tensor([float(example.begins) for example in batch]),
    )


def lean(weights: dict[str, np.ndarray], pages: Sequence[SyntheticPage]) -> dict[str, np.ndarray]:
    """The weights with that much added to the score of a headline that most articles of the pages get their exact borders.

    A missed headline costs two articles, a wrong role inside an article none, and the likelihood of a path knows nothing of it.
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
