"""A report for the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from qingyuan.eval.metrics import Score
from qingyuan.eval.report import KINDS, Report, SpanError, TopicReport
from qingyuan.taxonomy import GOVERNMENT_NEWS

_NAMES = {name.label: name.zh for name in (*GOVERNMENT_NEWS.labels, *GOVERNMENT_NEWS.topics)}
_BAR = 20
_NUMBERS = ("F1", "precision", "recall", "gold", "predicted", *KINDS)


def print_report(report: Report, console: Console, *, errors: bool = False) -> None:
    """Print the scores as tables, and with `errors` every wrong span in its context."""
    console.print(Text.assemble((_safe(report.model), "bold"), f" on {_safe(report.data)}, {report.articles} articles"))
    for table in (_summary(report), _labels(report), _topics(report.topics), _peers(report), _kinds(report)):
        if table is not None:
            console.print()
            console.print(table)
    if errors and report.errors:
        console.print()
        for error in report.errors:
            console.print(_error(error))


def _summary(report: Report) -> Table:
    table = _table("spans", "F1", "precision", "recall", "gold", "predicted", "")
    rows: list[tuple[str, Score | None, str]] = [
        ("strict", report.strict, _interval(report.strict_interval)),
        *((scheme, each, "") for scheme, each in report.schemes.items() if scheme != "strict"),
        ("nested", report.nested, "strict, inside another span"),
        ("seen", report.seen, "strict, names of the training data"),
        ("unseen", report.unseen, "strict, all other names"),
    ]
    for name, each, note in rows:
        if each is not None:
            style = "bold" if name == "strict" else ""
            table.add_row(Text(name, style), *_score(each), Text(note, "dim"))
    if report.ceiling is not None:
        table.add_row("ceiling", _percent(report.ceiling), "", "", "", "", Text("agreement of two annotators", "dim"))
    calibration = report.span_calibration
    note = f"expected error of the scores, {calibration.by_chance:.3f} by chance"
    table.add_row("calibration", f"{calibration.error:.3f}", "", "", "", "", Text(note, "dim"))
    return table


def _labels(report: Report) -> Table | None:
    table = _table("label", "F1", "precision", "recall", "gold", "predicted", "")
    for label, each in report.labels.items():
        table.add_row(_named(label), *_score(each), _bar(each.f1))
    return table if report.labels else None


def _topics(topics: TopicReport | None) -> Table | None:
    if topics is None:
        return None
    table = _table("topic", "F1", "precision", "recall", "gold", "taken for")
    for row, (label, each) in enumerate(topics.per_topic.items()):
        wrong = [
            f"{topics.labels[column]} {count}"
            for column, count in enumerate(topics.confusion[row])
            if count and column != row
        ]
        figures = _percent(each.f1), _percent(each.precision), _percent(each.recall), str(each.support)
        table.add_row(_named(label), *figures, Text(_safe(", ".join(wrong)), "red"))
    table.add_section()
    calibration = topics.calibration
    note = f"{_interval(topics.interval)}, calibration {calibration.error:.3f}, {calibration.by_chance:.3f} by chance"
    accuracy = Text("accuracy", "bold"), Text(_percent(topics.accuracy), "bold")
    table.add_row(*accuracy, "", "", str(topics.articles), Text(note, "dim"))
    return table


def _peers(report: Report) -> Table | None:
    if report.peers is None:
        return None
    table = _table("persons, places, organisations; outermost", "F1", "")
    rows = {_safe(report.model): report.flat.f1, **report.peers}
    for number, (name, f1) in enumerate(rows.items()):
        table.add_row(Text(name, "" if number else "bold"), _percent(f1), _bar(f1))
    return table


def _kinds(report: Report) -> Table | None:
    table = _table("errors", *report.kinds)
    table.add_row(str(len(report.errors)), *map(str, report.kinds.values()))
    return table if report.errors else None


def _error(error: SpanError) -> Text:
    pair = error.pair
    head = Text.assemble((f"{_safe(error.article)} ", "bold"), (pair.kind, "red"))
    for side, entity, style in (("gold", pair.gold, "green"), ("predicted", pair.predicted, "yellow")):
        if entity is not None:
            where = f"[{entity.start}, {entity.end})"
            head.append_text(Text.assemble(f"  {side} ", (f"{_safe(entity.label)} {_safe(entity.text)}", style)))
            head.append(f" {where}", "dim")
    context = Text.assemble(_safe(error.before), (_safe(error.text), "bold underline"), _safe(error.after), style="dim")
    return Text("\n").join((head, context, Text()))


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(first, no_wrap=True)
    for name in others:
        side = "right" if name in _NUMBERS else "left"
        table.add_column(name, justify=side)
    return table


def _score(each: Score) -> tuple[str, ...]:
    return _percent(each.f1), _percent(each.precision), _percent(each.recall), str(each.gold), str(each.predicted)


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _interval(interval: tuple[float, float] | None) -> str:
    return "95 % {}–{}".format(*map(_percent, interval)) if interval else ""


def _bar(value: float) -> Text:
    return Text("━" * round(_BAR * value), "cyan")


def _named(label: str) -> Text:
    name = _NAMES.get(label)
    return Text.assemble(_safe(label), (f" {name}" if name else "", "dim"))


def _safe(text: str) -> str:
    """The text on one line, without what a terminal would obey or could not encode."""
    return "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in text)
