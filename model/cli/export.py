"""`qingyuan export`."""

from __future__ import annotations

from typing import Annotated

import typer

from qingyuan.cli.options import clear_errors


def export(
    model: Annotated[str, typer.Argument(help="Folder of a checkpoint, or `default`.")],
    check: Annotated[
        list[str], typer.Option(help="Labelled articles that int8 must do as well on: written, web, page, or a file.")
    ] = ["written", "web"],
    calibrate: Annotated[list[str], typer.Option(help="Sources of texts that the int8 scales are fitted to.")] = [
        "written/train",
        "web/train",
    ],
    loss: Annotated[float, typer.Option(min=0, max=1, help="Strict F1 that int8 may cost.")] = 0.003,
) -> None:
    """Write model.int8.onnx, the int8 model for CPUs, into a checkpoint's folder, and check it against float32.

    It serves the fast model in the folder too, if there is one. Both options may be given several times. Needs the package's extra `export`.
    """
    with clear_errors():
        from qingyuan.training.export import export as run

        for each in run(model, check, calibrate, loss):
            typer.echo(each)
