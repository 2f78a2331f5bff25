"""A report as one HTML page: the files of `templates`, filled with the report and its articles as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from qingyuan.article import Article
from qingyuan.eval.metrics import align
from qingyuan.eval.report import Report, span_dict
from qingyuan.taxonomy import GOVERNMENT_NEWS

_TEMPLATES = Path(__file__).parent / "templates"
_UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def html_report(report: Report, gold: Sequence[Article], predicted: Sequence[Article], ids: Sequence[str]) -> str:
    """The page for a report and the articles it was built from; it needs no other file and no network.

    Filters may be set in the address: `#label=ORG,LAW&kind=missed&topic=wrong&q=…&view=errors&theme=dark`.
    Raises `ValueError` where the three sequences differ in length.
    """
    articles = [_article(*each) for each in zip(ids, gold, predicted, strict=True)]
    data = {"report": report.to_dict(), "articles": articles, "names": _names(gold, predicted)}
    parts = {
        "title": escape(f"{report.model} on {report.data}"),
        "style": _read("report.css"),
        "script": "\n".join(map(_read, ("dom.js", "figures.js", "plots.js", "articles.js", "filters.js"))),
        "data": json.dumps(data, ensure_ascii=False).translate(_UNSAFE),
    }
    # In one pass, so that a text which reads like a placeholder stays a text.
    page = re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], _read("report.html"))
    # A lone surrogate has no UTF-8; the stand-in keeps all offsets.
    return re.sub("[\ud800-\udfff]", "\ufffd", page)


def _article(name: str, gold: Article, predicted: Article) -> dict[str, Any]:
    topic = predicted.topic
    return {
        "id": name,
        "text": gold.text,
        "topic": {
            "gold": gold.topic.label if gold.topic else None,
            "predicted": topic.label if topic else None,
            "score": topic.score if topic else None,
        },
        "pairs": [
            {"kind": pair.kind, "gold": span_dict(pair.gold), "predicted": span_dict(pair.predicted, scored=True)}
            for pair in align(gold.entities, predicted.entities)
        ],
    }


def _names(gold: Sequence[Article], predicted: Sequence[Article]) -> dict[str, str]:
    """The Chinese names of labels and topics, where known."""
    known = {name.label: name.zh for name in (*GOVERNMENT_NEWS.labels, *GOVERNMENT_NEWS.topics)}
    return known | {t.label: t.name_zh for a in (*gold, *predicted) for t in a.topics if t.name_zh != t.label}


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
