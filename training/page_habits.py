"""Habits of newspapers and of the tools that read them, as templates for synthetic pages.

`{name}`, `{other}` and `{third}` are people, `{place}` a place, `{paper}` a newspaper, `{sentence}` and `{clause}`
words of some article, `{month}`, `{day}`, `{year}`, `{hour}`, `{minute}`, `{weekday}` a date, `{n}` a small number,
`{phone}` digits, `{title}` what a writer is called, `{job}` what someone did for the page, `{mark}` a bullet, `{gap}`
what stands between a title and a name, `{word}` a short heading; in a subhead `{s}` is its text, `{i}` and `{k}` its
number. A held-out set is made with other habits than those that are learned: see `qingyuan.eval.page_habits`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "corpus" / "page" / "habits.json"


@dataclass(frozen=True)
class Habits:
    """Templates by what they make."""

    datelines: tuple[str, ...]
    byline_above: tuple[str, ...]
    byline_below: tuple[str, ...]
    byline_inside: tuple[str, ...]
    captions: tuple[str, ...]
    mastheads: tuple[str, ...]
    labels: tuple[str, ...]
    notes: tuple[str, ...]
    web_notes: tuple[str, ...]
    subheads: tuple[str, ...]
    decks: tuple[str, ...]
    papers: tuple[str, ...]
    titles: tuple[str, ...]
    jobs: tuple[str, ...]
    marks: tuple[str, ...]
    gaps: tuple[str, ...]
    words: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Habits:
        """From a file with a list of templates for each kind."""
        kinds = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{kind: tuple(templates) for kind, templates in kinds.items()})


TRAINING = Habits.read(FILE)
"""Those of papers, agencies, offices and accounts of all kinds, written for this project; about pages, not from one."""
