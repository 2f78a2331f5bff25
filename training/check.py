"""What `qingyuan data check` finds: labels that break the form of the guidelines, or look like slips.

Errors are what a model can't learn; hints are for a second look, and may be right as they are. The rules know
nothing but the labels of the article at hand and the taxonomy.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qingyuan.article import Article, Entity
from qingyuan.taxonomy import Taxonomy
from qingyuan.training.records import Record, crossing

ERRORS = frozenset({"unknown-label", "unknown-topic", "crossing", "bad-nesting"})

_QUOTES = {"“": "”", "‘": "’", "《": "》", "〈": "〉", "「": "」", "『": "』", '"': '"'}
_PUNCTUATION = "，。、；：,;:"
_SHORTEST_MENTION = 2  # a single character is too often part of another word
_CONTEXT = 12  # characters shown on either side of a span


@dataclass(frozen=True)
class Finding:
    """One thing to look at: where the record stands, what `kind` of slip it is, and the text, the span in 【】.

    `start` and `end` are offsets into the article's text; None where the whole article is meant.
    """

    where: str
    kind: str
    message: str
    excerpt: str
    start: int | None = None
    end: int | None = None

    @property
    def severity(self) -> str:
        """`error` or `hint`."""
        return "error" if self.kind in ERRORS else "hint"

    def __str__(self) -> str:
        return f"{self.where}: {self.severity}: {self.kind}: {self.message}: {self.excerpt}"


def check_articles(records: Iterable[Record], taxonomy: Taxonomy) -> Iterator[Finding]:
    """The findings, record by record; articles without a topic come last, if any article has one."""
    without_topic: list[Finding] = []
    topics = False
    for record in records:
        if record.article.topic is None:
            excerpt = _one_line(record.article.text[: 2 * _CONTEXT]) + "…"
            without_topic.append(Finding(record.where, "missing-topic", "no topic, others have one", excerpt))
        topics |= record.article.topic is not None
        for kind, message, start, end in _check(record.article, taxonomy):
            excerpt = _excerpt(record.article.text, start or 0, end or 0)
            yield Finding(record.where, kind, message, excerpt, start, end)
    if topics:
        yield from without_topic


# A kind, a message and the span that is meant.
_Slip = tuple[str, str, "int | None", "int | None"]


def _check(article: Article, taxonomy: Taxonomy) -> Iterator[_Slip]:
    for topic in article.topics[:1]:
        if taxonomy.topics and topic.label not in taxonomy.topic_names:
            yield "unknown-topic", _unknown(topic.label, taxonomy.topic_names), None, None
    for entity in article.entities:
        for kind, message in (*_check_label(entity, taxonomy), *_check_edges(entity)):
            yield kind, message, entity.start, entity.end
    for outer, inner in crossing(article.entities):
        yield "crossing", f"{inner.label} {inner.text!r} crosses {outer.label} {outer.text!r}", outer.start, inner.end
    yield from _inconsistent(article.entities)
    yield from _unlabelled(article)


def _check_label(entity: Entity, taxonomy: Taxonomy) -> Iterator[tuple[str, str]]:
    if entity.label not in taxonomy.label_names:
        yield "unknown-label", _unknown(entity.label, taxonomy.label_names)
    elif (outer := entity.parent) and outer.label in taxonomy.label_names:
        # Of two spans with the same edges either may be the outer one.
        pairs = [(entity, outer), (outer, entity)] if outer.text == entity.text else [(entity, outer)]
        if not any(o.label in taxonomy.nested.get(i.label, ()) for i, o in pairs):
            yield "bad-nesting", f"{entity.label} can't lie inside {outer.label} {outer.text!r}"
        elif outer.parent:
            yield "bad-nesting", f"{entity.label} lies two levels deep; one is all a model learns"


def _check_edges(entity: Entity) -> Iterator[tuple[str, str]]:
    text = entity.text
    if text != text.strip():
        yield "white-space-edge", f"{entity.label} starts or ends with white space"
    stripped = text.strip()
    if "\n" in stripped:
        yield "line-break-inside", f"{entity.label} runs over a line break"
    if stripped and (stripped[0] in _PUNCTUATION or stripped[-1] in _PUNCTUATION):
        yield "punctuation-edge", f"{entity.label} starts or ends with punctuation"
    if mark := _stray_mark(stripped):
        yield "quote-edge", f"{entity.label} starts or ends with {mark}, which stays outside"


def _stray_mark(text: str) -> str | None:
    """A quote or book-title mark at an edge, unless it is one of a pair inside the name: “两高”工作报告."""
    partner: dict[int, int] = {}
    waiting: list[int] = []
    for place, char in enumerate(text):
        if waiting and char == _QUOTES[text[waiting[-1]]]:
            partner[place] = waiting.pop()
            partner[partner[place]] = place
        elif char in _QUOTES:
            waiting.append(place)
    for place, other in ((0, len(text) - 1), (len(text) - 1, 0)):
        if text and (text[place] in _QUOTES or text[place] in _QUOTES.values()):
            if partner.get(place, other) == other:
                return text[place]
    return None


def _inconsistent(entities: Sequence[Entity]) -> Iterator[_Slip]:
    """Texts with several labels, at the first span with the rarest one."""
    by_text: dict[str, list[Entity]] = {}
    for entity in entities:
        if not (entity.parent and entity.parent.text == entity.text):
            by_text.setdefault(entity.text, []).append(entity)
    for text, same in by_text.items():
        counts = Counter(entity.label for entity in same).most_common()
        if len(counts) > 1:
            odd = next(entity for entity in same if entity.label == counts[-1][0])
            labels = ", ".join(f"{label} ({count}×)" for label, count in counts)
            yield "inconsistent-label", f"{text!r} is {labels}", odd.start, odd.end


def _unlabelled(article: Article) -> Iterator[_Slip]:
    """Names labelled somewhere in the article that stand elsewhere free of any span, the longest name first."""
    labelled: dict[str, str] = {}
    taken = bytearray(len(article.text))
    for entity in article.entities:
        taken[entity.start : entity.end] = b"\1" * (entity.end - entity.start)
        if len(entity.text) >= _SHORTEST_MENTION:
            labelled.setdefault(entity.text, entity.label)
    found = []
    for name in sorted(labelled, key=len, reverse=True):
        # 123 isn't mentioned in 91234, nor Ann in Anna.
        before, behind = (r"(?<![0-9A-Za-z])" * _latin(name[0]), r"(?![0-9A-Za-z])" * _latin(name[-1]))
        for match in re.finditer(before + re.escape(name) + behind, article.text):
            if not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = b"\1" * len(name)
                found.append((match.start(), match.end(), name))
    for start, end, name in sorted(found):
        yield "unlabelled-mention", f"{name!r} is {labelled[name]} elsewhere in the article", start, end


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _unknown(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    cure = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'none'}"
    return f"{name!r} is not in the taxonomy; {cure}"


def _excerpt(text: str, start: int, end: int) -> str:
    before, behind = text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT]
    span = f"【{text[start:end]}】" if end else ""
    return _one_line(f"{'…' * (start > _CONTEXT)}{before}{span}{behind}{'…' * (end + _CONTEXT < len(text))}")


def _one_line(text: str) -> str:
    return text.replace("\n", "⏎")
