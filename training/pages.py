"""Synthetic newspaper pages, with the role of every line known: what the line classifier learns from.

Articles are taken apart, given bylines, datelines, subheads and broken headlines in the habits of one newspaper,
wrapped as one tool would have wrapped them, and joined with page numbers, captions and mastheads between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from qingyuan.page.lines import width
from qingyuan.page.roles import (
    BODY,
    BODY_JOINED,
    BYLINE,
    CAPTION,
    CAPTION_JOINED,
    HEADLINE,
    HEADLINE_JOINED,
    HEADLINE_NEXT,
    OTHER,
    SUBHEAD,
    SUBHEAD_JOINED,
)
from qingyuan.training.page_habits import Habits
from qingyuan.training.page_parts import Filler, clauses, numbered
from qingyuan.training.page_sources import Pool, Source, sentences
from qingyuan.training.page_style import Style, choose_style

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
    """A line to be: its state, its text, where each character comes from in the source article (-1: made up)."""

    state: int
    text: str
    origins: Sequence[int]
    article: int  # on the page; -1: none


@dataclass(frozen=True)
class SyntheticPage:
    """A page, the state of each of its lines that aren't blank, its articles, and where these came from.

    `articles` are (start, end) in the page; `places` gives for each the page's offset of every character of its
    source that stands there.
    """

    text: str
    states: list[int]
    articles: list[tuple[int, int]]
    sources: list[Source]
    places: list[dict[int, int]] = field(repr=False)


def make_page(pool: Pool, habits: Habits, random: Random, style: Style | None = None) -> SyntheticPage:
    """One page of articles drawn from `pool`."""
    style = style or choose_style(random)
    fill = Filler(habits, pool, random)
    chosen = pool.draw(style.articles, style.theme, random)
    rows: list[Row] = []
    rows += _furniture(habits.mastheads, fill, random, style.furniture)
    for number, source in enumerate(chosen):
        if random.random() < style.labels:
            rows += _furniture(habits.labels, fill, random, 1)
        rows += _article(source, number, habits, fill, style, random)
        if random.random() < style.captions:
            rows += _wrap(Row(CAPTION, fill(random.choice(habits.captions)), (), -1), style, random)
        if random.random() < style.notes:
            notes = habits.web_notes if style.is_web else habits.notes
            rows += _furniture(notes, fill, random, random.choice((1, 1, 2, 4)))
    rows += _furniture(habits.web_notes if style.is_web else habits.mastheads, fill, random, style.furniture)
    return _set(rows, chosen, style, random)


def _furniture(templates: Sequence[str], fill: Filler, random: Random, count: int) -> list[Row]:
    return [Row(OTHER, fill(random.choice(templates)), (), -1) for _ in range(count)]


def _article(source: Source, number: int, habits: Habits, fill: Filler, style: Style, random: Random) -> list[Row]:
    """The rows of one article, furniture that cuts into it included."""
    units = _units(source, number, habits, fill, style, random)
    rows: list[Row] = []
    for unit in units:
        lines = _wrap(_noisy(unit, style, random), style, random)
        if unit.state == BODY and random.random() < style.interruptions:
            at = random.randint(0, len(lines))
            kind = CAPTION if random.random() < 0.5 else OTHER
            template = random.choice(habits.captions if kind == CAPTION else habits.mastheads + habits.notes)
            lines[at:at] = _wrap(Row(kind, fill(template), (), -1), style, random)
        rows += lines
    return rows


def _units(source: Source, number: int, habits: Habits, fill: Filler, style: Style, random: Random) -> list[Row]:
    """An article as unbroken lines: headline, bylines, subheads, paragraphs."""

    def made(state: int, text: str) -> Row:
        return Row(state, text, [-1] * len(text), number)

    parts = _parts(source, fill, style, random)
    cut_off = number == 0 and random.random() < style.cut_off
    units = [] if cut_off else _headline(source, number, habits, style, random)
    byline = random.choice(("above", "below", "below", "inside", "none")) if random.random() < 0.2 else style.byline
    if byline == "above" and not cut_off:
        units += [made(BYLINE, fill(random.choice(habits.byline_above))) for _ in range(random.choice((1, 1, 1, 2)))]
    if cut_off:
        _, text, origins = parts[0]
        start = random.randrange(len(text))
        parts[0] = ("body", text[start:], origins[start:])
    subheads, template = 0, random.choice(habits.subheads)
    for place, (role, text, origins) in enumerate(parts):
        if role == "subhead":
            before, after = template.split("{s}")
            before, after = (part.format(**numbered(subheads)) for part in (before, after))
            origins = [*[-1] * len(before), *origins, *[-1] * len(after)]
            units.append(Row(SUBHEAD, before + text + after, origins, number))
            subheads += 1
            continue
        if place == 0 and not cut_off and random.random() < style.datelines and not text.startswith("本报"):
            dateline = fill(random.choice(habits.datelines))
            text, origins = dateline + text, [-1] * len(dateline) + origins
        if place == len(parts) - 1 and byline == "inside":
            sign = fill(random.choice(habits.byline_inside))
            text, origins = text + sign, origins + [-1] * len(sign)
        units.append(Row(BODY, text, origins, number))
    if byline == "below":
        units += [made(BYLINE, fill(random.choice(habits.byline_below))) for _ in range(random.choice((1, 1, 1, 1, 2)))]
    return units


def _headline(source: Source, article: int, habits: Habits, style: Style, random: Random) -> list[Row]:
    """The lines of a headline: often one, sometimes with one above (a kicker) or below (a deck), or in two halves."""
    halves = [source.title]
    title = source.read(source.title)
    if " " in title.strip() and random.random() < style.split_titles:
        at = random.choice([i for i, c in enumerate(title) if c == " "])
        halves = [source.title[:at], source.title[at + 1 :]]
        halves = [half for half in halves if source.read(half).strip()]
    lines = [(source.read(half), half) for half in halves]
    found = clauses(source)
    if found and random.random() < style.decks:
        extra = random.choice(habits.decks).format(s=random.choice(found))
        place = 0 if "—" not in extra and random.random() < 0.5 else len(lines)
        lines.insert(place, (extra, [-1] * len(extra)))
    elif random.random() < 0.6:
        lines += [(source.read(piece), piece) for piece in source.deck]
    return [Row(HEADLINE_NEXT if place else HEADLINE, *line, article) for place, line in enumerate(lines)]


def _parts(source: Source, fill: Filler, style: Style, random: Random) -> list[tuple[str, str, list[int]]]:
    """Subheads and paragraphs with their texts and origins, shortened to the page's taste.

    Where there are no subheads they are made: from phrases of other articles, or from clauses of this one.
    """
    parts: list[tuple[str, str, list[int]]] = []
    for role, piece in source.parts:
        pieces = [piece] if role == "subhead" else _paragraphs(source, piece, style, random)
        parts += [(role, source.read(each), each) for each in pieces]
        if sum(len(text) for _, text, _ in parts) > style.longest and parts[-1][0] == "body":
            break
    has_subheads = any(role == "subhead" for role, _, _ in parts)
    if has_subheads and random.random() < 0.15:
        return [part for part in parts if part[0] == "body"]
    found = clauses(source)
    if has_subheads or len(parts) < 3 or len(found) < 3 or random.random() > style.subheads:
        return parts
    every, length, are_phrases = random.choice((1, 2, 2, 3, 4)), random.randint(4, 12), random.random() < 0.7
    with_subheads = []
    for place, part in enumerate(parts):
        if place and place % every == 0:
            text = fill.subhead(part[1], length) if are_phrases else random.choice(found)
            with_subheads.append(("subhead", text, [-1] * len(text)))
        with_subheads.append(part)
    return with_subheads


def _paragraphs(source: Source, piece: list[int], style: Style, random: Random) -> list[list[int]]:
    """A paragraph, cut at ends of sentences where it is longer than the page's paragraphs are."""
    if len(piece) <= style.paragraph:
        return [piece]
    paragraphs: list[list[int]] = [[]]
    limit = random.uniform(0.3, 1) * style.paragraph
    for sentence in sentences(source, piece):
        if paragraphs[-1] and len(paragraphs[-1]) + len(sentence) > limit:
            paragraphs.append([])
            limit = random.uniform(0.3, 1) * style.paragraph
        paragraphs[-1] += sentence
    return paragraphs


