"""`qingyuan evaluate --raw`: from raw pages to articles, roles, names and topics, beside gold articles.

`PageReport.to_dict` gives, with every score a fraction of 1::

    {"model": "…", "data": "page", "pages": 1,
     "articles": SCORE,                       both borders right
     "starts": SCORE,                         the places where articles begin
     "roles": {"headline": SCORE, …} | null,  roles of lines, null where they aren't known
     "role_accuracy": 0.98 | null,
     "parts": {"headline": SCORE, "subhead": SCORE, "byline": SCORE},  with both edges right
     "spans": {"raw": SCORE, "gold": SCORE} | null,  strict, from the raw text and from gold articles
     "topics": {"raw": 0.93, "gold": 0.93} | null}   share of the gold articles; from raw, of the one that overlaps most

    SCORE  {"precision", "recall", "f1", "gold", "predicted"}

Names on synthetic pages are scored where the text stems from a labelled article: not in made-up bylines and captions.
Composed pages have neither names nor topics labelled: no tagger reads them.
"""

from __future__ import annotations

import json as jsonlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from qingyuan.eval.gold_pages import GoldPage, load_gold_pages
from qingyuan.eval.metrics import Score
from qingyuan.page import Page, split_page, tag_articles
from qingyuan.page.lines import read_lines
from qingyuan.page.roles import ROLE_OF, ROLES, RoleModel, default_role_model
from qingyuan.tagger import Tagger

PARTS = ("headline", "subhead", "byline")


@dataclass
class Tally:
    """Things to be found, as sets of keys: those that are there and those that were said to be."""

    gold: set[Hashable] = field(default_factory=set)
    predicted: set[Hashable] = field(default_factory=set)

    def add(self, page: int, gold: Iterable[Hashable], predicted: Iterable[Hashable]) -> None:
        self.gold.update((page, key) for key in gold)
        self.predicted.update((page, key) for key in predicted)

    @property
    def score(self) -> Score:
        return Score(len(self.gold & self.predicted), len(self.predicted), len(self.gold))


@dataclass(frozen=True)
class PageReport:
    """The module's docstring says what each part is."""

    model: str
    data: str
    pages: int
    articles: Score
    starts: Score
    roles: dict[str, Score] | None
    role_accuracy: float | None
    parts: dict[str, Score]
    spans: dict[str, Score] | None
    topics: dict[str, float] | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "data": self.data,
            "pages": self.pages,
            "articles": self.articles.to_dict(),
            "starts": self.starts.to_dict(),
            "roles": {role: each.to_dict() for role, each in self.roles.items()} if self.roles else None,
            "role_accuracy": self.role_accuracy,
            "parts": {role: each.to_dict() for role, each in self.parts.items()},
            "spans": {source: each.to_dict() for source, each in self.spans.items()} if self.spans else None,
            "topics": self.topics,
        }


def evaluate_pages(
    model: str = "default",
    data: str = "page",
    roles: Path | None = None,
    *,
    json: Path | None = None,
    device: str = "auto",
    backend: str = "auto",
    batch_size: int | None = None,
    console: Console | None = None,
) -> PageReport:
    """Score `model` and the line classifier on raw pages: `page`, or others of `load_gold_pages`.

    `roles` are weights of `qingyuan train-page`, if not those in the package. Raises `ValueError` for other data or weights.
    """
    gold = load_gold_pages(data)
    splitter = RoleModel.load(roles) if roles else None
    raw, from_gold = [split_page(page.text, splitter) for page in gold], [page.page for page in gold]
    if _has_names(gold):
        tagger = Tagger.from_pretrained(model, device=device, backend=backend)
        raw, from_gold = (list(tag_articles(tagger, pages, batch_size)) for pages in (raw, from_gold))
    report = build_page_report(gold, raw, from_gold, splitter, model=model, data=data)
    print_page_report(report, console or Console())
    if json:
        json.write_text(jsonlib.dumps(report.to_dict(), ensure_ascii=False, indent=1), encoding="utf-8")
    return report


