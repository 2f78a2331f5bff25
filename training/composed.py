"""Newspaper pages written line by line, with the role of every line: how pages really look, where the synthetic ones of
`qingyuan.training.pages` only know habits.

In a file of them a page begins with a line `= NAME`; its other lines are a role, a tab and the text, or empty where the
page has an empty line::

    = evening 1
    O	2024年3月5日 星期二 A06
    H	凌晨三点的求助电话
    h	民警两小时找回走失老人
    Y	本报记者 李晓明
    B	本报讯 3月3日凌晨，……

A paragraph is one line, however long: it is wrapped, and indented, when the page is set.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from qingyuan.page.roles import (
    BODY,
    BODY_JOINED,
    BYLINE,
    CAPTION,
    HEADLINE,
    HEADLINE_NEXT,
    OTHER,
    SUBHEAD,
    forbidden_starts,
    forbidden_steps,
)
from qingyuan.training.page_style import Style, choose_style
from qingyuan.training.sources import CORPUS
from qingyuan.training.typesetting import Row, SetPage, noisy, set_rows, wrap

SHIPPED = {
    "composed/train": CORPUS / "page" / "composed.txt",
    "composed/dev": CORPUS / "page" / "composed.dev.txt",
}
ROLES = {
    "H": HEADLINE,  # with it an article begins
    "h": HEADLINE_NEXT,
    "S": SUBHEAD,
    "B": BODY,
    "+": BODY_JOINED,  # the rest of a paragraph that something cut in two
    "Y": BYLINE,
    "C": CAPTION,
    "O": OTHER,
}
WHOLE, MIXED = 1 / 2, 1 / 3
"""Shares of the pages that are set whole, and of those that go on with another one."""
_FORM = f"write `= NAME` before a page, then on each line a role ({', '.join(ROLES)}), a tab and the text"


@dataclass(frozen=True)
class ComposedPage:
    """A page before it is set: its rows are unbroken, each knows its article and how many empty lines stand before it.

    `name` tells the file too.
    """

    name: str
    rows: tuple[Row, ...]

    @property
    def text(self) -> str:
        return "\n".join(row.text for row in self.rows)

    def some_of_it(self, random: Random) -> ComposedPage:
        """A run of its articles, with what stands between them; all of it where it has none."""
        last = max((row.article for row in self.rows), default=-1)
        if last < 0:
            return self
        first = random.randint(0, last)
        last = random.randint(first, last)
        inside = [number for number, row in enumerate(self.rows) if first <= row.article <= last]
        rows = self.rows[inside[0] : inside[-1] + 1]
        return replace(self, rows=tuple(replace(row, article=max(row.article - first, -1)) for row in rows))

    def and_then(self, other: ComposedPage) -> ComposedPage:
        """A page of both; the other one must begin with a headline, lest its first article go on with ours."""
        first = 1 + max(row.article for row in self.rows)
        behind = (replace(row, article=row.article + first if row.article >= 0 else -1) for row in other.rows)
        return replace(self, rows=(*self.rows, *behind))

    def set_in(self, style: Style, random: Random) -> SetPage:
        """The page in that style; half of the time the empty lines stay where they are."""
        as_written = random.random() < 0.5
        rows = self.rows if as_written else [replace(row, blanks=None) for row in self.rows]
        lines = [line for row in rows for line in wrap(noisy(row, style, random), style, random)]
        return set_rows(lines, [], style, random)


def typeset(pages: Sequence[ComposedPage], times: int, seed: int, whole: bool = False) -> Iterator[SetPage]:
    """Each page so many times in a style by chance; if not `whole`, often a run of its articles alone, or with one of another
    page behind it, so that what stands around an article isn't learned by heart."""
    random = Random(seed)
    for page in pages:
        for _ in range(times):
            part = page if whole or random.random() < WHOLE else page.some_of_it(random)
            if not whole and random.random() < MIXED:
                other = random.choice(pages)
                behind = other.some_of_it(random)
                if other is not page and behind.rows[0].state == HEADLINE:
                    part = part.and_then(behind)
            yield part.set_in(choose_style(random), random)


def read_composed(name: str | Path) -> list[ComposedPage]:
    """The pages of a file, or of one in the package by its name in `SHIPPED`.

    Raises `ValueError`, which names the line and the cure, for what is not in its form, and `OSError` where it isn't there.
    """
    path = Path(SHIPPED.get(str(name), name))
    pages: dict[str, list[Row]] = {}
    rows: list[Row] | None = None
    article, blanks = -1, 0
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not line.strip():
            blanks += 1
            continue
        if line.startswith("= "):
            page = f"{path.name}: {line[2:].strip()}"
            if page in pages:
                raise ValueError(f"{path}:{number}: a second page of this name; give it another one")
            rows = pages[page] = []
            article, blanks = -1, 0
            continue
        role, tab, text = line.partition("\t")
        if rows is None or role not in ROLES or not tab or not text.strip():
            raise ValueError(f"{path}:{number}: {line[:30]!r} is no line of a page; {_FORM}")
        if not _may_stand(ROLES[role], rows):
            above = " or ".join(code for code, state in ROLES.items() if not forbidden_steps()[state, ROLES[role]])
            cure = f"it goes on with what is above, which must be {above}"
            raise ValueError(f"{path}:{number}: `{role}` stands where nothing can go on; {cure}")
        if role == "H":
            article += 1
        elif role not in "CO":
            article = max(article, 0)  # a page may begin inside an article
        rows.append(Row(ROLES[role], text.strip(), (), -1 if role in "CO" else article, blanks))
        blanks = 0
    if not all(pages.values()) or not pages:
        empty = next((page for page, rows in pages.items() if not rows), path)
        raise ValueError(f"{empty}: no page stands here; {_FORM}")
    return [ComposedPage(page, tuple(rows)) for page, rows in pages.items()]


def _may_stand(state: int, rows: list[Row]) -> bool:
    """Whether the classifier's paths allow a state behind these rows."""
    return not (forbidden_steps()[rows[-1].state, state] if rows else forbidden_starts()[state])
