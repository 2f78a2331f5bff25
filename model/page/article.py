"""What a page becomes: its articles, and what belongs to none of them.

The JSON of a page (`Page.to_dict`); all offsets count code points of the page as given::

    {"text": "…",
     "articles": [
       {"start": 2, "end": 480,
        "title": PART | null, "subheads": [PART, …], "byline": [PART, …], "body": [PART, …],
        "topic": "drug_control", "topics": [{"label", "name_zh", "name_en", "score"}, …],
        "entities": [{"start": 16, "end": 26, "label": "AGENCY", "text": "拉萨市禁毒办", "score": 0.97, "parent": null}, …]},
       …],
     "furniture": [{"start": 481, "end": 486, "role": "caption" | "other", "text": "…"}, …]}

    PART  {"start", "end", "text"}

The `text` of a part or an entity is mended: a line break inside a sentence or a name is left out of it, so that
`page[start:end]` runs across the break. Where a caption or a page number cuts a sentence in two, it stands inside
`[start, end)` and not in the text. `topic`, `topics` and `entities` are there once a tagger has read the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from qingyuan.article import Article, Entity, Topic, nest


@dataclass(frozen=True, slots=True)
class Part:
    """A title, a paragraph, a byline …: `[start, end)` in the page, and its mended text.

    `role` is one of `qingyuan.page.roles.ROLES`, never `continuation`: that is mended here.
    """

    start: int
    end: int
    role: str
    text: str

    def to_dict(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "text": self.text}


@dataclass(frozen=True, slots=True)
class PageArticle:
    """An article of a page, `page[start:end]`.

    `text` is what a tagger reads: its lines with the broken ones joined. `offsets`, of shape (characters of
    `text`,), tells where in the page each character stands. `article` is the text with its topics and entities, and
    offsets of its own; `entities` are the same with offsets into the page.
    """

    start: int
    end: int
    parts: tuple[Part, ...]
    text: str
    offsets: np.ndarray = field(repr=False, compare=False)
    article: Article | None = field(default=None, repr=False)

    @property
    def title(self) -> Part | None:
        """The headline with all its lines; none where a page begins in the middle of an article."""
        return next((part for part in self.parts if part.role == "headline"), None)

    @property
    def subheads(self) -> tuple[Part, ...]:
        return self._parts("subhead")

    @property
    def byline(self) -> tuple[Part, ...]:
        return self._parts("byline")

    @property
    def body(self) -> tuple[Part, ...]:
        """The paragraphs."""
        return self._parts("body")

    def _parts(self, role: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.role == role)

    @property
    def topics(self) -> tuple[Topic, ...]:
        return self.article.topics if self.article else ()

    @property
    def topic(self) -> Topic | None:
        return self.article.topic if self.article else None

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The entities in the page; the `text` of each is mended."""
        if self.article is None:
            return ()
        return nest(self._in_page(e) for e in self.article.entities)

    def _in_page(self, entity: Entity) -> Entity:
        start, end = int(self.offsets[entity.start]), int(self.offsets[entity.end - 1]) + 1
        refers_to = self._in_page(entity.refers_to) if entity.refers_to else None
        return replace(entity, start=start, end=end, parent=None, refers_to=refers_to)

    def to_dict(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            "start": self.start,
            "end": self.end,
            "title": self.title.to_dict() if self.title else None,
            "subheads": [part.to_dict() for part in self.subheads],
            "byline": [part.to_dict() for part in self.byline],
            "body": [part.to_dict() for part in self.body],
        }
        if self.article is not None:
            placed = Article(self.text, self.topics, self.entities).to_dict()
            del placed["text"]  # the entities count in the page
            values |= placed
        return values


class Page(list[PageArticle]):
    """The articles of a page in their order, and its `furniture`: captions, page numbers, mastheads."""

    def __init__(self, articles: Iterable[PageArticle], text: str, furniture: Iterable[Part] = ()):
        super().__init__(articles)
        self.text = text
        self.furniture = tuple(furniture)

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "articles": [article.to_dict() for article in self],
            "furniture": [{"role": part.role, **part.to_dict()} for part in self.furniture],
        }
