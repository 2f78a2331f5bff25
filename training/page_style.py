"""How one page is set: what stays the same from its first line to its last."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from qingyuan.page.roles import BODY, BYLINE, HEADLINE, HEADLINE_JOINED, HEADLINE_NEXT, JOINED, SUBHEAD

HEADLINES = (HEADLINE, HEADLINE_NEXT, HEADLINE_JOINED)


@dataclass(frozen=True)
class Style:
    """Settings of a page; shares are of 1, widths in Chinese characters, 0 where lines aren't wrapped."""

    articles: int
    theme: str  # none, topic or names: what a page's articles have in common
    column: float
    headline_column: float
    ragged: float  # how much the width of lines varies
    hangs: bool  # punctuation hangs over the edge, as typesetters have it
    indent: str  # before a paragraph
    headline_indent: int  # of centred headlines, in spaces
    byline_indent: int
    newline: str
    blanks: str  # none, articles, headlines, paragraphs, lines or chance
    more_blanks: int  # beyond one around headlines
    trailing: float  # lines with spaces at the end
    byline: str  # above, below, inside or none
    datelines: float
    subheads: float
    decks: float
    split_titles: float
    captions: float
    labels: float
    notes: float
    interruptions: float  # paragraphs that furniture cuts into
    furniture: int  # lines at the top and at the end
    is_web: bool
    cut_off: float
    stray_breaks: float  # unwrapped paragraphs broken somewhere
    marks: str  # half, full or as they are
    straight_quotes: bool
    lost_ends: float
    lost_characters: float
    stray_spaces: float
    paragraph: int  # the longest, in characters
    longest: int  # article, in characters

    @property
    def indent_width(self) -> float:
        return sum(1.0 if c == "　" else 0.5 for c in self.indent.replace("\t", "    "))

    def indent_of(self, state: int, random: Random) -> str:
        """The white space that a line begins with."""
        if state == BODY:
            return self.indent
        if state in HEADLINES and self.headline_indent:
            return " " * random.randint(1, self.headline_indent)
        if state == SUBHEAD:
            return self.indent if self.headline_indent % 2 == 0 else ""
        return " " * self.byline_indent if state == BYLINE else ""

    def break_between(self, before, after, random: Random) -> str:
        """The line break, and blank lines, between two rows."""
        count = 1 + (self._blanks(before, after, random) if after.blanks is None else after.blanks)
        trailing = random.choice((" ", "  ", "\t", "　")) if random.random() < self.trailing else ""
        in_blank_lines = random.choice(("", "", "", " ", "　")) if self.trailing else ""
        return trailing + in_blank_lines.join([self.newline] * count)

    def _blanks(self, before, after, random: Random) -> int:
        """How many blank lines the style has between two rows."""
        begins = after.state == HEADLINE
        at_headline = begins or (before.state in HEADLINES and after.state not in JOINED)
        if self.blanks == "chance":
            count = random.choice((1, 1, 2)) if random.random() < (0.05 if after.state in JOINED else 0.3) else 0
        else:
            count = int(
                {
                    "none": False,
                    "lines": True,
                    "paragraphs": after.state not in JOINED,
                    "headlines": at_headline,
                    "articles": begins or before.article != after.article,
                }[self.blanks]
            )
        return count + self.more_blanks if at_headline and count else count


def choose_style(random: Random, narrowest: float = 7, widest: float = 46) -> Style:
    """A page's style by chance: text pasted from the web, wrapped columns of a PDF, or what an OCR tool gave."""
    kind = random.choices(("pasted", "columns", "ocr"), (5, 4, 2))[0]
    is_wrapped = kind != "pasted"
    column = random.choice((random.uniform(narrowest, 20), random.uniform(narrowest, widest))) if is_wrapped else 0.0
    wide = max(column, random.uniform(8, 24))
    return Style(
        articles=random.choice((1, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 18)),
        theme=random.choice(("none", "topic", "names")),
        column=column,
        headline_column=wide if random.random() < (0.8 if is_wrapped else 0.1) else 0.0,
        ragged=random.choice((0.0, 0.0, 0.5, 1.0, 3.0)),
        hangs=random.random() < 0.7,
        indent=random.choice(("", "", "　　", "　　", "    ", "  ", "　", "\t")),
        headline_indent=random.choice((0, 0, 0, 4, 9, 20)),
        byline_indent=random.choice((0, 0, 2, 10)),
        newline=random.choice(("\n", "\n", "\n", "\r\n")),
        blanks=random.choices(
            ("none", "articles", "headlines", "paragraphs", "lines", "chance"),
            (4, 2, 2, 2, 1, 1) if is_wrapped else (4, 2, 2, 4, 4, 1),
        )[0],
        more_blanks=random.choice((0, 0, 1, 2)),
        trailing=random.choice((0.0, 0.0, 0.0, 0.1, 0.9)),
        byline=random.choice(("above", "above", "below", "below", "below", "inside", "none")),
        datelines=random.choice((0.0, 0.1, 0.5, 0.9)),
        subheads=random.choice((0.0, 0.2, 0.5)),
        decks=random.choice((0.0, 0.1, 0.4)),
        split_titles=random.choice((0.0, 0.0, 0.5, 1.0)),
        captions=random.choice((0.0, 0.0, 0.1, 0.3)),
        labels=random.choice((0.0, 0.0, 0.1, 0.3)),
        notes=random.choice((0.0, 0.0, 0.05, 0.3)),
        interruptions=random.choice((0.0, 0.0, 0.03, 0.1)),
        furniture=random.choice((0, 0, 0, 1, 2, 4)),
        is_web=random.random() < (0.1 if is_wrapped else 0.3),
        cut_off=0.1,
        stray_breaks=random.choice((0.0, 0.05, 0.15, 0.4)),
        marks=random.choice(("as they are", "half", "full")),
        straight_quotes=random.random() < 0.2,
        lost_ends=random.choice((0.0, 0.0, 0.03, 0.15)) if kind != "ocr" else random.choice((0.02, 0.1, 0.3)),
        lost_characters=random.choice((0.0, 0.003, 0.015)) if kind == "ocr" else 0.0,
        stray_spaces=random.choice((0.0, 0.005, 0.03)) if kind == "ocr" else 0.0,
        paragraph=random.choice((80, 150, 250, 400)),
        longest=random.choice((200, 400, 800, 1500, 2500)),
    )
