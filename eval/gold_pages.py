"""Pages with known articles: the newspaper page, and synthetic and composed ones other than those learned from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np

from qingyuan.article import Entity, nest
from qingyuan.eval.page import PAGE
from qingyuan.eval.page_habits import HELD_OUT
from qingyuan.page.article import Page, PageArticle, Part
from qingyuan.page.assemble import assemble
from qingyuan.page.lines import read_lines
from qingyuan.page.roles import ROLE_OF
from qingyuan.training.composed import read_composed
from qingyuan.training.page_sources import Pool, read_sources
from qingyuan.training.page_style import Style, choose_style
from qingyuan.training.pages import make_page
from qingyuan.training.typesetting import SetPage

SOURCES = {"written": "written/dev", "web": "web/dev"}
SEED, COUNT = 2024, 100
PARTS_FILE = "page.parts.json"
COMPOSED_FILE = "composed.txt"


@dataclass(frozen=True)
class GoldPage:
    """A page with its gold articles (untagged), their topics, and all names with offsets into the page.

    `roles` are those of its lines, None where they aren't known; `scored` the offsets where names count, None for all.
    """

    page: Page
    topics: tuple[str | None, ...]
    entities: tuple[Entity, ...]
    roles: tuple[str, ...] | None = None
    scored: frozenset[int] | None = None

    @property
    def text(self) -> str:
        return self.page.text


def load_gold_pages(name: str) -> list[GoldPage]:
    """`page`, the held-out synthetic pages made of `written` or of `web` articles, the held-out `composed` ones, or those
    of a file of composed pages. Raises `ValueError` for any other name, and for a file of another form."""
    if name == "page":
        return [newspaper_page()]
    if name in SOURCES:
        return list(held_out_pages(read_sources([SOURCES[name]])))
    if name == "composed":
        return list(composed_pages())
    if Path(name).is_file():
        return list(composed_pages(Path(name)))
    raise ValueError(f"{name}: raw pages are page, composed, {', '.join(SOURCES)}, or a file of composed pages")


def newspaper_page() -> GoldPage:
    """The newspaper page; its headlines, subheads and bylines were marked by hand, for evaluation alone."""
    text = (PAGE / "page.txt").read_text(encoding="utf-8")
    records = [json.loads(line) for line in (PAGE / "page.gold.jsonl").read_text(encoding="utf-8").splitlines()]
    marked = json.loads((PAGE / PARTS_FILE).read_text(encoding="utf-8"))
    parts = [Part(start, end, role, text[start:end]) for role in marked for start, end in marked[role]]
    parts.sort(key=lambda part: part.start)
    articles = []
    for record in records:
        start, end = record["start"], record["end"]
        mine = tuple(part for part in parts if start <= part.start < end)
        articles.append(PageArticle(start, end, mine, text[start:end], np.arange(start, end)))
    entities = (Entity(e["start"], e["end"], e["label"], e["text"]) for record in records for e in record["entities"])
    return GoldPage(Page(articles, text), tuple(record["topic"] for record in records), nest(entities))


def held_out_pages(sources: Pool, count: int = COUNT, seed: int = SEED) -> Iterator[GoldPage]:
    """Synthetic pages in the habits of `page_habits` and styles of their own."""
    random = Random(seed)
    for _ in range(count):
        yield _gold(make_page(sources, HELD_OUT, random, held_out_style(random)))


def composed_pages(path: Path = PAGE / COMPOSED_FILE, times: int = 3, seed: int = SEED) -> Iterator[GoldPage]:
    """Pages written line by line, each in so many styles; those in the package by other hands than what is learned."""
    random = Random(seed)
    for page in read_composed(path):
        for _ in range(times):
            yield _gold(page.set_in(held_out_style(random), random))


def held_out_style(random: Random) -> Style:
    """A style with settings that training pages don't have."""
    return replace(
        choose_style(random, narrowest=9, widest=38),
        articles=random.randint(1, 16),
        indent=random.choice(("", "　　", "   ", "\u2003\u2003", "　 ")),
        headline_indent=random.choice((0, 0, 2, 12)),
        byline_indent=random.choice((0, 6)),
        ragged=random.choice((0.0, 0.7, 2.0)),
        stray_breaks=random.choice((0.0, 0.1, 0.25)),
        paragraph=random.choice((110, 200, 330)),
        longest=random.choice((300, 600, 1200, 3000)),
    )


def _gold(page: SetPage) -> GoldPage:
    gold = assemble(page.text, read_lines(page.text), page.states)
    entities = (
        Entity(places[kept[0]], places[kept[-1]] + 1, entity.label, entity.text)
        for source, places in zip(page.sources, page.places)
        for entity in source.entities
        if (kept := [offset for offset in range(entity.start, entity.end) if offset in places]) and len(kept) > 1
    )
    return GoldPage(
        gold,
        tuple(source.topic for source in page.sources) or (None,) * len(gold),
        nest(entities),
        tuple(ROLE_OF[state] for state in page.states),
        frozenset(offset for places in page.places for offset in places.values()),
    )
