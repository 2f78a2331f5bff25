"""`qingyuan evaluate` and `info`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from qingyuan.cli.options import Backend, BatchSize, Device, Model, Roles, clear_errors


def evaluate(
    model: Model = "default",
    data: Annotated[
        str, typer.Option(help="page, web, written, or a file of labelled articles; with --raw composed pages too.")
    ] = "page",
    json: Annotated[Optional[Path], typer.Option(help="Write the whole report here as JSON.")] = None,
    html: Annotated[Optional[Path], typer.Option(help="Write a page for people here.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="List every error in its context.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Score raw pages: borders, roles of lines, names.")] = False,
    roles: Roles = None,
    device: Device = "auto",
    backend: Backend = "auto",
    batch_size: BatchSize = None,
) -> None:
    """Score a model against hand-labelled articles.

    With --raw it reads the newspaper page whole (`--data page`), or held-out pages: made of `written` or `web` articles,
    `composed` ones, or a file of composed pages.
    """
    if roles and not raw:
        raise typer.BadParameter("--roles wants --raw")
    with clear_errors():
        if raw:
            from qingyuan.eval.pages import evaluate_pages

            evaluate_pages(model, data, roles, json=json, device=device, backend=backend, batch_size=batch_size)
            return
        from qingyuan.eval.run import evaluate as run

        run(model, data, json=json, html=html, errors=errors, device=device, backend=backend, batch_size=batch_size)


def info(model: Model = "default", device: Device = "auto", backend: Backend = "auto") -> None:
    """Versions, backend, weights, labels and topics."""
    with clear_errors():
        from rich.console import Console

        from qingyuan.info import show_info

        show_info(model, Console(), device, backend)
