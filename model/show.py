"""An article for people at a terminal: its topic, and its text with the names in colour."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

from qingyuan.article import Article
from qingyuan.taxonomy import Taxonomy

COLOURS = ("cyan", "green", "yellow", "magenta", "red", "blue", "bright_cyan", "bright_green", "bright_magenta")


def show_article(article: Article, where: str, taxonomy: Taxonomy, console: Console) -> None:
    """Print one article; nested names are underlined."""
    colours = {label: COLOURS[number % len(COLOURS)] for number, label in enumerate(taxonomy.label_names)}
    text = Text(_printable(article.text))
    for entity in article.entities:
        style = "underline" if entity.parent else f"bold {colours[entity.label]}"
        text.stylize(style, entity.start, entity.end)
    title = Text(Path(where).name, style="dim")
    if article.topic:
        title = Text.assemble((f"{article.topic.name_zh} ", "bold"), (f"{article.topic.score:.2f} ", "dim"), title)
    found = {entity.label for entity in article.entities}
    legend = Text("  ").join(
        Text(f"{name.label} {name.zh}", style=f"bold {colours[name.label]}") for name in taxonomy.labels if name.label in found
    )
    console.print(Panel(Group(text, "", legend) if found else text, title=title, title_align="left"))


def _printable(text: str) -> str:
    """The text with what a terminal can't show replaced, character by character."""
    return "".join(c if c.isprintable() or c == "\n" else " " if c.isspace() else "\ufffd" for c in text)
