"""A page as its physical lines, blank ones aside, each with its place in the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ENDS = "。！？!?…"
CLOSERS = "”’」』）)》】\"'"
"""Marks that end a sentence, and those that may stand behind them."""

_LATIN = re.compile(r"[A-Za-z]")
_NARROW = re.compile(r"[\x00-\u02ff]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line without the white space around it: `page[start:end] == text`.

    `gap` is where the white space before it begins, `blanks` how many blank lines that holds, `indent` how wide
    the space is that the line itself begins with. Widths count Chinese characters; a Latin one is half as wide.
    """

    start: int
    end: int
    text: str
    gap: int
    blanks: int
    indent: float

    @property
    def width(self) -> float:
        return width(self.text)


def read_lines(page: str) -> list[Line]:
    """The lines of a page that hold more than white space, under any kind of line break."""
    lines: list[Line] = []
    position = gap = blanks = 0
    for physical in page.splitlines(keepends=True):
        if text := physical.strip():
            lead = len(physical) - len(physical.lstrip())
            start = position + lead
            indent = width(physical[:lead].replace("\t", "    "))
            lines.append(Line(start, start + len(text), text, gap, blanks, indent))
            gap, blanks = start + len(text), 0
        else:
            blanks += 1
        position += len(physical)
    return lines


def seam(before: Line, line: Line) -> str:
    """What stands between two halves of a sentence: nothing, or a space between two Latin words."""
    return " " if _LATIN.match(before.text[-1]) and _LATIN.match(line.text) else ""


def join(lines: Sequence[Line]) -> Line:
    """Lines that were one before they were broken, as one."""
    first, last = lines[0], lines[-1]
    pieces = [first.text]
    for before, line in zip(lines, lines[1:]):
        pieces += [seam(before, line), line.text]
    return Line(first.start, last.end, "".join(pieces), first.gap, first.blanks, first.indent)


def width(text: str) -> float:
    """How wide a text is set, in Chinese characters."""
    return len(text) - 0.5 * len(_NARROW.findall(text))
