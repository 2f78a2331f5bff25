"""Labels and topics with their Chinese and English names; a checkpoint carries its own in its config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Name:
    """An entity label or a topic: the word data are labelled with, and what people call it."""

    label: str
    zh: str
    en: str


@dataclass(frozen=True)
class Taxonomy:
    """What a model tells apart.

    `nested` says which labels may lie inside a span of which others; all other spans stand beside each other.
    """

    labels: tuple[Name, ...] = ()
    topics: tuple[Name, ...] = ()
    nested: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self):
        object.__setattr__(self, "nested", {inner: tuple(outer) for inner, outer in self.nested.items()})
        for kind, names in (("label", self.label_names), ("topic", self.topic_names)):
            if len(set(names)) < len(names):
                raise ValueError(f"a {kind} stands twice: {', '.join(sorted(n for n in names if names.count(n) > 1))}")
        for name in {*self.nested, *(outer for outers in self.nested.values() for outer in outers)}:
            if name not in self.label_names:
                raise ValueError(f"nested: {name!r} is not one of the labels {', '.join(self.label_names)}")

    def __reduce__(self):
        """Without the properties worked out so far: equal ones are equal bytes, which caches rely on."""
        return Taxonomy.from_dict, (self.to_dict(),)

    @cached_property
    def label_names(self) -> tuple[str, ...]:
        return tuple(name.label for name in self.labels)

    @cached_property
    def topic_names(self) -> tuple[str, ...]:
        return tuple(name.label for name in self.topics)

    @cached_property
    def layers(self) -> tuple[tuple[str, ...], ...]:
        """The labels of each layer of spans: all of them, then those that may be nested."""
        inner = tuple(label for label in self.label_names if label in self.nested)
        return tuple(layer for layer in (self.label_names, inner) if layer)

    def to_dict(self) -> dict[str, Any]:
        """Lists, so that the order of labels, which is that of the model's scores, outlives sorted keys."""
        return {
            "labels": [[name.label, name.zh, name.en] for name in self.labels],
            "topics": [[name.label, name.zh, name.en] for name in self.topics],
            "nested": {inner: list(outer) for inner, outer in self.nested.items()},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Taxonomy:
        """Read `to_dict`'s form, or what people write: `labels: [SHIP, PORT]` or `labels: {SHIP: 船舶}`."""
        return cls(_names(values.get("labels")), _names(values.get("topics")), values.get("nested") or {})


def _names(values: Mapping[str, str] | Sequence | None) -> tuple[Name, ...]:
    if isinstance(values, Mapping):
        values = list(values.items())
    return tuple(_name(*([value] if isinstance(value, str) else value)) for value in values or ())


def _name(label: str, zh: str | None = None, en: str | None = None) -> Name:
    return Name(label, zh or label, en or label.replace("_", " ").lower())


GOVERNMENT_NEWS = Taxonomy(
    labels=(
        Name("AGENCY", "机构", "agency"),
        Name("ORG", "组织", "organisation"),
        Name("PLACE", "地点", "place"),
        Name("CAMPAIGN", "行动", "campaign"),
        Name("PERSON", "人名", "person"),
        Name("LAW", "法规文件", "law or document"),
    ),
    topics=(
        Name("drug_control", "禁毒", "drug control"),
        Name("legal_education", "普法宣传", "legal education"),
        Name("petition_mediation", "信访与矛盾化解", "petitions and mediation"),
        Name("court", "法院审判", "courts"),
        Name("procuratorate", "检察", "procuratorates"),
        Name("policing", "公安治安", "policing"),
        Name("anti_fraud", "反诈", "anti-fraud"),
        Name("traffic", "交通管理", "traffic"),
        Name("corrections", "监所与社区矫正", "corrections"),
        Name("judicial_administration", "公共法律服务", "public legal services"),
        Name("taxation", "税务", "taxation"),
        Name("urban_management", "城市管理", "urban management"),
        Name("grassroots_governance", "基层治理", "grass-roots governance"),
        Name("market_regulation", "市场监管与营商环境", "market regulation"),
        Name("environment", "生态环境", "environment"),
        Name("emergency_safety", "应急与安全生产", "emergencies and work safety"),
        Name("labor_social_security", "人社民生", "labour and social security"),
        Name("other", "其他", "other"),
    ),
    nested={"PLACE": ("AGENCY", "ORG")},
)
