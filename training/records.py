"""One labelled record as people have it (ours, doccano's or Label Studio's) and the article it becomes.

The forms differ in few keys, so one reader takes them all::

    ours                   {"text", "topic", "entities": [{"start", "end", "label"}, …]}
    doccano                {"text", "label": [[start, end, "ORG"], …]}, or {"text", "label": ["court"]} for a topic
    doccano, both          {"text", "entities": [[start, end, "ORG"], …], "cats": ["court"]}
    doccano, relations     {"text", "entities": [{"start_offset", "end_offset", "label"}, …], "relations"}
    Label Studio           {"data": {"text"}, "annotations": [{"result": [{"type", "value"}, …], "was_cancelled"}]}
    Label Studio JSON-MIN  {"text", "label": [{"start", "end", "text", "labels"}, …], "topic"}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qingyuan.article import Article, Entity

_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_LABELS = ("relation", "textarea", "rating")  # what Label Studio stores beside spans and topics


@dataclass(frozen=True)
class Record:
    """A labelled article, its name, and the place it was read from, such as `file.jsonl:12`."""

    id: str
    article: Article
    where: str


class RecordError(ValueError):
    """A record that can't be read; `str()` gives where it stands, what is wrong and the cure.

    `number` is a line of `file`, or, where `unit` is "record", the place in its list, the first being 1.
    """

    def __init__(self, message: str, cure: str, *, file: str = "", number: int | None = None, unit: str = "line"):
        super().__init__(message, cure)
        self.message, self.cure = message, cure
        self.file, self.number, self.unit = file, number, unit

    @property
    def where(self) -> str:
        return place(self.file, self.number, self.unit)

    def __str__(self) -> str:
        return f"{self.where}: {self.message}; {self.cure}"


def place(file: str, number: int | None, unit: str = "line") -> str:
    """How messages name a place: `file:line`, or `file: record 3` in files whose lines mean nothing."""
    return f"{file}:{number}" if unit == "line" else f"{file}: record {number}"


def read_record(values: Any) -> Article | None:
    """The article of a record; none if its annotation was cancelled. Raises `RecordError`, its place left open."""
    if not isinstance(values, Mapping):
        raise RecordError(f"{_name(values)} stands where a record should", 'write {"text": "…", "entities": […]}')
    if isinstance(values.get("data"), Mapping):
        values = _label_studio(values)
        if values is None:
            return None
    elif "annotations" in values:
        raise RecordError("`annotations` number their labels", "export from doccano with the labels' names")
    text = _text(values.get("text", values.get("data")))
    spans, topics = _marks(values)
    entities = [entity for span in spans for entity in _entities(text, span)]
    _refuse_tangles(entities)
    kept = [{"start": entity.start, "end": entity.end, "label": entity.label} for entity in entities]
    return Article.from_dict({"text": text, "topics": [{"label": topic} for topic in topics], "entities": kept})


def crossing(entities: Iterable[Entity]) -> Iterator[tuple[Entity, Entity]]:
    """Pairs of entities that overlap without one lying inside the other."""
    around: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.start, -e.end)):
        while around and around[-1].end <= entity.start:
            around.pop()
        if around and around[-1].end < entity.end:
            yield around[-1], entity
        around.append(entity)


def _label_studio(task: Mapping[str, Any]) -> dict[str, Any] | None:
    """A task in our form, by its first annotation that wasn't cancelled."""
    annotations = _objects(task, "annotations")
    if not annotations:
        raise RecordError("the task has no annotation", "label it, or export labelled tasks only")
    kept = [annotation for annotation in annotations if not annotation.get("was_cancelled")]
    if not kept:
        return None
    marks = []
    for result in _objects(kept[0], "result"):
        if (kind := result.get("type")) in ("labels", "choices"):
            marks.append(result.get("value"))
        elif kind not in _NO_LABELS:
            raise RecordError(f"a result of the type {kind!r} can't be learned", "label with <Labels> and <Choices>")
    return {"text": task["data"].get("text"), "label": marks}


