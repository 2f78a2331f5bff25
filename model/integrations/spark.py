"""Spark: partitions as batches of Arrow, and a tagger in each Python worker.

>>> tag_dataframe(spark.read.parquet("articles"), text="正文").write.parquet("tagged")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from qingyuan.checkpoint import DEFAULT
from qingyuan.integrations.columns import check_names, express, kinds_of_columns, tag_table

try:
    import pyarrow as pa
    from pyspark import TaskContext
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"{error}: Spark is needed; pip install 'qingyuan[spark]'") from error

Batches = Iterator[pa.RecordBatch]


def tag_dataframe(
    df: DataFrame, text: str = "正文", model: str = DEFAULT, threshold: float | None = None, **options: Any
) -> DataFrame:
    """The rows of `df` with topic, topic_score, entities and error added to each, lazily.

    `model` and `options` are those of `Tagger.from_pretrained`; files are read where Spark's Python workers run. Raises
    `ValueError` where there is no column `text`, or one of the new columns is there.
    """
    tag = tag_partition(text, model, threshold, **options)
    return df.mapInArrow(tag, schema_of(df, text, link=options.get("link", False)))


def tag_partition(
    text: str = "正文", model: str = DEFAULT, threshold: float | None = None, **options: Any
) -> Callable[[Batches], Batches]:
    """What `DataFrame.mapInArrow` calls on a partition, with `schema_of`.

    The tagger is loaded once in each Python worker, on the CPU if not told otherwise, with `spark.task.cpus` threads.
    """
    options = {"device": "cpu"} | options
    if not isinstance(dictionary := options.get("dictionary"), str | Path | None):
        raise TypeError(f"dictionary: a file that all workers can read, not {type(dictionary).__name__}")

    def tag(batches: Batches) -> Batches:
        from qingyuan.integrations.workers import kept_tagger

        tagger = kept_tagger(model, TaskContext.get().cpus(), **options)
        for batch in batches:
            yield from tag_table(tagger, pa.Table.from_batches([batch]), text, threshold=threshold).to_batches()

    return tag


def schema_of(df: DataFrame, text: str = "正文", link: bool = False) -> StructType:
    """The schema of `df` with the new columns; `link` as for the tagger. Raises `ValueError` as `tag_dataframe`."""
    check_names(df.columns, text)
    leaves = {int: "bigint", float: "double", str: "string"}
    kinds = kinds_of_columns(link).items()
    types = [f"{name} {express(kind, leaves, 'array<{}>'.format, _struct)}" for name, kind in kinds]
    return StructType([*df.schema.fields, *StructType.fromDDL(", ".join(types)).fields])


def _struct(fields: dict[str, str]) -> str:
    return f"struct<{', '.join(f'`{name}`: {kind}' for name, kind in fields.items())}>"
