"""Synthetic newspaper pages, with the role of every line known: what the line classifier learns from.

Articles are taken apart, given bylines, datelines, subheads and broken headlines in the habits of one newspaper,
wrapped as one tool would have wrapped them, and joined with page numbers, captions and mastheads between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from qingyuan.page.roles import BODY, BYLINE, CAPTION, HEADLINE, HEADLINE_NEXT, OTHER, SUBHEAD
from qingyuan.training.page_habits import Habits
from qingyuan.training.page_parts import Filler, clauses, numbered
from qingyuan.training.page_sources import Pool, Source, sentences
from qingyuan.training.page_style import Style, choose_style
from qingyuan.training.typesetting import Row, SetPage, noisy, set_rows, wrap


def make_page(pool: Pool, habits: Habits, random: Random, style: Style | None = None) -> SetPage:
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
            rows += wrap(Row(CAPTION, fill(random.choice(habits.captions)), (), -1), style, random)
        if random.random() < style.notes:
            notes = habits.web_notes if style.is_web else habits.notes
            rows += _furniture(notes, fill, random, random.choice((1, 1, 2, 4)))
    rows += _furniture(habits.web_notes if style.is_web else habits.mastheads, fill, random, style.furniture)
    return set_rows(rows, chosen, style, random)


def _furniture(templates: Sequence[str], fill: Filler, random: Random, count: int) -> list[Row]:
    return [Row(OTHER, fill(random.choice(templates)), (), -1) for _ in range(count)]


def _article(source: Source, number: int, habits: Habits, fill: Filler, style: Style, random: Random) -> list[Row]:
    """The rows of one article, furniture that cuts into it included."""
    units = _units(source, number, habits, fill, style, random)
    rows: list[Row] = []
    for unit in units:
        lines = wrap(noisy(unit, style, random), style, random)
        if unit.state == BODY and random.random() < style.interruptions:
            at = random.randint(0, len(lines))
            kind = CAPTION if random.random() < 0.5 else OTHER
            template = random.choice(habits.captions if kind == CAPTION else habits.mastheads + habits.notes)
            lines[at:at] = wrap(Row(kind, fill(template), (), -1), style, random)
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
