"""What a text becomes: an `Article` with its topics and entities, and the JSON it is kept in.

The JSON of an article, which is also the format of training records::

    {"text": "西藏自治区禁毒办……",
     "topic": "drug_control",
     "topics": [{"label": "drug_control", "name_zh": "禁毒", "name_en": "drug control", "score": 0.98}, …],
     "entities": [{"start": 0, "end": 8, "label": "AGENCY", "text": "西藏自治区禁毒办", "score": 0.97, "parent": null},
                  {"start": 0, "end": 5, "label": "PLACE", "text": "西藏自治区", "score": 0.99, "parent": 0}, …]}

Offsets count code points; `parent` is the place in `entities` of the span around a nested one. A record made
by hand needs `text`, `topic` and the entities' `start`, `end` and `label`; the rest is filled in.
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
class Entity:
    """A named thing: `article.text[start:end] == text`. `parent` is the entity it is nested in."""

    start: int
    end: int
    label: str
    text: str
    score: float = 1.0
    parent: Entity | None = field(default=None, repr=False)

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
                }
                for entity in self.entities
            ],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Article:
        """Read an article back, or a training record, which needs no scores, names or parents.

        Raises `ValueError` where an entity lies outside the text or its `text` is not what stands there.
        """
        text = record["text"]
        if topics := record.get("topics"):
            topics = tuple(map(Topic.from_dict, topics))
        else:
            topics = (Topic.from_dict({"label": record["topic"]}),) if record.get("topic") else ()
        return cls(text, topics, nest(_read_entity(text, values) for values in record.get("entities") or ()))


def nest(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The entities in order (by start, the longer first), each with the smallest one around it as its parent."""
    nested: list[Entity] = []
    around: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.start, -e.end, e.label)):
        while around and around[-1].end < entity.end:
            around.pop()
        parent = around[-1] if around and around[-1].end >= entity.end else None
        entity = replace(entity, parent=parent)
        nested.append(entity)
        around.append(entity)
    return tuple(nested)


def _read_entity(text: str, values: Mapping[str, Any]) -> Entity:
    start, end = values["start"], values["end"]
    if not 0 <= start < end <= len(text):
        raise ValueError(f"entity [{start}, {end}) lies outside the text of {len(text)} characters")
    if values.get("text", text[start:end]) != text[start:end]:
        raise ValueError(f"entity [{start}, {end}) is {text[start:end]!r} in the text, not {values['text']!r}")
    return Entity(start, end, values["label"], text[start:end], float(values.get("score", 1.0)))
