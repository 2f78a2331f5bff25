"""What the commands share: their options, and errors told in one line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Optional

import typer

Model = Annotated[str, typer.Option(help="`default` or `fast`, which are in the package, or a folder or hub name.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, …")]
Backend = Annotated[str, typer.Option(help="auto, torch, or onnx (int8 on the CPU).")]
BatchSize = Annotated[Optional[int], typer.Option(min=1, help="At most so many windows in one pass of the encoder.")]
Files = Annotated[
    list[str],
    typer.Argument(help="Texts (an article a file), .jsonl (a `text` a line), both also .gz, or -."),
]
Names = Annotated[
    Optional[Path],
    typer.Option("--dictionary", help="Names that are always found, or never: lines of NAME LABEL, .csv, or .jsonl."),
]
Link = Annotated[bool, typer.Option("--link", help="Tell which place a name means, and which full name a short one.")]
Roles = Annotated[
    Optional[Path],
    typer.Option("--roles", help="The line classifier of `qingyuan train-page` (.npz) to split pages with."),
]
Config = Annotated[Path, typer.Argument(help="A YAML file such as those in configs/.")]
Overrides = Annotated[Optional[list[str]], typer.Argument(metavar="[KEY=VALUE]...", help="Such as trainer.epochs=3.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint in the output folder.")]


class clear_errors:
    """Errors that are the user's to mend are one line on standard error, not a traceback; the library's chatter is off."""

    def __enter__(self) -> None:
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        if "transformers" in sys.modules:
            from transformers.utils import logging

            logging.set_verbosity_error()
            logging.disable_progress_bar()

    def __exit__(self, kind, error, traceback) -> None:
        if isinstance(error, BrokenPipeError):
            return  # whoever read the output has seen enough
        if isinstance(error, ValueError | OSError | ModuleNotFoundError):
            typer.secho(f"error: {error}", err=True, fg="red")
            raise typer.Exit(2) from error
