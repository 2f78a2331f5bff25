"""Keeps the evaluation page out of training: no run of its text, none of its rare names.

A run is 12 characters that stand on the page too. Titles of laws and names of agencies are public and long,
so runs that touch one on the page don't count. A rare name is one of a person, an organisation or a campaign,
of three characters or more, or a place of six or more, that is not in general use (`page/public_names.txt`
lists those that are, with the reason).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from qingyuan.article import Article
from qingyuan.eval.page import PAGE, page_articles
from qingyuan.training.overlap import runs_of, shared_run

logger = logging.getLogger(__name__)

RUN = 12
PUBLIC_LABELS = {"LAW", "AGENCY"}
SHORTEST_RARE_NAME = {"PERSON": 3, "ORG": 3, "CAMPAIGN": 3, "PLACE": 6}


class LeakError(ValueError):
    """Training text shares something with the evaluation page; the message lists where and what."""


@dataclass(frozen=True)
class Leak:
    """What the text called `source` shares with the page."""

    source: str
    shared: str
    kind: str  # "run" or "name"


def find_leaks(texts: Mapping[str, str]) -> list[Leak]:
    """The leaks in `texts` (name → text), at most one run a text, all names."""
    page_runs, names = _page_runs(), _rare_names()
    leaks = []
    for source, text in texts.items():
        if run := shared_run(text, page_runs, RUN):
            leaks.append(Leak(source, run, "run"))
        leaks += [Leak(source, name, "name") for name in names if name in text]
    return leaks


def refuse_leaks(texts: Mapping[str, str]) -> None:
    """Raise `LeakError` if any text shares a run or a rare name with the page."""
    if leaks := find_leaks(texts):
        shown = "\n".join(f"  {leak.source}: {leak.kind} {leak.shared!r}" for leak in leaks[:20])
        more = f"\n  and {len(leaks) - 20} more" if len(leaks) > 20 else ""
        raise LeakError(f"{len(leaks)} leaks of the evaluation page into training; take these texts out:\n{shown}{more}")


def without_leaks(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts that share nothing with the page; the log tells which others were left out."""
    leaks = find_leaks(texts)
    for leak in leaks:
        logger.warning("left out %s: it shares the %s %r with the evaluation page", leak.source, leak.kind, leak.shared)
    leaky = {leak.source for leak in leaks}
    return {source: text for source, text in texts.items() if source not in leaky}


@cache
def _page_runs() -> frozenset[str]:
    return frozenset(run for run in runs_of(map(_without_public_names, page_articles()[1]), RUN) if "\0" not in run)


def _without_public_names(article: Article) -> str:
    text = article.text
    for entity in article.entities:
        if entity.label in PUBLIC_LABELS:
            text = text[: entity.start] + "\0" * len(entity.text) + text[entity.end :]
    return text


@cache
def _rare_names() -> tuple[str, ...]:
    public = (PAGE / "public_names.txt").read_text(encoding="utf-8")
    known = {line.split("#")[0].strip() for line in public.splitlines()}
    rare = {
        entity.text
        for article in page_articles()[1]
        for entity in article.entities
        if len(entity.text) >= SHORTEST_RARE_NAME.get(entity.label, math.inf)
    }
    return tuple(sorted(rare - known))
