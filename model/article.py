"""What a text becomes: an `Article` with its topics and entities, and the JSON it is kept in.

The JSON of an article, which is also the format of training records::

    {"text": "西藏自治区禁毒办……",
     "topic": "drug_control",
     "topics": [{"label": "drug_control", "name_zh": "禁毒", "name_en": "drug control", "score": 0.98}, …],
     "entities": [{"start": 0, "end": 8, "label": "AGENCY", "text": "西藏自治区禁毒办", "score": 0.97, "parent": null},
                  {"start": 0, "end": 5, "label": "PLACE", "text": "西藏自治区", "score": 0.99, "parent": 0}, …]}

Offsets count code points; `parent` is the place in `entities` of the span around a nested one. A record made
by hand needs `text`, `topic` and the entities' `start`, `end` and `label`; the rest is filled in.

An article that was linked (`qingyuan.linking`) has two more fields, each only where there is something to tell::

    {"start": 40, "end": 46, "label": "PLACE", "text": "拉萨市城关区", "score": 0.99, "parent": null,
     "place": {"code": "540102", "path": ["西藏自治区", "拉萨市", "城关区"], "level": "county"}}
    {"start": 73, "end": 77, "label": "AGENCY", "text": "市禁毒办", "score": 0.98, "parent": null, "refers_to": 2}

`place` is the smallest administrative division (GB/T 2260) that the name tells, `refers_to` the place in `entities`
of the longer name that a short one stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Topic:
    """What an article is about; `score` is the calibrated probability, 0 to 1."""

    label: str
    name_zh: str
    name_en: str
    score: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        return {"label": self.label, "name_zh": self.name_zh, "name_en": self.name_en, "score": self.score}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Topic:
        label = values["label"]
        return cls(label, values.get("name_zh", label), values.get("name_en", label), float(values.get("score", 1.0)))


@dataclass(frozen=True, slots=True)
class Place:
    """An administrative division: its code of GB/T 2260, its names from the province down, and its level."""

    code: str
    path: tuple[str, ...]
    level: str  # province, city or county

    @property
    def name(self) -> str:
        return self.path[-1]

    def lies_in(self, other: Place) -> bool:
        """Whether it is `other` or a part of it."""
        return self.path[: len(other.path)] == other.path

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "path": list(self.path), "level": self.level}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Place:
        return cls(values["code"], tuple(values["path"]), values["level"])


@dataclass(frozen=True, slots=True)
class Entity:
    """A named thing: `article.text[start:end] == text`. `parent` is the entity it is nested in.

    `place` and `refers_to` are filled by `qingyuan.linking`; what is referred to always has the longer name.
    """

    start: int
    end: int
    label: str
    text: str
    score: float = 1.0
    parent: Entity | None = field(default=None, repr=False)
    place: Place | None = field(default=None, repr=False)
    refers_to: Entity | None = field(default=None, repr=False)

    @property
    def span(self) -> tuple[int, int, str]:
        return self.start, self.end, self.label


@dataclass(frozen=True, slots=True)
class Article:
    """A text, its topics (best first) and its entities (by start, the longer first)."""

    text: str
    topics: tuple[Topic, ...] = ()
    entities: tuple[Entity, ...] = ()

    @property
    def topic(self) -> Topic | None:
        """The best topic; none for an empty text, or where the model knows no topics."""
        return self.topics[0] if self.topics else None

    def to_dict(self) -> dict[str, Any]:
        index = {entity.span: number for number, entity in enumerate(self.entities)}
        return {
            "text": self.text,
            "topic": self.topic.label if self.topic else None,
            "topics": [topic.to_dict() for topic in self.topics],
            "entities": [
                {
                    "start": entity.start,
                    "end": entity.end,
                    "label": entity.label,
                    "text": entity.text,
                    "score": entity.score,
                    "parent": index[entity.parent.span] if entity.parent else None,
                    **({"place": entity.place.to_dict()} if entity.place else {}),
                    **({"refers_to": index[entity.refers_to.span]} if entity.refers_to else {}),
                }
                for entity in self.entities
            ],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Article:
        """Read an article back, or a training record, which needs no scores, names or parents.

        Raises `ValueError` where an entity lies outside the text, its `text` is not what stands there, or it refers
        to none that has a longer name.
        """
        text = record["text"]
        if topics := record.get("topics"):
            topics = tuple(map(Topic.from_dict, topics))
        else:
            topics = (Topic.from_dict({"label": record["topic"]}),) if record.get("topic") else ()
        values = record.get("entities") or ()
        entities = [_read_entity(text, each) for each in values]
        return cls(text, topics, nest(_refer(entities, each, its) for each, its in zip(entities, values)))


def nest(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The entities in order (by start, the longer first), each with the smallest one around it as its parent.

    `refers_to` is renewed too: the entity of the same span among these, or none.
    """
    ordered = sorted(entities, key=lambda e: (e.start, -e.end, e.label))
    parents: list[int | None] = []
    around: list[int] = []
    for number, entity in enumerate(ordered):
        while around and ordered[around[-1]].end < entity.end:
            around.pop()
        parents.append(around[-1] if around else None)
        around.append(number)
    numbers = {entity.span: number for number, entity in enumerate(ordered)}
    nested: list[Entity] = ordered.copy()
    # parents and what is referred to have the longer texts, so they are made first
    for number in sorted(range(len(ordered)), key=lambda n: -len(ordered[n].text)):
        entity, parent = ordered[number], parents[number]
        referred = numbers.get(entity.refers_to.span) if entity.refers_to else None
        nested[number] = replace(
            entity,
            parent=None if parent is None else nested[parent],
            refers_to=None if referred is None else nested[referred],
        )
    return tuple(nested)


def _refer(entities: list[Entity], entity: Entity, values: Mapping[str, Any]) -> Entity:
    if (number := values.get("refers_to")) is None:
        return entity
    is_index = isinstance(number, int) and 0 <= number < len(entities)
    if not is_index or len(entities[number].text) <= len(entity.text):
        raise ValueError(f"{entity.text!r} [{entity.start}, {entity.end}) refers to {number}, which is no longer name")
    return replace(entity, refers_to=entities[number])


def _read_entity(text: str, values: Mapping[str, Any]) -> Entity:
    start, end = values["start"], values["end"]
    if not 0 <= start < end <= len(text):
        raise ValueError(f"entity [{start}, {end}) lies outside the text of {len(text)} characters")
    if values.get("text", text[start:end]) != text[start:end]:
        raise ValueError(f"entity [{start}, {end}) is {text[start:end]!r} in the text, not {values['text']!r}")
    place = Place.from_dict(values["place"]) if values.get("place") else None
    return Entity(start, end, values["label"], text[start:end], float(values.get("score", 1.0)), place=place)
