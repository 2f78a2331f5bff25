"""Runs of characters that two texts share: how one notices that an article is, or quotes, another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set


def runs(text: str, length: int) -> Iterator[str]:
    """All runs of `length` characters, in order."""
    return (text[start : start + length] for start in range(len(text) - length + 1))


def runs_of(texts: Iterable[str], length: int) -> frozenset[str]:
    """The runs of all texts."""
    return frozenset(run for text in texts for run in runs(text, length))


def shared_run(text: str, others: Set[str], length: int) -> str | None:
    """The first run of `text` that is one of `others`; none if it shares nothing."""
    return next((run for run in runs(text, length) if run in others), None)
