"""An article for people at a terminal: its topic, and its text with the names in colour."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

from qingyuan.article import Article
from qingyuan.page import Page
from qingyuan.taxonomy import Taxonomy

COLOURS = ("cyan", "green", "yellow", "magenta", "red", "blue", "bright_cyan", "bright_green", "bright_magenta")


def show_article(article: Article, where: str, taxonomy: Taxonomy, console: Console) -> None:
    """Print one article; nested names are underlined."""
    _show(article, Path(where).name, taxonomy, console)


def show_page(page: Page, where: str, taxonomy: Taxonomy, console: Console) -> None:
    """Print the articles of a page, each under its headline."""
    for article in page:
        _show(article.article, article.title.text if article.title else Path(where).name, taxonomy, console)


def _show(article: Article, head: str, taxonomy: Taxonomy, console: Console) -> None:
    colours = {label: COLOURS[number % len(COLOURS)] for number, label in enumerate(taxonomy.label_names)}
    text = Text(_printable(article.text))
    for entity in article.entities:
        style = "underline" if entity.parent else f"bold {colours[entity.label]}"
        text.stylize(style, entity.start, entity.end)
    title = Text(" ".join(_printable(head).split()), style="dim")
    if article.topic:
        title = Text.assemble((f"{article.topic.name_zh} ", "bold"), (f"{article.topic.score:.2f} ", "dim"), title)
    names = Table.grid("", Column(overflow="fold"), padding=(0, 2))
    for label in taxonomy.labels:
        if found := _names(article, label.label):
            names.add_row(Text(f"{label.zh} {label.label}", style=f"bold {colours[label.label]}"), found)
    console.print(Panel(Group(text, "", names) if names.row_count else text, title=title, title_align="left"))


def _names(article: Article, label: str) -> Text:
    """The names of a label, and how often each occurs."""
    counts = Counter(_printable(entity.text) for entity in article.entities if entity.label == label)
    return Text(" ".join(name + (f"×{count}" if count > 1 else "") for name, count in counts.items()))


def _printable(text: str) -> str:
    """The text with what a terminal can't show replaced, character by character."""
    return "".join(c if c.isprintable() or c == "\n" else " " if c.isspace() else "\ufffd" for c in text)