def _objects(values: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = values.get(key) or []
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise RecordError(f"`{key}` isn't a list of objects", f'write "{key}": [{{…}}, …]')
    return found


def _text(text: Any) -> str:
    if text is None:
        raise RecordError("the record has no text", 'give it as "text"')
    if not isinstance(text, str):
        raise RecordError(f"the text is {_name(text)}", 'write it as a string: "text": "…"')
    if not text.strip():
        raise RecordError("the text is empty", "take the record out")
    if _SURROGATE.search(text):
        raise RecordError("the text holds half a surrogate pair", "write the character whole, or take it out")
    return text


def _marks(values: Mapping[str, Any]) -> tuple[list[Any], list[str]]:
    """The spans of a record, as yet unchecked, and its topics, wherever they stand."""
    spans, choices = [], [values[key] for key in ("topic", "choice") if values.get(key)]
    choices += values["cats"] if isinstance(values.get("cats"), list) else []
    for key in ("entities", "label", "labels"):
        found = values.get(key) or []
        if key != "entities" and _is_choice(found):
            found = [found]
        if not isinstance(found, list):
            raise RecordError(f"`{key}` is {_name(found)}", f'write a list: "{key}": […]')
        for mark in found:
            (choices if key != "entities" and _is_choice(mark) else spans).append(mark)
    topics = [topic for choice in choices for topic in _topics(choice)]
    if len(topics) > 1:
        raise RecordError(f"{len(topics)} topics: {', '.join(topics)}", "keep the one it is chiefly about")
    # A topic that isn't the first of the ranked ones was put right by hand.
    ranked = [topic for item in _objects(values, "topics") for topic in _topics(item.get("label"))]
    return spans, ranked if topics in ([], ranked[:1]) else topics


def _is_choice(mark: Any) -> bool:
    return isinstance(mark, str) or (isinstance(mark, Mapping) and "choices" in mark)


def _topics(choice: Any) -> list[str]:
    choice = choice.get("choices") if isinstance(choice, Mapping) else choice
    topics = choice if isinstance(choice, list) else [choice]
    for topic in topics:
        if not isinstance(topic, str):
            raise RecordError(f"a topic is {_name(topic)}", "write it as a string")
    return topics


def _entities(text: str, span: Any) -> Iterator[Entity]:
    """The entities of one span: one for each of its labels."""
    if isinstance(span, list) and len(span) == 3:
        span = dict(zip(("start", "end", "label"), span))
    if not isinstance(span, Mapping):
        raise RecordError(f"{span!r} is no span", 'write {"start": 0, "end": 2, "label": "…"}')
    start, end = (span.get(edge, span.get(f"{edge}_offset")) for edge in ("start", "end"))
    if not all(isinstance(edge, int) and not isinstance(edge, bool) for edge in (start, end)):
        raise RecordError(f"a span starts at {start!r} and ends at {end!r}", "count characters from 0")
    shown = span.get("text")
    if isinstance(shown, str) and shown != text[start:end]:
        start, end = _code_points(text, start, end, shown)
    if not 0 <= start < end <= len(text):
        wrong = "is empty" if start == end else "ends before it starts" if start > end else "lies outside the text"
        raise RecordError(f"the span [{start}, {end}) {wrong}", f"keep 0 <= start < end <= {len(text)}, its length")
    if shown is not None and shown != text[start:end]:
        raise RecordError(
            f"the span [{start}, {end}) is {text[start:end]!r} in the text, not {shown!r}",
            "count characters (code points) from 0, `end` being the first one behind the span",
        )
    labels = span.get("labels", span.get("label"))
    for label in labels if isinstance(labels, list) and labels else [labels]:
        if not isinstance(label, str) or not label:
            raise RecordError(f"the label of {text[start:end]!r} is {_name(label)}", 'name it: "label": "…"')
        yield Entity(start, end, label, text[start:end])


def _code_points(text: str, start: int, end: int, shown: str) -> tuple[int, int]:
    """The offsets of a tool that counts UTF-16 units, as browsers do, in code points; unchanged if it doesn't."""
    units = text.encode("utf-16-le")
    if 0 <= start < end and units[2 * start : 2 * end] == shown.encode("utf-16-le", "surrogatepass"):
        start, end = (len(units[: 2 * edge].decode("utf-16-le", "ignore")) for edge in (start, end))
    return start, end


def _refuse_tangles(entities: list[Entity]) -> None:
    seen = set()
    for entity in entities:
        if entity.span in seen:
            raise RecordError(f"{_show(entity)} stands twice", "take one of the two out")
        seen.add(entity.span)
    for outer, inner in crossing(entities):
        raise RecordError(
            f"{_show(outer)} and {_show(inner)} cross, which can't be learned",
            "put one inside the other, or let them end where the other starts",
        )


def _show(entity: Entity) -> str:
    return f"{entity.label} [{entity.start}, {entity.end}) {entity.text!r}"


def _name(value: Any) -> str:
    """What JSON calls a value."""
    if value is None:
        return "missing"
    names = {bool: "a truth value", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(value), "an object")
