"""pandas and polars: a frame in, the same frame with the tags in new columns out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from qingyuan.integrations.columns import check_names, express, tag_rows

if TYPE_CHECKING:
    from qingyuan.tagger import Tagger


def tag_frame(tagger: Tagger, frame: Any, text: str, **options: Any) -> Any:
    """See `Tagger.predict_frame`; `options` are those of `tag_rows`."""
    for library, extend in (("pandas", _extend_pandas), ("polars", _extend_polars)):
        if library in sys.modules and isinstance(frame, sys.modules[library].DataFrame):
            check_names(frame.columns, text)
            return extend(frame, tag_rows(tagger, frame[text], **options))
    given = f"{type(frame).__module__.partition('.')[0]} {type(frame).__name__}"
    cure = "collect() it first" if given == "polars LazyFrame" else "make one of it first"
    raise TypeError(f"predict_frame wants a DataFrame of pandas or polars, not {given}; {cure}")


def _extend_pandas(frame, columns):
    import pandas as pd

    strings = pd.Series(["text"]).dtype  # object in pandas 2, str in 3
    leaves = {int: "Int64", float: "float64", str: strings}
    types = {name: express(column.kind, leaves, lambda _: object, lambda _: object) for name, column in columns.items()}
    new = {name: pd.Series(list(column), frame.index, types[name]) for name, column in columns.items()}
    return frame.assign(**new)


def _extend_polars(frame, columns):
    import polars as pl

    leaves = {int: pl.Int64, float: pl.Float64, str: pl.String}
    types = {name: express(column.kind, leaves, pl.List, pl.Struct) for name, column in columns.items()}
    return frame.with_columns(pl.Series(name, list(column), types[name]) for name, column in columns.items())
