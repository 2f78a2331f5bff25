"""`qingyuan predict`."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, BinaryIO, Optional

import typer

from qingyuan.cli.options import BatchSize, Device, Model, clear_errors
from qingyuan.inputs import Input, InputError, open_output, read_inputs, write_json

SOME_LEFT_OUT = 3  # exit code: the work is done, but some records could not be read


class Format(str, Enum):
    jsonl = "jsonl"
    table = "table"


def predict(
    files: Annotated[list[str], typer.Argument(help="Texts (an article a file), .jsonl (a `text` a line), or -.")],
    output: Annotated[Optional[Path], typer.Option("--output", "-o", help="Write here, not to standard output.")] = None,
    format: Annotated[Format, typer.Option(help="JSON lines for programs, a table for people.")] = Format.jsonl,
    model: Model = "default",
    device: Device = "auto",
    batch_size: BatchSize = 32,
    threshold: Annotated[Optional[float], typer.Option(min=0, max=1, help="Leave out names that score less.")] = None,
    text_field: Annotated[str, typer.Option(help="The field of a .jsonl record that holds the text.")] = "text",
) -> None:
    """Tag articles.

    JSON lines keep all fields of their record and gain topic, topics and entities; fields that had these names
    move under `input`. What can't be read is told on standard error with its file and line; the others go on,
    and the exit code is then 3.
    """
    tagger = _tagger(model, device)
    left_out: list[InputError] = []

    def tell(error: InputError) -> None:
        left_out.append(error)
        typer.echo(f"left out: {error}", err=True)

    inputs = _with_progress(read_inputs(files, tell, text_field))
    tagged = _tag(tagger, inputs, batch_size, threshold)
    with open_output(output) as file:
        if format is Format.table:
            _show_all(tagged, tagger, file)
        else:
            for source, article in tagged:
                write_json(source.with_result(article.to_dict()), file)
    if left_out:
        raise typer.Exit(SOME_LEFT_OUT)


def _tagger(model: str, device: str):
    with clear_errors():
        from qingyuan.tagger import Tagger

        return Tagger.from_pretrained(model, device=device)


def _tag(tagger, inputs: Iterable[Input], batch_size: int, threshold: float | None) -> Iterator[tuple]:
    """Each input with its article."""
    waiting: deque[Input] = deque()

    def texts() -> Iterator[str]:
        for each in inputs:
            waiting.append(each)
            yield each.text

    for article in tagger.stream(texts(), batch_size, threshold=threshold):
        yield waiting.popleft(), article


def _show_all(tagged: Iterable[tuple], tagger, file: BinaryIO) -> None:
    from rich.console import Console

    from qingyuan.show import show_article

    text_file = TextIOWrapper(file, encoding="utf-8", errors="replace", write_through=True)
    console = Console(file=text_file, force_terminal=file.isatty() or None)
    for source, article in tagged:
        show_article(article, source.where, tagger.taxonomy, console)
    text_file.detach()


def _with_progress(inputs: Iterator[Input]) -> Iterator[Input]:
    """A counter on standard error, where a person is looking."""
    if not sys.stderr.isatty():
        return inputs
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    def counted() -> Iterator[Input]:
        columns = SpinnerColumn(), TextColumn("{task.completed} articles"), TimeElapsedColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("tagging", total=None)
            for each in inputs:
                yield each
                progress.advance(task)

    return counted()
