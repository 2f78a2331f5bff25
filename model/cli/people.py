"""`qingyuan annotate`, `view` and `card`: what people correct, read and publish."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from qingyuan.cli.options import Backend, BatchSize, Device, Files, Model, Names, clear_errors
from qingyuan.cli.predict import SOME_LEFT_OUT, check_outputs, tag_inputs, with_progress
from qingyuan.inputs import LONGEST, STDIN, Input, InputError, OnError, read_inputs, unpacked_name
from qingyuan.output import LeftOut, open_output

_SURROGATE = re.compile("[\ud800-\udfff]")


class Tool(str, Enum):
    doccano = "doccano"
    label_studio = "label-studio"


def annotate(
    files: Files,
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to import: .jsonl for doccano, else .json.")],
    format: Annotated[Tool, typer.Option(help="The tool that people will correct the labels in.")] = Tool.label_studio,
    model: Model = "default",
    device: Device = "auto",
    backend: Backend = "auto",
    batch_size: BatchSize = None,
    threshold: Annotated[Optional[float], typer.Option(min=0, max=1, help="Leave out names that score less.")] = None,
    text_field: Annotated[str, typer.Option(help="The field of a .jsonl record that holds the text.")] = "text",
    longest: Annotated[int, typer.Option(min=1, help="Leave out lines and text files of more megabytes.")] = LONGEST,
    dictionary: Names = None,
) -> None:
    """Label articles for people to correct, in Label Studio or doccano.

    Beside the file to import lies what sets the tool's project up: its labels and topics. What the tool exports
    afterwards, `qingyuan data check` and `qingyuan train` read. What can't be labelled is told on standard error and
    kept in a file beside the output; the others go on, and the exit code is then 3.
    """
    from qingyuan.annotate import import_lines, write_labels

    errors = output.with_suffix(".errors.jsonl")
    with clear_errors():
        check_outputs(files, output, errors)
        left_out = LeftOut(errors, lambda error: typer.echo(f"left out: {error}", err=True))
        inputs = _that_can_be_labelled(read_inputs(files, left_out, text_field, longest << 20), left_out)
        from qingyuan.tagger import Tagger

        tagger = Tagger.from_pretrained(model, device=device, backend=backend, dictionary=dictionary)
        tagged = tag_inputs(tagger, with_progress(inputs), batch_size, threshold)
        articles = ((article, _without(source.fields, text_field)) for article, source in tagged)
        with open_output(output) as file:
            for line in import_lines(articles, format.value, f"qingyuan {Path(model).name}"):
                file.write(line.encode("utf-8", "backslashreplace") + b"\n")
        setup = write_labels(output, format.value, tagger.taxonomy)
    typer.echo(f"{output}: to import; {', '.join(map(str, setup))}: the labels of the project", err=True)
    if left_out.count:
        raise typer.Exit(SOME_LEFT_OUT)


def _that_can_be_labelled(inputs: Iterable[Input], on_error: OnError) -> Iterator[Input]:
    """Without texts that training would refuse later."""
    for each in inputs:
        if not each.text.strip():
            on_error(_refused(each, "the text is empty", ""))
        elif _SURROGATE.search(each.text):
            on_error(_refused(each, "the text holds half a surrogate pair", "write the character whole, or take it out"))
        else:
            yield each


def _refused(each: Input, message: str, cure: str) -> InputError:
    if not each.fields:  # a file of one text
        return InputError(each.where, None, message, cure)
    file, _, line = each.where.rpartition(":")
    return InputError(file, int(line), message, cure)


def _without(fields: dict, name: str) -> dict:
    return {key: value for key, value in fields.items() if key != name}


def view(
    files: Annotated[list[str], typer.Argument(help="What `qingyuan predict` wrote, with or without --page; or -.")],
    output: Annotated[
        Optional[Path], typer.Option("--output", "-o", help="Write here; else beside the first file, as .html.")
    ] = None,
    title: Annotated[Optional[str], typer.Option(help="The headline of the page; else the name of its file.")] = None,
) -> None:
    """Show tagged articles as one HTML page, to read, search and filter.

    The page needs no other file and no network. What isn't a tagged article is told with its file and line, and the
    others go on; the exit code is then 3.
    """
    if output is None and files[0] == STDIN:
        raise typer.BadParameter("standard input has no name: say where to write with --output")
    output = output or Path(unpacked_name(files[0])).with_suffix(".html")
    with clear_errors():
        from qingyuan.viewer import view_page

        check_outputs(files, output)
        left_out = LeftOut(None, lambda error: typer.echo(f"left out: {error}", err=True))
        page = view_page(_that_are_tagged(files, left_out), title or output.stem)
        with open_output(output) as file:
            file.write(page.encode("utf-8"))
    typer.echo(output)
    if left_out.count:
        raise typer.Exit(SOME_LEFT_OUT)


def _that_are_tagged(files: list[str], on_error: OnError) -> Iterator[tuple]:
    from qingyuan.viewer import read_tagged

    for each in read_inputs(files, on_error):
        try:
            yield from read_tagged(each.fields)
        except ValueError as error:
            on_error(_refused(each, str(error), "tag it with `qingyuan predict`"))


def card(
    model: Annotated[str, typer.Argument(help="Folder of a checkpoint, or `default`.")],
    reports: Annotated[Optional[list[Path]], typer.Argument(help="What `qingyuan evaluate --json` wrote.")] = None,
    license: Annotated[Optional[str], typer.Option(help="As the hub names it, such as apache-2.0.")] = None,
    name: Annotated[Optional[str], typer.Option(help="The model's name, if not that of the folder.")] = None,
) -> None:
    """Write a model's card, README.md, for the Hugging Face hub, or put new figures into the one that is there.

    Its metadata gain the figures of the reports, in the place of older ones on the same articles; of its text only the
    table between `<!-- figures -->` and `<!-- end -->` is renewed.
    """
    with clear_errors():
        from qingyuan.card import read_report, write_card
        from qingyuan.checkpoint import find_checkpoint, load_settings

        if load_settings(folder := find_checkpoint(model)).inside:
            raise ValueError(f"{folder}: part of the model around it, whose card speaks for both")
        results = [result for path in reports or () for result in read_report(path)]
        typer.echo(write_card(folder, results, license, name))
