"""Tagged tokens (CoNLL): a token and a tag a line, a blank line between sentences.

::

    # topic = court
    最<TAB>B-AGENCY
    高<TAB>I-AGENCY
    …

The first column is the token, a character or a word; the last is the tag. An article starts with `-DOCSTART-`,
`# id = …` or `# topic = …`; in a file that has none of them each sentence is an article. Its sentences become
lines. Tokens are joined directly; a space comes between two Latin words or numbers, single characters excepted,
for those are what a file of characters spells words with.

Tags are BIO, IOB1, BIOES, BILOU or BMES. Which of them is seen from the file as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from qingyuan.training.records import RecordError

Line = tuple[int, str]

_DOCSTART = "-DOCSTART-"
_COMMENT = re.compile(r"#\s*([\w.]+)\s*=\s*(.*?)\s*")
_TAG = re.compile(r"([BIMELSU])-(.+)")
_PARTS = {"M": "I", "L": "E", "U": "S"}  # BMES and BILOU in the letters of BIOES
_LATIN = re.compile("[0-9A-Za-z]")


@dataclass(frozen=True)
class Scheme:
    """What the tags of a file mean: does `I-` start a span (IOB1), does each span end with `E-` or `S-` (BIOES)?"""

    inside_starts: bool
    ends_marked: bool

    @classmethod
    def of(cls, lines: Iterable[str]) -> Scheme:
        # IOB1 has B- only where a span touches one of the same label before it.
        inside, telling, ends, before = False, False, False, ""
        for line in lines:
            part, label = (_is_token(line) and _part(_columns(line)[1])) or ("O", "")
            inside |= part == "I"
            telling |= part in "ES" or (part == "B" and label != before)
            ends |= part in "ES"
            before = label
        return cls(inside and not telling, ends)


@dataclass
class _Span:
    start: int
    label: str
    number: int


@dataclass
class _Builder:
    """An article as it grows, token by token."""

    scheme: Scheme
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    open: _Span | None = None
    before: str = ""  # the token before, in the same sentence

    def end_sentence(self) -> None:
        if self.scheme.ends_marked:
            self._refuse_open_end()
        self.open, self.before = None, ""

    def add(self, number: int, token: str, tag: str) -> None:
        start = self._append(token)
        part, label = _part(tag) or ("O", "")
        if part in "IE" and not (self.open and self.open.label == label):
            if not self.scheme.inside_starts:
                before = f"behind {self.open.label}" if self.open else "without a B- before it"
                raise RecordError(f"{tag} stands {before}", f"write B-{label} where its span starts", number=number)
            part = "B"
        if part in "OBS":
            if self.scheme.ends_marked:
                self._refuse_open_end()
            self.open = None if part == "O" else _Span(start, label, number)
            if self.open:
                self.entities.append({"start": start, "end": len(self.text), "label": label})
        else:
            self.entities[-1]["end"] = len(self.text)
        if part in "ES":
            self.open = None

    def _append(self, token: str) -> int:
        if not self.before:
            self.text += "\n" if self.text else ""
        elif _LATIN.match(self.before[-1]) and _LATIN.match(token) and len(self.before + token) > 2:
            self.text += " "
        start = len(self.text)
        self.text += token
        self.before = token
        return start

    def _refuse_open_end(self) -> None:
        if self.open:
            label = self.open.label
            raise RecordError(f"B-{label} has no end", f"end the span with E-{label}", number=self.open.number)


def split_articles(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The numbered lines of each article."""
    lines = list(lines)
    marked = any(_starts_article(line) for _, line in lines)
    article: list[Line] = []
    has_tokens = False
    for number, line in lines:
        if has_tokens and (_starts_article(line) if marked else not line.strip()):
            yield article
            article, has_tokens = [], False
        if article or line.strip():
            article.append((number, line))
        has_tokens |= _is_token(line)
    if has_tokens:
        yield article


def read_article(lines: Iterable[Line], scheme: Scheme) -> dict[str, Any]:
    """The record of one article: `{id, topic, text, entities: [{start, end, label}]}`.

    Raises `RecordError` with the line of a broken tag.
    """
    builder = _Builder(scheme)
    comments: dict[str, str] = {}
    for number, line in lines:
        if _is_token(line):
            token, tag = _columns(line)
            if tag != "O" and not _part(tag):
                wrong = f"{tag!r} is no tag" if tag else f"{line.strip()!r} has no tag"
                raise RecordError(wrong, "write the token, a tab, and O, B-LABEL or I-LABEL", number=number)
            builder.add(number, token, tag)
        else:
            builder.end_sentence()
            if comment := _COMMENT.fullmatch(line):
                comments[comment[1]] = comment[2]
    builder.end_sentence()
    return {
        "id": comments.get("id"),
        "topic": comments.get("topic"),
        "text": builder.text,
        "entities": builder.entities,
    }


def _is_token(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(_DOCSTART) and not _COMMENT.fullmatch(line)


def _starts_article(line: str) -> bool:
    comment = _COMMENT.fullmatch(line)
    return line.startswith(_DOCSTART) or (comment is not None and comment[1] in ("id", "topic"))


def _columns(line: str) -> tuple[str, str]:
    """The token and the tag of a line; no tag where it has one column only."""
    columns = line.split("\t") if "\t" in line else line.split()
    if len(columns) < 2 or not columns[0]:
        return line, ""
    return columns[0], columns[-1].strip()


def _part(tag: str) -> tuple[str, str] | None:
    """The part of a span that a tag names, in the letters of BIOES, and its label; none for `O` and nonsense."""
    match = _TAG.fullmatch(tag)
    return (_PARTS.get(match[1], match[1]), match[2]) if match else None
