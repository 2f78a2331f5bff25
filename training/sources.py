"""Where articles come from: the corpora that this project ships, or files of one's own.

A source is `written/train`, `written/more`, `written/names`, `written/forms`, `written/dev`, `web/train`, `web/more`,
`web/dev`, `web/unlabelled`, `web/others`, or the path of a file in any format of `qingyuan.training.formats`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from qingyuan.article import Article
from qingyuan.inputs import PACKED, open_unpacked
from qingyuan.training import web
from qingyuan.training.formats import Record, RecordError, read_articles
from qingyuan.training.leaks import without_leaks
from qingyuan.training.overlap import runs_of, shared_run

CORPUS = Path(__file__).parent / "corpus"
LABELLED = (
    *("written/train", "written/more", "written/names", "written/forms", "written/dev"),
    *("web/train", "web/more", "web/dev"),
)
UNLABELLED = {"web/unlabelled": True, "web/others": False}  # whether they are of the domain
LIKE = 30


def read_records(sources: Iterable[str], on_error: Callable[[RecordError], None] | None = None) -> list[Record]:
    """The labelled articles of all sources. A bad record is raised, or handed to `on_error` and left out."""
    records: list[Record] = []
    for source in sources:
        if source in LABELLED:
            records += [
                Record(record["id"], Article.from_dict(record), f"{source}:{record['id']}")
                for record in shipped_records(source)
            ]
        elif source in UNLABELLED:
            raise ValueError(f"{source} has no labels; it serves `qingyuan pretrain` and `distil` alone")
        else:
            records += read_articles(source, on_error)
    return records


def shipped_records(source: str) -> Iterator[dict]:
    """The labelled articles of a shipped corpus: `{id, topic, text, entities: [{start, end, label, text}]}`.

    In its file a record has its entities as `[start, end, label]`; the labels of web articles, which say nothing without
    their texts, are packed.
    """
    is_web = source.startswith("web/")
    with open_unpacked(CORPUS / f"{source}.jsonl{PACKED if is_web else ''}") as file:
        for line in file:
            record = json.loads(line)
            record = web.join(record) if is_web else record
            text = record["text"]
            entities = [
                {"start": start, "end": end, "label": label, "text": text[start:end]}
                for start, end, label in record["entities"]
            ]
            yield record | {"entities": entities}


def read_texts(sources: Iterable[str]) -> dict[str, str]:
    """The texts alone, by a name that tells where each stands."""
    texts: dict[str, str] = {}
    for source in sources:
        if source in UNLABELLED:
            texts |= unlabelled_texts(UNLABELLED[source])
        else:
            texts |= {record.where: record.article.text for record in read_records([source])}
    return texts


def unlabelled_texts(in_domain: bool = True) -> dict[str, str]:
    """Web articles, of the domain or others, neither labelled nor like an article that models are scored on.

    The package holds some articles twice, or with another headline: whatever shares a run of `LIKE` characters
    with a dev article is left out too, as is what shares one of `leaks.RUN` with the page.
    """
    places, copies, dev = _not_to_learn_from()
    texts = {place: text for place, text in web.unlabelled_texts(places, in_domain).items() if text not in copies}
    return without_leaks({place: text for place, text in texts.items() if not shared_run(text, dev, LIKE)})


@cache
def _not_to_learn_from() -> tuple[set[str], set[str], frozenset[str]]:
    """The places and the texts of labelled web articles, and the runs of all dev articles."""
    web_dev = list(shipped_records("web/dev"))
    labelled = [*shipped_records("web/train"), *shipped_records("web/more"), *web_dev]
    places, copies = {record["source"] for record in labelled}, {record["text"] for record in labelled}
    return places, copies, runs_of((record["text"] for record in (*shipped_records("written/dev"), *web_dev)), LIKE)
