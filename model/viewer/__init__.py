"""`qingyuan view`: tagged articles as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from qingyuan.article import Article, Entity
from qingyuan.taxonomy import GOVERNMENT_NEWS
from qingyuan.viewer.page import asset, fill

STYLES = "highlight.css", "viewer.css"
SCRIPTS = "highlight.js", "theme.js", "language.js", "words.js", "keys.js", "articles.js", "filters.js"
JOIN = "\u2060"  # stands for a line break within a paragraph: nothing to see, and it keeps all offsets


def view_page(articles: Iterable[tuple[Article, Mapping[str, Any]]], title: str) -> str:
    """The page that shows tagged articles, each given with the other fields of its record (see `read_tagged`).

    Filters may be set in the address: `#topic=court&label=ORG,LAW&least=0.5&q=…&lang=en&theme=dark`.
    """
    names = {name.label: (name.zh, name.en) for name in (*GOVERNMENT_NEWS.labels, *GOVERNMENT_NEWS.topics)}
    shown = []
    for article, fields in articles:
        names |= {topic.label: (topic.name_zh, topic.name_en) for topic in article.topics}
        shown.append(_shown(article, fields))
    order = list(names)
    labels = {label for article in shown for _, _, label, *_ in article["names"]}
    topics = {article["topic"] for article in shown if article["topic"]}
    data = {
        "articles": shown,
        "labels": sorted(labels, key=lambda label: order.index(label) if label in names else len(order)),
        "topics": sorted(topics, key=order.index),
        "names": names,
    }
    return fill(
        asset("viewer.html"),
        title=title,
        style="\n".join(map(asset, STYLES)),
        script="\n".join(map(asset, SCRIPTS)),
        data=data,
    )


def read_tagged(record: Mapping[str, Any]) -> list[tuple[Article, Mapping[str, Any]]]:
    """The articles of a record that `qingyuan predict` wrote, those of a page with --page, and its other fields.

    Raises `ValueError` for a record that isn't tagged.
    """
    try:
        if "articles" in record:
            return [(_of_page(record["text"], part), {}) for part in record["articles"]]
        if "entities" in record:
            return [(Article.from_dict(record), record)]
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise ValueError(f"not a tagged article ({type(error).__name__}: {error})") from error
    raise ValueError("not a tagged article (no `entities`)")


def _of_page(text: str, values: Mapping[str, Any]) -> Article:
    """An article of a page as text of its own: a paragraph a line, however the page broke its lines."""
    characters = list(text)
    for part in (values["title"], *values["subheads"], *values["byline"], *values["body"]):
        for place in range(part["start"], part["end"]) if part else ():
            if characters[place] == "\n":
                characters[place] = JOIN
    first, stop = values["start"], values["end"]
    kept = "label", "score", "place"
    entities = [
        {"start": e["start"] - first, "end": e["end"] - first, **{name: e[name] for name in kept if name in e}}
        for e in values["entities"]
    ]
    return Article.from_dict({**values, "text": "".join(characters[first:stop]), "entities": entities})


def _notes(entity: Entity) -> list[str]:
    """What linking has found, in a few words."""
    place = " ".join(entity.place.path) if entity.place else ""
    return [*filter(None, (place, entity.refers_to and f"→ {entity.refers_to.text}"))]


def _shown(article: Article, fields: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "text": article.text,
        "topic": article.topic.label if article.topic else None,
        "score": article.topic.score if article.topic else None,
        "names": [[e.start, e.end, e.label, round(e.score, 4), *_notes(e)] for e in article.entities],
    }
    if isinstance(title := fields.get("title"), str) and not article.text.startswith(title):
        shown["title"] = title
    if isinstance(name := fields.get("id"), str | int):
        shown["id"] = str(name)
    return shown
