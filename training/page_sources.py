"""Articles taken apart for synthetic pages: headline, further headline lines, subheads and paragraphs.

A piece is a list of offsets into its article's text, so that wherever its characters go on a page, the article's
names can be found again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from random import Random

from qingyuan.article import Article, Entity
from qingyuan.page.lines import ENDS
from qingyuan.training.sources import read_records

_CLOSERS = "”’」』）)"
_SENTENCE = re.compile(r"[^。！？!?]+[。！？!?]+[”’」』）)]*")
_LONGEST_SUBHEAD = 16
_SHORTEST_PARAGRAPH = 18
_LONGEST_PARAGRAPH = 400


@dataclass(frozen=True)
class Source:
    """An article's text and entities; `title`, `deck` (further headline lines) and `parts` are pieces of it.

    `parts` are (role, piece) in order, the role `subhead` or `body`.
    """

    name: str
    text: str
    title: list[int]
    deck: list[list[int]]
    parts: list[tuple[str, list[int]]]
    entities: tuple[Entity, ...]
    topic: str | None

    def read(self, piece: Iterable[int]) -> str:
        return "".join(self.text[offset] for offset in piece)


class Pool(list[Source]):
    """Articles to make pages of; `phrases` are their subheads and the halves of their headlines."""

    @cached_property
    def phrases(self) -> list[str]:
        subheads = [source.read(piece) for source in self for role, piece in source.parts if role == "subhead"]
        halves = [half for source in self if " " in (title := source.read(source.title)) for half in title.split()]
        return [*subheads, *(half for half in halves if 3 < len(half) <= 12)]

    @cached_property
    def names(self) -> list[frozenset[str]]:
        """The names in each article."""
        return [frozenset(entity.text for entity in source.entities) for source in self]

    @cached_property
    def persons(self) -> list[str]:
        """The names of persons in the articles, each as often as articles have it."""
        return [name for source in self for name in sorted({e.text for e in source.entities if e.label == "PERSON"})]

    def draw(self, count: int, theme: str, random: Random) -> list[Source]:
        """Articles by chance; with the theme `topic` all have one topic, with `names` they also share many names."""
        if theme == "none":
            return random.choices(self, k=count)
        first = random.randrange(len(self))
        alike = [number for number, source in enumerate(self) if source.topic == self[first].topic]
        if theme == "names":
            alike = random.sample(alike, min(len(alike), 60))
            alike.sort(key=lambda number: len(self.names[number] & self.names[first]), reverse=True)
            alike = alike[:count]
        return [self[number] for number in random.choices(alike, k=count)]


def take_apart(name: str, article: Article) -> Source | None:
    """The pieces of an article whose first line is its headline; none if no paragraph of it is beyond doubt.

    Lines that may be one thing or another (signatures, bylines, source lines) are left out.
    """
    lines = [line for line in _lines(article.text) if line]
    if len(lines) < 2:
        return None
    title, rest = lines[0], _mend(article.text, lines[1:])
    deck, parts = [], []
    for number, piece in enumerate(rest):
        text = "".join(article.text[offset] for offset in piece)
        if not parts and text.startswith(("——", "—")) and len(text) < 40:
            deck.append(piece)
        elif len(text) >= _SHORTEST_PARAGRAPH and _ends_sentence(text):
            parts.append(("body", piece))
        elif len(text) >= _LONGEST_PARAGRAPH and (end := max(text.rfind(mark) for mark in ENDS)) > 0:
            parts.append(("body", piece[: end + 1]))
        elif _is_subhead(text) and parts and parts[-1][0] == "body" and number + 1 < len(rest):
            parts.append(("subhead", piece))
    while parts and parts[-1][0] == "subhead":
        parts.pop()
    parts = [part for i, part in enumerate(parts) if part[0] == "body" or parts[i + 1][0] == "body"]
    if not parts:
        return None
    topic = article.topic.label if article.topic else None
    return Source(name, article.text, title, deck, parts, article.entities, topic)


def read_sources(names: Iterable[str]) -> Pool:
    """The articles of all `qingyuan.training.sources` that can be taken apart."""
    taken = (take_apart(record.id, record.article) for record in read_records(names))
    return Pool(source for source in taken if source is not None)


def sentences(source: Source, piece: list[int]) -> list[list[int]]:
    """The sentences of a paragraph; together they are the paragraph."""
    stops = [match.end() for match in _SENTENCE.finditer(source.read(piece))]
    stops = [*stops[:-1], len(piece)]
    return [piece[start:stop] for start, stop in zip([0, *stops], stops) if start < stop]


def _lines(text: str) -> list[list[int]]:
    """The lines of a text as pieces, without the white space around them."""
    pieces, position = [], 0
    for line in text.split("\n"):
        lead = len(line) - len(line.lstrip())
        pieces.append(list(range(position + lead, position + len(line.rstrip()))))
        position += len(line) + 1
    return pieces


def _mend(text: str, lines: list[list[int]]) -> list[list[int]]:
    """Lines with those joined that break off in the middle of a sentence."""
    mended: list[list[int]] = []
    is_broken = False
    for line in lines:
        words = "".join(text[offset] for offset in line)
        if is_broken:
            mended[-1] = mended[-1] + line
        else:
            mended.append(line)
        is_long = len(words) > _LONGEST_SUBHEAD + 4
        is_broken = is_long and not _ends_sentence(words) and not words.endswith((":", "："))
    return mended


def _ends_sentence(text: str) -> bool:
    return text.rstrip(_CLOSERS)[-1:] in tuple(ENDS) or text.endswith(("；", ";"))


def _is_subhead(text: str) -> bool:
    has_marks = any(mark in text for mark in "。；;（(") or text[-1] in "，,、：:）)"
    return 3 < len(text) <= _LONGEST_SUBHEAD and not has_marks and len(re.split(r"\s", text)[0]) > 3
