"""`qingyuan evaluate` and `info`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from qingyuan.cli.options import BatchSize, Device, Model, clear_errors


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
    with clear_errors():
        from qingyuan.eval.run import evaluate as run

        run(model, data, json=json, html=html, errors=errors, device=device, batch_size=batch_size)


def info(model: Model = "default") -> None:
    """Versions, device, weights, labels and topics."""
    with clear_errors():
        from rich.console import Console

        from qingyuan.info import show_info

        show_info(model, Console())
