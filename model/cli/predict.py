"""`qingyuan predict`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from io import TextIOWrapper
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Optional

import typer

from qingyuan.cli.options import Backend, BatchSize, Device, Files, Link, Model, Names, Roles, clear_errors
from qingyuan.inputs import LONGEST, STDIN, Input, read_inputs, unpacked_name
from qingyuan.output import LeftOut, open_output, skip_done, write_json

if TYPE_CHECKING:
    from qingyuan.page import RoleModel

SOME_LEFT_OUT = 3  # exit code: the work is done, but some records could not be read
INTERRUPTED = 130


class Format(str, Enum):
    jsonl = "jsonl"
    table = "table"


def predict(
    files: Files,
    output: Annotated[Optional[Path], typer.Option("--output", "-o", help="Write here, not to standard output.")] = None,
    format: Annotated[Format, typer.Option(help="JSON lines for programs, a table for people.")] = Format.jsonl,
    model: Model = "default",
    device: Device = "auto",
    backend: Backend = "auto",
    dictionary: Names = None,
    link: Link = False,
    batch_size: BatchSize = None,
    threshold: Annotated[Optional[float], typer.Option(min=0, max=1, help="Leave out names that score less.")] = None,
    text_field: Annotated[str, typer.Option(help="The field of a .jsonl record that holds the text.")] = "text",
    longest: Annotated[int, typer.Option(min=1, help="Leave out lines and text files of more megabytes.")] = LONGEST,
    errors: Annotated[
        Optional[Path], typer.Option(help="Keep what was left out here; else in NAME.errors.jsonl beside --output.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on behind the last whole line of --output.")] = False,
    page: Annotated[bool, typer.Option("--page", help="Each text is a newspaper page: split it first.")] = False,
    roles: Roles = None,
) -> None:
    """Tag articles.

    JSON lines keep all fields of their record and gain topic, topics and entities; fields that had these names
    move under `input`. What can't be read is told on standard error with its file and line, and kept in a file
    beside the output; the others go on, and the exit code is then 3. A run that was broken off goes on with
    --resume and the same inputs and options.

    With --page a line is a page: it gains `articles`, each with title, subheads, byline, body, topic, topics and
    entities, and `furniture`; offsets count in the page.
    """
    if resume and (output is None or format is Format.table):
        raise typer.BadParameter("--resume wants --output and JSON lines")
    if roles and not page:
        raise typer.BadParameter("--roles wants --page")
    errors = errors or (output and output.with_suffix(".errors.jsonl"))
    with clear_errors():
        check_outputs(files, output, errors)
        left_out = LeftOut(errors, lambda error: typer.echo(f"left out: {error}", err=True), resume)
        inputs = read_inputs(files, left_out, text_field, longest << 20)
        if resume:
            inputs = skip_done(inputs, output)
        from qingyuan.page import RoleModel
        from qingyuan.tagger import Tagger

        splitter = RoleModel.load(roles) if roles else None
        tagger = Tagger.from_pretrained(model, device=device, backend=backend, dictionary=dictionary, link=link)
        inputs = with_progress(inputs)
        if page:
            tagged = _tag_pages(tagger, inputs, batch_size, threshold, splitter)
        else:
            tagged = tag_inputs(tagger, inputs, batch_size, threshold)
        try:
            with open_output(output, append=resume) as file:
                if format is Format.table:
                    _show_all(tagged, tagger, file)
                else:
                    for result, source in tagged:
                        write_json(source.with_result(result.to_dict()), file)
        except KeyboardInterrupt:
            cure = f"; {output} holds whole lines, go on with --resume" if output else ""
            typer.echo(f"interrupted{cure}", err=True)
            raise typer.Exit(INTERRUPTED) from None
    if left_out.count:
        raise typer.Exit(SOME_LEFT_OUT)


def check_outputs(files: list[str], *outputs: Path | None) -> None:
    """Writing to a file that is read would lose it; and what is called packed, but isn't, can't be read."""
    for path in filter(None, outputs):
        if unpacked_name(path) != str(path):
            raise ValueError(f"{path}: what is written is not packed; name it {unpacked_name(path)}, and pack it with gzip")
        if path.exists() and any(file != STDIN and Path(file).exists() and path.samefile(file) for file in files):
            raise ValueError(f"{path}: is one of the inputs; name another output")


def tag_inputs(tagger, inputs: Iterable[Input], batch_size: int | None, threshold: float | None) -> Iterator[tuple]:
    """Each article with its input."""
    inputs, ahead = tee(inputs)
    articles = tagger.stream((each.text for each in ahead), batch_size, threshold=threshold)
    return zip(articles, inputs)  # articles first: an error that waits there must come out


def _tag_pages(
    tagger, inputs: Iterable[Input], batch_size: int | None, threshold: float | None, roles: RoleModel | None
) -> Iterator[tuple]:
    """Each page with its input."""
    from qingyuan.page import split_page, tag_articles

    inputs, ahead = tee(inputs)
    pages = tag_articles(tagger, (split_page(each.text, roles) for each in ahead), batch_size, threshold)
    return zip(pages, inputs)


def _show_all(tagged: Iterable[tuple], tagger, file: BinaryIO) -> None:
    from rich.console import Console

    from qingyuan.article import Article
    from qingyuan.show import show_article, show_page

    text_file = TextIOWrapper(file, encoding="utf-8", errors="replace", write_through=True)
    console = Console(file=text_file, force_terminal=file.isatty() or None)
    for result, source in tagged:
        show = show_article if isinstance(result, Article) else show_page
        show(result, source.where, tagger.taxonomy, console)
    text_file.detach()


def with_progress(inputs: Iterator[Input]) -> Iterator[Input]:
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
