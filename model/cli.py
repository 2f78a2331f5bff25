"""The command line. typer makes it: commands are typed functions, and `--help` is their docstrings."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from enum import Enum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, BinaryIO, Optional

import typer

from qingyuan.inputs import Input, InputError, open_output, read_inputs, write_json

app = typer.Typer(help="Topics and entities of Chinese government and legal news.", no_args_is_help=True)
data_app = typer.Typer(help="Look at labelled data.", no_args_is_help=True)
app.add_typer(data_app, name="data")

SOME_LEFT_OUT = 3  # exit code: the work is done, but some records could not be read


class Format(str, Enum):
    jsonl = "jsonl"
    table = "table"


Model = Annotated[str, typer.Option(help="Folder or hub name of a model; `default` is the one in the package.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, …")]
BatchSize = Annotated[int, typer.Option(min=1, help="Windows in one pass of the encoder.")]
Config = Annotated[Path, typer.Argument(help="A YAML file such as those in configs/.")]
Overrides = Annotated[Optional[list[str]], typer.Argument(metavar="[KEY=VALUE]...", help="Such as trainer.epochs=3.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in the output folder.")]


@app.command()
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


@app.command()
def train(config: Config, overrides: Overrides = None, resume: Resume = False) -> None:
    """Train a tagger on labelled articles; the best model lies in the config's output folder at the end."""
    with _clear_errors():
        from qingyuan.training.config import TrainConfig
        from qingyuan.training.trainer import train as run

        settings = TrainConfig.load(config, overrides or ())
        scores = run(settings, resume)
        typer.echo(f"{settings.output}: " + ", ".join(f"{name.removeprefix('eval_')} {value:.4f}" for name, value in scores.items()))


@app.command()
def pretrain(config: Config, overrides: Overrides = None, resume: Resume = False) -> None:
    """Adapt an encoder to a domain on unlabelled articles (masked language model)."""
    with _clear_errors():
        from qingyuan.training.config import PretrainConfig
        from qingyuan.training.pretrain import pretrain as run

        run(PretrainConfig.load(config, overrides or ()), resume)


@app.command()
def evaluate(
    model: Model = "default",
    data: Annotated[str, typer.Option(help="page, web, written, or a file of labelled articles.")] = "page",
    json: Annotated[Optional[Path], typer.Option(help="Write the whole report here as JSON.")] = None,
    html: Annotated[Optional[Path], typer.Option(help="Write a page for people here.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="List every error in its context.")] = False,
    device: Device = "auto",
    batch_size: BatchSize = 32,
) -> None:
    """Score a model against hand-labelled articles."""
    with _clear_errors():
        from qingyuan.eval.run import evaluate as run

        run(model, data, json=json, html=html, errors=errors, device=device, batch_size=batch_size)


@app.command()
def info(model: Model = "default") -> None:
    """Versions, device, weights, labels and topics."""
    with _clear_errors():
        from rich.console import Console

        from qingyuan.info import show_info

        show_info(model, Console())


@data_app.command("check")
def check(
    sources: Annotated[list[str], typer.Argument(help="Labelled articles, in any format that training reads.")],
    model: Annotated[
        Optional[str], typer.Option(help="Hold labels and topics against those of this model, not against each other.")
    ] = None,
) -> None:
    """List what breaks the guidelines' form: an error can't be learned, a hint wants a second look.

    The exit code is 1 where there are errors.
    """
    with _clear_errors():
        from qingyuan.training.check import check_articles
        from qingyuan.training.data import taxonomy_of
        from qingyuan.training.sources import read_records
        from qingyuan.training.start import starting_taxonomy

        broken: list[ValueError] = []
        records = read_records(sources, broken.append)
        taxonomy = starting_taxonomy(model) if model else taxonomy_of(record.article for record in records)
        findings = list(check_articles(records, taxonomy))
        for problem in (*broken, *findings):
            typer.echo(problem)
        errors = len(broken) + sum(finding.severity == "error" for finding in findings)
        typer.echo(f"{len(records)} articles, {errors} errors, {len(broken) + len(findings) - errors} hints", err=True)
        raise typer.Exit(int(errors > 0))


def _tagger(model: str, device: str):
    with _clear_errors():
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


class _clear_errors:
    """Errors that are the user's to mend are one line on standard error, not a traceback; the library's chatter is off."""

    def __enter__(self) -> None:
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()

    def __exit__(self, kind, error, traceback) -> None:
        if isinstance(error, ValueError | OSError | ModuleNotFoundError):
            typer.secho(f"error: {error}", err=True, fg="red")
            raise typer.Exit(2) from error


if __name__ == "__main__":
    app()
