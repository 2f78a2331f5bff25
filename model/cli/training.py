"""`qingyuan train`, `pretrain`, `distil`, `train-page` and `data check`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Optional

import typer

from qingyuan.cli.options import Config, Overrides, Resume, clear_errors


def train(config: Config, overrides: Overrides = None, resume: Resume = False) -> None:
    """Train a tagger on labelled articles; the best model lies in the config's output folder at the end."""
    with clear_errors():
        from qingyuan.training.config import TrainConfig
        from qingyuan.training.trainer import train as run

        settings = TrainConfig.load(config, overrides or ())
        _tell_scores(settings.output, run(settings, resume))


def pretrain(config: Config, overrides: Overrides = None, resume: Resume = False) -> None:
    """Adapt an encoder to a domain on unlabelled articles (masked language model)."""
    with clear_errors():
        from qingyuan.training.config import PretrainConfig
        from qingyuan.training.pretrain import pretrain as run

        run(PretrainConfig.load(config, overrides or ()), resume)


def distil(config: Config, overrides: Overrides = None, resume: Resume = False) -> None:
    """Teach a smaller model what one or several larger ones say of labelled and unlabelled articles."""
    with clear_errors():
        from qingyuan.training.config import DistilConfig
        from qingyuan.training.distil import distil as run

        settings = DistilConfig.load(config, overrides or ())
        _tell_scores(settings.output, run(settings, resume))


def train_page(config: Config, overrides: Overrides = None) -> None:
    """Train the line classifier that splits newspaper pages, on synthetic and composed pages."""
    with clear_errors():
        from qingyuan.training.roles import PageConfig, train_roles

        logging.basicConfig(level=logging.INFO, format="%(message)s")
        settings = PageConfig.load(config, overrides or ())
        _tell_scores(settings.output, train_roles(settings))


def check(
    sources: Annotated[list[str], typer.Argument(help="Labelled articles, in any format that training reads.")],
    model: Annotated[
        Optional[str], typer.Option(help="Hold labels and topics against those of this model, not against each other.")
    ] = None,
) -> None:
    """List what breaks the guidelines' form: an error can't be learned, a hint wants a second look.

    The exit code is 1 where there are errors.
    """
    with clear_errors():
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


def _tell_scores(output: Path, scores: dict[str, float]) -> None:
    named = ", ".join(f"{name.removeprefix('eval_')} {value:.4f}" for name, value in scores.items())
    typer.echo(f"{output}: {named}")
