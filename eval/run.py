"""`qingyuan evaluate`: tag a set of gold articles, score them, and tell it as text, JSON and HTML."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path

from rich.console import Console

from qingyuan.checkpoint import find_checkpoint
from qingyuan.eval.data import load_evaluation_set, names_seen
from qingyuan.eval.html import html_report
from qingyuan.eval.report import Report, build_report
from qingyuan.eval.text import print_report
from qingyuan.tagger import Tagger


def evaluate(
    model: str = "default",
    data: str = "page",
    *,
    json: Path | None = None,
    html: Path | None = None,
    errors: bool = False,
    device: str = "auto",
    backend: str = "auto",
    batch_size: int | None = None,
    console: Console | None = None,
) -> Report:
    """Score `model` on `data` (`page`, `web`, `written` or a file), print the report, and write it where asked."""
    gold = load_evaluation_set(data)
    checkpoint = find_checkpoint(model)
    tagger = Tagger.from_pretrained(checkpoint, device=device, backend=backend)
    predicted = tagger.predict([article.text for article in gold.articles], batch_size=batch_size)
    report = build_report(
        gold.articles,
        predicted,
        gold.ids,
        model=model,
        data=data,
        seen=names_seen(checkpoint),
        ceiling=gold.agreement,
    )
    print_report(report, console or Console(), errors=errors)
    if json:
        json.write_text(jsonlib.dumps(report.to_dict(), ensure_ascii=False, indent=1), encoding="utf-8")
    if html:
        html.write_text(html_report(report, gold.articles, predicted, gold.ids), encoding="utf-8")
    return report
