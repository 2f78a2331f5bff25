"""How much of its words a line, and what follows it, shares with what stands around it: where that changes, another
article may begin (Hearst, 1997)."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from qingyuan.page.lines import CLOSERS, ENDS, Line

_HAN_RUN = re.compile(r"[\u3400-\u9fff]{2,}")


def bigrams(text: str) -> set[str]:
    """The pairs of Chinese characters in a text."""
    return {run[i : i + 2] for run in _HAN_RUN.findall(text) for i in range(len(run) - 1)}


def shared_words(grams: list[set[str]], sizes: list[int], reach: int) -> np.ndarray:
    """Shape (lines, 4): the cosine of the words of some `reach` characters before a line and from it on; the share
    of its words that stand before it; of those that stand behind it; and how many it has.

    Two windows glide over the page, so that each line enters and leaves each window once.
    """
    ahead: dict[str, int] = {}
    behind: dict[str, int] = {}
    both = 0
    stop = first = ahead_size = behind_size = 0
    rows = np.zeros((len(grams), 4), dtype=np.float32)
    for line, own in enumerate(grams):
        while stop < len(grams) and ahead_size < reach:
            both += _add(ahead, grams[stop], behind)
            ahead_size += sizes[stop]
            stop += 1
        rows[line, 0] = both / np.sqrt(max(1, len(ahead)) * max(1, len(behind)))
        rows[line, 1] = sum(gram in behind for gram in own) / max(1, len(own))
        rows[line, 2] = sum(ahead.get(gram, 0) > 1 for gram in own) / max(1, len(own))
        rows[line, 3] = min(len(own), 20) / 20
        both -= _remove(ahead, own, behind)
        ahead_size -= sizes[line]
        both += _add(behind, own, ahead)
        behind_size += sizes[line]
        while behind_size - sizes[first] >= reach and first < line:
            both -= _remove(behind, grams[first], ahead)
            behind_size -= sizes[first]
            first += 1
    return rows


def section_features(lines: Sequence[Line], words: list[set[str]]) -> np.ndarray:
    """Of each line that may be a head, what the section under it has in common with those around it, and how its
    width and the section's length compare with theirs; zeros for all other lines.

    A line may be a head where the sentence before it has ended and it ends none itself; lines that may be heads and
    follow each other are one.
    """
    rows = np.zeros((len(lines), 15), dtype=np.float32)
    may_head = [_may_head(lines, number) for number in range(len(lines))]
    heads = [number for number, may in enumerate(may_head) if may and not (number and may_head[number - 1])]
    stops = [*heads[1:], len(lines)]
    sections = [set().union(*words[start:stop]) for start, stop in zip(heads, stops)]
    under = [set().union(*words[start + 1 : stop]) for start, stop in zip(heads, stops)]
    sizes = [sum(len(line.text) for line in lines[start:stop]) for start, stop in zip(heads, stops)]
    widths = [lines[head].width for head in heads]
    likeness = [_cosine(a, b) for a, b in zip(sections, sections[1:])]
    usual = float(np.mean(likeness)) if likeness else 0.0
    for place, head in enumerate(heads):
        last, following = place - 1, place + 1
        has_last, has_following = last >= 0, following < len(heads)
        before = set().union(*sections[max(0, place - 3) : place])
        own = words[head]
        rows[head] = [
            1,
            np.log1p(sizes[place]) / 5,
            np.log1p(sizes[last]) / 5 if has_last else 0,
            np.clip(widths[place] - widths[last], -10, 10) / 10 if has_last else 0,
            np.clip(widths[place] - widths[following], -10, 10) / 10 if has_following else 0,
            has_last and abs(widths[place] - widths[last]) < 1,
            has_following and abs(widths[place] - widths[following]) < 1,
            likeness[last] if has_last else 0,
            likeness[last] - usual if has_last else 0,
            likeness[place] if has_following else 0,
            likeness[place] - usual if has_following else 0,
            _cosine(before, under[place]),
            len(own & under[place]) / max(1, len(own)),
            len(own & before) / max(1, len(own)),
            len(under[place] & before) / max(1, len(under[place])),
        ]
    return rows


def _may_head(lines: Sequence[Line], number: int) -> bool:
    text = lines[number].text
    if lines[number].width > 40 or "。" in text or text[-1] in "，,；;、。":
        return False
    return number == 0 or lines[number - 1].text[-1] in ENDS + CLOSERS or lines[number - 1].width < 12


def _cosine(a: set[str], b: set[str]) -> float:
    return len(a & b) / np.sqrt(max(1, len(a)) * max(1, len(b)))


def _add(counts: dict[str, int], grams: set[str], other: dict[str, int]) -> int:
    """Count `grams`; returns how many are new and stand in the other window."""
    new = 0
    for gram in grams:
        if gram in counts:
            counts[gram] += 1
        else:
            counts[gram] = 1
            new += gram in other
    return new


def _remove(counts: dict[str, int], grams: set[str], other: dict[str, int]) -> int:
    """Take `grams` out again; returns how many are gone that stand in the other window."""
    gone = 0
    for gram in grams:
        if counts[gram] > 1:
            counts[gram] -= 1
        else:
            del counts[gram]
            gone += gram in other
    return gone