def _noisy(unit: Row, style: Style, random: Random) -> Row:
    """The row as its newspaper or its tool would have written it: punctuation, quotes, lost and added characters."""
    text = unit.text
    text = text.translate(_HALF) if style.marks == "half" else text.translate(_FULL) if style.marks == "full" else text
    text = text.translate(_STRAIGHT) if style.straight_quotes else text
    origins = list(unit.origins) if unit.origins else [-1] * len(text)
    if random.random() < style.lost_ends and text[-1:] in "。." and len(text) > 1:
        text, origins = text[:-1], origins[:-1]
    if style.lost_characters or style.stray_spaces:
        kept = [(c, o) for c, o in zip(text, origins) if random.random() >= style.lost_characters]
        spaced = []
        for each in kept:
            spaced += [each, (" ", -1)] if random.random() < style.stray_spaces else [each]
        text, origins = "".join(c for c, _ in spaced), [o for _, o in spaced]
    return replace(unit, text=text, origins=origins) if text.strip() else unit


def _wrap(unit: Row, style: Style, random: Random) -> list[Row]:
    """The lines that a row is set in."""
    cuts = _cuts(unit, style, random)
    origins = unit.origins or [-1] * len(unit.text)
    lines, state = [], unit.state
    for start, stop in zip([0, *cuts], [*cuts, len(unit.text)]):
        lead = len(unit.text[start:stop]) - len(unit.text[start:stop].lstrip())
        text = unit.text[start:stop].strip()
        if text:
            begin = start + lead
            lines.append(Row(state, text, origins[begin : begin + len(text)], unit.article))
            state = _JOINED.get(unit.state, unit.state)
    return lines


def _cuts(unit: Row, style: Style, random: Random) -> list[int]:
    """Where the line breaks fall in a row."""
    text = unit.text
    if unit.state in (HEADLINE, HEADLINE_NEXT, SUBHEAD):
        column = style.headline_column
    elif unit.state in _FURNITURE:
        column = style.column and (style.column if random.random() < 0.7 else random.uniform(6, 30))
    else:
        column = style.column
    if not column:
        is_broken = unit.state == BODY and len(text) > 12 and random.random() < style.stray_breaks
        return sorted(random.sample(range(2, len(text) - 1), random.choice((1, 1, 1, 2, 3)))) if is_broken else []
    cuts, used = [], style.indent_width if unit.state == BODY else 0.0
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


def _set(rows: list[Row], chosen: list[Source], style: Style, random: Random) -> SyntheticPage:
    """The rows as a text, with white space between them."""
    pieces: list[str] = [style.newline * random.choice((0, 0, 0, 1, 2))]
    length = len(pieces[0])
    spans: list[list[int]] = [[] for _ in chosen]
    places: list[dict[int, int]] = [{} for _ in chosen]
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
    return SyntheticPage("".join(pieces), [row.state for row in rows], [tuple(span) for span in spans], chosen, places)
