"""The columns that tagging adds to a table, the same in every engine. Their types are declared here alone."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from qingyuan.tagger import Tagger

ENTITY = {"start": int, "end": int, "label": str, "text": str, "score": float, "parent": int}  # as `Article.to_dict`
LINKED = ENTITY | {"place": {"code": str, "path": [str], "level": str}, "refers_to": int}
COLUMNS = ("topic", "topic_score", "entities", "error")


def kinds_of_columns(linked: bool) -> dict[str, Any]:
    """The kinds of `COLUMNS`: a list of one kind holds any number of it, a dict is a struct, anything may be null."""
    return dict(zip(COLUMNS, (str, float, [LINKED if linked else ENTITY], str)))


class Column(list):
    """Values that know their Arrow type, so that a batch without any names or errors has the types of the others."""

    def __init__(self, kind: Any):
        self.kind = kind

    def __arrow_array__(self, type: pa.DataType | None = None) -> pa.Array:
        import pyarrow

        return pyarrow.array(list(self), type or arrow_type(self.kind))


def tag_rows(
    tagger: Tagger, texts: Iterable[Any], batch_size: int | None = None, threshold: float | None = None
) -> dict[str, Column]:
    """`COLUMNS` for rows of these texts. A row without a text has its error there, and the others go on."""
    texts = list(texts)
    articles = tagger.stream((text for text in texts if isinstance(text, str)), batch_size, threshold=threshold)
    columns = {name: Column(kind) for name, kind in kinds_of_columns(tagger.link).items()}
    fields = dict.fromkeys(columns["entities"].kind[0])
    for text in texts:
        if isinstance(text, str):
            article = next(articles)
            tags = article.to_dict()
            entities = [fields | entity for entity in tags["entities"]]
            row = tags["topic"], article.topic and article.topic.score, entities, None
        else:
            row = None, None, None, f"no text but {_what(text)}"
        for column, value in zip(columns.values(), row):
            column.append(value)
    return columns


def _what(value: Any) -> str:
    shown = repr(value)
    return "null" if shown in ("None", "nan", "<NA>", "NaT") else f"{type(value).__name__}: {shown:.60}"


def tag_table(tagger: Tagger, table: pa.Table, text: str, **options: Any) -> pa.Table:
    """An Arrow table with `COLUMNS` added; `options` are those of `tag_rows`."""
    check_names(table.column_names, text)
    for name, column in tag_rows(tagger, table[text].to_pylist(), **options).items():
        table = table.append_column(name, column.__arrow_array__())
    return table


def check_names(names: Iterable[Any], text: str) -> None:
    """Raises `ValueError` unless one column is named `text` and none as those that would be added."""
    names = list(names)
    if text not in names:
        near = difflib.get_close_matches(str(text), map(str, names), n=1, cutoff=0)
        found = f"the nearest is {near[0]!r} of {', '.join(map(str, names))}" if near else "there are no columns"
        raise ValueError(f"no column {text!r}: {found}; name the one that holds the texts with text=")
    if names.count(text) > 1:
        raise ValueError(f"{names.count(text)} columns are named {text!r}; rename all but one")
    if taken := [name for name in COLUMNS if name in names]:
        raise ValueError(f"there is a column {', '.join(taken)} already, which the tags would cover; rename or drop it")


def arrow_type(kind: Any) -> pa.DataType:
    import pyarrow

    leaves = {int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    return express(kind, leaves, pyarrow.list_, lambda fields: pyarrow.struct(list(fields.items())))


def express(kind: Any, leaves: Mapping[type, Any], list_of: Callable[[Any], Any], struct: Callable[[dict], Any]) -> Any:
    """A kind of column in the terms of an engine."""
    if isinstance(kind, dict):
        return struct({name: express(inner, leaves, list_of, struct) for name, inner in kind.items()})
    if isinstance(kind, list):
        return list_of(express(kind[0], leaves, list_of, struct))
    return leaves[kind]
