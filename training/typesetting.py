"""How the rows of a page become its text: noise of the tool that read it, wrapped lines, white space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from qingyuan.page.lines import width
from qingyuan.page.roles import (
    BODY,
    BODY_JOINED,
    CAPTION,
    CAPTION_JOINED,
    HEADLINE,
    HEADLINE_JOINED,
    HEADLINE_NEXT,
    OTHER,
    SUBHEAD,
    SUBHEAD_JOINED,
)
from qingyuan.training.page_sources import Source
from qingyuan.training.page_style import Style

_JOINED = {
    HEADLINE: HEADLINE_JOINED, HEADLINE_NEXT: HEADLINE_JOINED, SUBHEAD: SUBHEAD_JOINED,
    BODY: BODY_JOINED, CAPTION: CAPTION_JOINED,
}  # fmt: skip
_FURNITURE = (CAPTION, CAPTION_JOINED, OTHER)
_HANGING = "，。、；：！？”’」』）》】,.;:!?)…"
_OPENING = "“‘「『（《【("
_HALF = str.maketrans("，；：（）！？", ",;:()!?")
_FULL = str.maketrans(",;:()!?", "，；：（）！？")
_STRAIGHT = str.maketrans("“”‘’", "\"\"''")


@dataclass(frozen=True)
class Row:
    """A line to be: its state, its text, and where each character comes from in the source article (-1: made up).

    No `origins`: all of it is made up. `blanks` are the blank lines before it, None where the page's style tells them.
    """

    state: int
    text: str
    origins: Sequence[int]
    article: int  # on the page; -1: none
    blanks: int | None = None


@dataclass(frozen=True)
class SetPage:
    """A page, the state of each of its lines that aren't blank, its articles, and where these came from, if anywhere.

    `articles` are (start, end) in the page; `places` gives for each the page's offset of every character of its
    source that stands there.
    """

    text: str
    states: list[int]
    articles: list[tuple[int, int]]
    sources: list[Source]
    places: list[dict[int, int]] = field(repr=False)


def noisy(row: Row, style: Style, random: Random) -> Row:
    """The row as its newspaper or its tool would have written it: punctuation, quotes, lost and added characters."""
    text = row.text
    text = text.translate(_HALF) if style.marks == "half" else text.translate(_FULL) if style.marks == "full" else text
    text = text.translate(_STRAIGHT) if style.straight_quotes else text
    origins = list(row.origins) if row.origins else [-1] * len(text)
    if random.random() < style.lost_ends and text[-1:] in "。." and len(text) > 1:
        text, origins = text[:-1], origins[:-1]
    if style.lost_characters or style.stray_spaces:
        kept = [(c, o) for c, o in zip(text, origins) if random.random() >= style.lost_characters]
        spaced = []
        for each in kept:
            spaced += [each, (" ", -1)] if random.random() < style.stray_spaces else [each]
        text, origins = "".join(c for c, _ in spaced), [o for _, o in spaced]
    return replace(row, text=text, origins=origins) if text.strip() else row


def wrap(row: Row, style: Style, random: Random) -> list[Row]:
    """The lines that a row is set in."""
    cuts = _cuts(row, style, random)
    origins = row.origins or [-1] * len(row.text)
    lines, state = [], row.state
    for start, stop in zip([0, *cuts], [*cuts, len(row.text)]):
        lead = len(row.text[start:stop]) - len(row.text[start:stop].lstrip())
        text = row.text[start:stop].strip()
        if text:
            begin = start + lead
            blanks = 0 if lines and row.blanks is not None else row.blanks
            lines.append(Row(state, text, origins[begin : begin + len(text)], row.article, blanks))
            state = _JOINED.get(row.state, row.state)
    return lines


def _cuts(row: Row, style: Style, random: Random) -> list[int]:
    """Where the line breaks fall in a row."""
    text = row.text
    if row.state in (HEADLINE, HEADLINE_NEXT, SUBHEAD):
        column = style.headline_column
    elif row.state in _FURNITURE:
        column = style.column and (style.column if random.random() < 0.7 else random.uniform(6, 30))
    else:
        column = style.column
    if not column:
        is_broken = row.state == BODY and len(text) > 12 and random.random() < style.stray_breaks
        return sorted(random.sample(range(2, len(text) - 1), random.choice((1, 1, 1, 2, 3)))) if is_broken else []
    cuts, used = [], style.indent_width if row.state == BODY else 0.0
    limit = column + random.uniform(-style.ragged, style.ragged)
    for place, character in enumerate(text):
        step = width(character)
        hangs = style.hangs and character in _HANGING
        if used + step > limit and used > 2 and not hangs:
            last = cuts[-1] if cuts else 0
            cut = place - 1 if style.hangs and text[place - 1] in _OPENING and place - 1 > last else place
            if cut > last:
                cuts.append(cut)
                used = sum(map(width, text[cut:place]))
                limit = column + random.uniform(-style.ragged, style.ragged)
        used += step
    return cuts


def set_rows(rows: Sequence[Row], sources: list[Source], style: Style, random: Random) -> SetPage:
    """Wrapped rows as a text, with white space between them."""
    pieces: list[str] = [style.newline * random.choice((0, 0, 0, 1, 2))]
    length = len(pieces[0])
    count = 1 + max((row.article for row in rows), default=-1)
    spans: list[list[int]] = [[] for _ in range(count)]
    places: list[dict[int, int]] = [{} for _ in range(count)]
    for number, row in enumerate(rows):
        if number:
            pieces.append(style.break_between(rows[number - 1], row, random))
            length += len(pieces[-1])
        lead = style.indent_of(row.state, random)
        start = length + len(lead)
        pieces += [lead, row.text]
        length = start + len(row.text)
        if row.article >= 0:
            spans[row.article] = [(spans[row.article] or [start])[0], length]
            for offset, there in zip(row.origins, range(start, length)):
                if offset >= 0:
                    places[row.article].setdefault(offset, there)
    pieces.append(style.newline * random.choice((0, 1, 1, 2)))
    return SetPage("".join(pieces), [row.state for row in rows], [tuple(span) for span in spans], sources, places)
