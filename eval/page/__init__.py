"""A real newspaper page and its hand labels: for evaluation alone, never for training."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from qingyuan.article import Article

PAGE = Path(__file__).parent


@cache
def page_articles() -> tuple[tuple[str, ...], tuple[Article, ...]]:
    """The names and articles of the newspaper page; offsets count from the start of each article."""
    page = (PAGE / "page.txt").read_text(encoding="utf-8")
    ids, articles = [], []
    for line in (PAGE / "page.gold.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        start = record["start"]
        entities = [{**e, "start": e["start"] - start, "end": e["end"] - start} for e in record["entities"]]
        text = page[start : record["end"]]
        articles.append(Article.from_dict({"text": text, "topic": record["topic"], "entities": entities}))
        ids.append(record["id"])
    return tuple(ids), tuple(articles)
