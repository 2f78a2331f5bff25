"""A report as one HTML page: the files of `templates`, filled with the report and its articles as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qingyuan.article import Article
from qingyuan.eval.metrics import align
from qingyuan.eval.report import Report, span_dict
from qingyuan.taxonomy import GOVERNMENT_NEWS
from qingyuan.viewer.page import asset, fill

_TEMPLATES = Path(__file__).parent / "templates"
_SHARED = "highlight.js", "theme.js", "keys.js"
_SCRIPTS = "dom.js", "figures.js", "plots.js", "articles.js", "filters.js"


def html_report(report: Report, gold: Sequence[Article], predicted: Sequence[Article], ids: Sequence[str]) -> str:
    """The page for a report and the articles it was built from; it needs no other file and no network.

    Filters may be set in the address: `#label=ORG,LAW&kind=missed&topic=wrong&q=…&view=errors&theme=dark`.
    Raises `ValueError` where the three sequences differ in length.
    """
    articles = [_article(*each) for each in zip(ids, gold, predicted, strict=True)]
    data = {"report": report.to_dict(), "articles": articles, "names": _names(gold, predicted)}
    scripts = *map(asset, _SHARED), *(asset(name, _TEMPLATES) for name in _SCRIPTS)
    return fill(
        asset("report.html", _TEMPLATES),
        title=f"{report.model} on {report.data}",
        style=asset("highlight.css") + asset("report.css", _TEMPLATES),
        script="\n".join(scripts),
        data=data,
    )


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