def build_page_report(
    gold: Sequence[GoldPage],
    raw: Sequence[Page],
    from_gold: Sequence[Page],
    splitter: RoleModel | None = None,
    *,
    model: str,
    data: str,
) -> PageReport:
    """Compare pages split and tagged from their raw text, and gold articles that were tagged, with what is known.

    Lines are what `splitter` says, the one in the package if not given.
    """
    articles, starts = Tally(), Tally()
    parts, spans = {role: Tally() for role in PARTS}, {"raw": Tally(), "gold": Tally()}
    for number, (known, split, whole) in enumerate(zip(gold, raw, from_gold, strict=True)):
        articles.add(number, *([(a.start, a.end) for a in page] for page in (known.page, split)))
        starts.add(number, *([a.start for a in page] for page in (known.page, split)))
        for role, tally in parts.items():
            tally.add(number, *(_edges(page, role) for page in (known.page, split)))
        for source, page in (("raw", split), ("gold", whole)):
            found = (entity for article in page for entity in article.entities)
            spans[source].add(number, _names(known, known.entities), _names(known, found))
    roles, has_names = _roles(gold, splitter or default_role_model()), _has_names(gold)
    return PageReport(
        model,
        data,
        len(gold),
        articles.score,
        starts.score,
        {role: tally.score for role, tally in roles.items()} if roles else None,
        sum(t.score.credit for t in roles.values()) / sum(t.score.gold for t in roles.values()) if roles else None,
        {role: tally.score for role, tally in parts.items()},
        {source: tally.score for source, tally in spans.items()} if has_names else None,
        {"raw": _topics(gold, raw), "gold": _topics(gold, from_gold)} if has_names else None,
    )


def _has_names(gold: Sequence[GoldPage]) -> bool:
    """Whether names, and topics too, are known."""
    return any(page.entities for page in gold)


def _edges(page: Page, role: str) -> list[tuple[int, int]]:
    return [(part.start, part.end) for article in page for part in article.parts if part.role == role]


def _names(gold: GoldPage, entities: Iterable) -> list[tuple[int, int, str]]:
    return [e.span for e in entities if gold.scored is None or not gold.scored.isdisjoint(range(e.start, e.end))]


def _roles(gold: Sequence[GoldPage], splitter: RoleModel) -> dict[str, Tally] | None:
    if any(page.roles is None for page in gold):
        return None
    tallies = {role: Tally() for role in ROLES}
    for number, page in enumerate(gold):
        predicted = [ROLE_OF[state] for state in splitter(read_lines(page.text))]
        for role, tally in tallies.items():
            tally.add(number, *([i for i, each in enumerate(of) if each == role] for of in (page.roles, predicted)))
    return tallies


def _topics(gold: Sequence[GoldPage], pages: Sequence[Page]) -> float:
    """The share of gold articles whose topic the predicted article has that overlaps them most."""
    right = total = 0
    for known, page in zip(gold, pages, strict=True):
        for article, topic in zip(known.page, known.topics, strict=True):
            best = max(page, key=lambda a: min(a.end, article.end) - max(a.start, article.start), default=None)
            right += best is not None and best.topic is not None and best.topic.label == topic
            total += 1
    return right / total if total else 0.0


def print_page_report(report: PageReport, console: Console) -> None:
    """The scores as a table."""
    head = f"{report.model} on raw {report.data}: {report.pages} pages, {report.articles.gold} articles"
    console.print(head, markup=False)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", no_wrap=True)
    for name in ("F1", "precision", "recall", "gold", "predicted"):
        table.add_column(name, justify="right")
    rows = [("articles, both borders", report.articles), ("articles, beginnings", report.starts)]
    rows += [(f"lines: {role}", each) for role, each in (report.roles or {}).items()]
    rows += [(f"parts: {role}", each) for role, each in report.parts.items()]
    if report.spans:
        rows += [("names, raw page", report.spans["raw"]), ("names, gold articles", report.spans["gold"])]
    for name, each in rows:
        figures = (f"{100 * value:.1f}" for value in (each.f1, each.precision, each.recall))
        table.add_row(name, *figures, str(each.gold), str(each.predicted))
    if report.role_accuracy is not None:
        table.add_row("lines, accuracy", f"{100 * report.role_accuracy:.1f}")
    for source, share in (report.topics or {}).items():
        table.add_row(f"topics, {'raw page' if source == 'raw' else 'gold articles'}", f"{100 * share:.1f}")
    console.print(table)
