"""From the states of lines to articles: lines that broke off are joined, and every character keeps its place."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from qingyuan.page.article import Page, PageArticle, Part
from qingyuan.page.lines import Line, join, seam
from qingyuan.page.roles import FURNITURE, HEADLINE, HEADLINE_NEXT, JOINED, ROLE_OF

_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def assemble(page: str, lines: Sequence[Line], states: Sequence[int]) -> Page:
    """The page whose `lines` are in `states`. An article begins at its headline; what stands before the first one is
    an article without a headline."""
    articles: list[list[int]] = []
    furniture: list[list[int]] = []
    for number, state in enumerate(states):
        if ROLE_OF[state] in FURNITURE:
            if state in JOINED and furniture and furniture[-1][-1] == number - 1:
                furniture[-1].append(number)
            else:
                furniture.append([number])
        elif state == HEADLINE or not articles:
            articles.append([number])
        else:
            articles[-1].append(number)
    return Page(
        (_article(page, lines, states, members) for members in articles),
        page,
        (_furniture(lines, states, members) for members in furniture),
    )


def _furniture(lines: Sequence[Line], states: Sequence[int], members: list[int]) -> Part:
    line = join([lines[number] for number in members])
    return Part(line.start, line.end, ROLE_OF[states[members[0]]], line.text)


def _article(page: str, lines: Sequence[Line], states: Sequence[int], members: list[int]) -> PageArticle:
    pieces: list[str] = []
    offsets: list[np.ndarray] = []
    parts: list[list[int]] = []  # start, end in the text, and the state of each part
    length = 0
    for last, number in zip([None, *members], members):
        line, state = lines[number], states[number]
        goes_on = bool(parts) and (state in JOINED or state == HEADLINE_NEXT)
        if last is not None:
            between, places = _separation(page, lines[last], line, state in JOINED)
            pieces.append(between)
            offsets.append(np.array(places, dtype=np.int64))
            length += len(between)
        if goes_on:
            parts[-1][1] = length + len(line.text)
        else:
            parts.append([length, length + len(line.text), state])
        pieces.append(line.text)
        offsets.append(np.arange(line.start, line.end))
        length += len(line.text)
    text, places = "".join(pieces), np.concatenate(offsets)
    return PageArticle(
        lines[members[0]].start,
        lines[members[-1]].end,
        tuple(
            Part(int(places[start]), int(places[end - 1]) + 1, _part_role(state), text[start:end])
            for start, end, state in parts
        ),
        text,
        places,
    )


def _part_role(state: int) -> str:
    role = ROLE_OF[state]
    return "body" if role == "continuation" else role


def _separation(page: str, before: Line, line: Line, is_joined: bool) -> tuple[str, list[int]]:
    """What stands between two lines of an article, and its place: nothing or a space where they are joined, else the
    line break, doubled where blank lines stand there."""
    if is_joined:
        between = seam(before, line)
        return between, [line.gap][: len(between)]
    places = [match.start() for match in _BREAK.finditer(page, line.gap, line.start)]
    places = places[: 1 + (line.blanks > 0)]
    return "\n" * len(places), places
