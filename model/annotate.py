"""Tagged articles as annotation tools take them, to be corrected by people and read back by `qingyuan train`.

    doccano        a project of the kind "Intent Detection and Slot Filling": JSON lines of
                   {"text", "entities": [[start, end, label], …], "cats": [topic]}
    Label Studio   a JSON list of tasks, {"data": {"text", …}, "predictions": [{"model_version", "score", "result"}]}

Both count offsets in code points, as we do. What they export is read by `qingyuan.training.records`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from html import escape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from qingyuan.article import Article
from qingyuan.taxonomy import Name, Taxonomy

DOCCANO = "doccano"
LABEL_STUDIO = "label-studio"
_SHORTCUTS = "1234567890abcdefghijklmnopqrstuvwxyz"  # all that doccano knows
_MEANT = set("id text data label labels entities relations cats topic topics choice annotations".split())
_COLOURS = "#3568b8", "#17808a", "#2f7d46", "#a8620f", "#8a4fa3", "#b03a48", "#5f6b7a", "#7a5c3e"


def doccano_record(article: Article, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A line to import; doccano keeps `fields` as metadata."""
    return {
        **_beside(fields, _MEANT),
        "text": article.text,
        "entities": [[entity.start, entity.end, entity.label] for entity in article.entities],
        "cats": [article.topic.label] if article.topic else [],
    }


def doccano_labels(names: Iterable[Name]) -> list[dict[str, str | None]]:
    """Labels or topics with shortcuts and colours, to import under Labels."""
    shortcuts = iter(_SHORTCUTS)
    return [
        {
            "text": name.label,
            "suffix_key": next(shortcuts, None),
            "background_color": _COLOURS[number % len(_COLOURS)],
            "text_color": "#ffffff",
        }
        for number, name in enumerate(names)
    ]


def label_studio_task(article: Article, fields: Mapping[str, Any], model: str) -> dict[str, Any]:
    """A task with the tagger's answer as its prediction; `fields` are kept in its data."""
    results: list[dict[str, Any]] = [
        {
            "id": f"name-{number}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {"start": entity.start, "end": entity.end, "text": entity.text, "labels": [entity.label]},
            "score": entity.score,
        }
        for number, entity in enumerate(article.entities)
    ]
    if article.topic:
        results.append(
            {
                "id": "topic",
                "from_name": "topic",
                "to_name": "text",
                "type": "choices",
                "value": {"choices": [article.topic.label]},
                "score": article.topic.score,
            }
        )
    scores = [result["score"] for result in results]
    prediction = {"model_version": model, "score": min(scores, default=1.0), "result": results}
    return {"data": {**_beside(fields, {"text"}), "text": article.text}, "predictions": [prediction]}


def label_studio_config(taxonomy: Taxonomy) -> str:
    """The XML of a project's labelling interface: a topic, and spans that may lie in each other."""
    view = ElementTree.Element("View")
    if taxonomy.topics:
        choices = ElementTree.SubElement(view, "Choices", name="topic", toName="text", choice="single")
        choices.set("showInline", "true")
        for name in taxonomy.topics:
            ElementTree.SubElement(choices, "Choice", value=name.label, html=_shown(name))
    if taxonomy.labels:
        labels = ElementTree.SubElement(view, "Labels", name="label", toName="text")
        for number, name in enumerate(taxonomy.labels):
            colour = _COLOURS[number % len(_COLOURS)]
            ElementTree.SubElement(labels, "Label", value=name.label, html=_shown(name), background=colour)
    ElementTree.SubElement(view, "Text", name="text", value="$text", granularity="symbol")
    ElementTree.indent(view)
    return ElementTree.tostring(view, encoding="unicode") + "\n"


def import_lines(articles: Iterable[tuple[Article, Mapping[str, Any]]], format: str, model: str) -> Iterator[str]:
    """The lines of the file to import, from articles and the other fields of their records.

    `model` is what Label Studio calls the model that made its predictions.
    """
    if format == DOCCANO:
        for article, fields in articles:
            yield _dump(doccano_record(article, fields))
        return
    before = "["
    for article, fields in articles:
        yield before + _dump(label_studio_task(article, fields, model))
        before = ","
    yield "[]" if before == "[" else "]"


def write_labels(output: Path, format: str, taxonomy: Taxonomy) -> list[Path]:
    """Write beside `output` what sets the tool up; returns the files."""
    if format == LABEL_STUDIO:
        files = {".config.xml": label_studio_config(taxonomy)}
    else:
        parts = {".labels.json": taxonomy.labels, ".topics.json": taxonomy.topics}
        files = {end: _dump(doccano_labels(names), indent=1) + "\n" for end, names in parts.items() if names}
    for end, content in files.items():
        output.with_suffix(end).write_text(content, encoding="utf-8")
    return [output.with_suffix(end) for end in files]


def _beside(fields: Mapping[str, Any], meant: Set[str]) -> dict[str, Any]:
    """The fields, those that the tool or training has a meaning of its own for under `input`."""
    kept = {name: value for name, value in fields.items() if name not in meant}
    if covered := {name: value for name, value in fields.items() if name in meant}:
        kept["input"] = covered | ({"input": kept["input"]} if "input" in kept else {})
    return kept


def _shown(name: Name) -> str:
    """What the tool shows for a label, as HTML; the label itself is what it stores."""
    return escape(name.label if name.zh == name.label else f"{name.zh} {name.label}")


def _dump(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)

