"""The command line. typer makes it: commands are typed functions, and `--help` is their docstrings."""

from __future__ import annotations

import typer

from qingyuan.cli.evaluation import evaluate, info
from qingyuan.cli.export import export
from qingyuan.cli.people import annotate, card, view
from qingyuan.cli.predict import predict
from qingyuan.cli.service import serve
from qingyuan.cli.training import check, distil, pretrain, train, train_page

app = typer.Typer(help="Topics and entities of Chinese government and legal news.", no_args_is_help=True)
data_app = typer.Typer(help="Look at labelled data.", no_args_is_help=True)
app.add_typer(data_app, name="data")

for command in (predict, annotate, view, card, train, pretrain, distil, train_page, export, evaluate, info, serve):
    app.command()(command)
data_app.command()(check)
