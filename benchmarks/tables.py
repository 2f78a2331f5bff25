"""The figures of `speed.py` as Markdown."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

BEGIN, END = "<!-- figures -->", "<!-- end -->"


def report(result: dict) -> str:
    machine = result["machine"]
    clock = "" if machine["clock"] == "wall" else "; processor time, as the machine was busy"
    parts = [f"{machine['processor']}, {machine['threads']} threads, Python {machine['python']}{clock}."]
    parts += [_speeds(result), _ratios(result), _costs(result), _lengths(result), *_floors(result)]
    return "\n\n".join(parts)


def fill(path: Path, report: str, begin: str = BEGIN) -> None:
    """Put the report between the line `begin` of a Markdown file and the next `<!-- end -->`."""
    text = path.read_text(encoding="utf-8")
    before, marker, rest = text.partition(f"\n{begin}\n")
    _, end, after = rest.partition(END)
    if not (marker and end):
        raise ValueError(f"{path}: wants the lines {begin} and {END}")
    path.write_text(f"{before}{marker}\n{report}\n\n{END}{after}", encoding="utf-8")


def processor() -> str:
    try:
        return re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[1].strip()
    except (OSError, TypeError):
        return platform.processor() or platform.machine()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    line = "|" + "---|" + "---:|" * (len(head) - 1)
    return "\n".join(["| " + " | ".join(head) + " |", line, *("| " + " | ".join(row) + " |" for row in rows)])


def _speed(result: dict) -> dict[tuple[str, str, int], tuple[float, float]]:
    return {(name, kind, batch): (characters, articles) for name, kind, batch, characters, articles in result["speeds"]}


def _speeds(result: dict) -> str:
    speed = _speed(result)
    names = list(dict.fromkeys(name for name, _, _ in speed))
    columns = list(dict.fromkeys((kind, batch) for _, kind, batch in speed))
    rows = [[name, *(f"{speed[name, *column][0]:,.0f}" for column in columns)] for name in names]
    articles = [[name, *(f"{speed[name, *column][1]:,.1f}" for column in columns)] for name in names]
    kinds = {kind: size for kind, size in result["texts"].items() if kind != "warm"}
    sizes = "; ".join(f"{kind}: {count} texts, {size:,} characters" for kind, (count, size) in kinds.items())
    head = [f"{kind} × {batch}" for kind, batch in columns]
    tables = table(["characters a second", *head], rows), table(["texts a second", *head], articles)
    return "\n\n".join([f"({sizes}; × texts given at once.)", *tables])


def _best(result: dict, name: str, kind: str) -> float:
    """Characters a second at the best batch; 0 for what was not measured."""
    return max((s[0] for (n, k, _), s in _speed(result).items() if (n, k) == (name, kind)), default=0)


def _ratios(result: dict) -> str:
    def ratio(name: str, other: str, kind: str) -> str:
        one, two = (_best(result, each, kind) for each in (name, other))
        return f"{one / two:.2f}" if one and two else "–"

    rows = [
        [f"{model} : {other}, {kind}", wanted, ratio(f"{model}, onnx int8", other, kind)]
        for model, other, kind, wanted in (
            ("default", "transformers pipeline", "mixed", "≥ 4"),
            ("default", "LAC", "page", "≥ 0.6"),
            ("fast", "LAC", "page", "≥ 1"),
        )
    ]
    return table(["ratio, each at its best batch", "wanted", "found"], rows)


def _costs(result: dict) -> str:
    clock = result["machine"]["clock"]
    rows = [[name, f"{cost[clock]:.2f} s", f"{cost['memory']:,.0f} MB"] for name, cost in result["costs"].items()]
    more = [
        [
            model,
            f"{result['cold'][model]:.2f} s",
            f"{streamed['import']:.2f} s",
            f"{streamed['load']:.2f} s",
            f"{streamed['memory']:,.0f} MB",
        ]
        for model, streamed in result["streamed"].items()
    ]
    count = next(iter(result["streamed"].values()))["count"]
    head = ["model, onnx int8", "`qingyuan predict` of one article, cold", "import", "import and load"]
    head.append(f"peak memory, {count:,} articles streamed")
    return table(["contender", "import and load", "peak memory"], rows) + "\n\n" + table(head, more)


def _lengths(result: dict) -> str:
    found = result["lengths"]
    speeds = [speed for _, speed in found]
    middle = (min(speeds) + max(speeds)) / 2
    rows = [[f"{length:,}", f"{speed:,.0f}", f"{speed / middle - 1:+.0%}"] for length, speed in found]
    return table(["one text of so many characters", "characters a second", "against the middle"], rows)


def _floors(result: dict) -> Iterable[str]:
    for model, floor in result["floor"].items():
        whole, attention = floor["operations"], floor["attention"]
        int8 = (whole - attention) / floor["int8"] + attention / floor["onnx_float32"]
        ways = [
            ("onnx int8", f"{model}, onnx int8", whole / floor["int8"], floor["int8"]),
            ("onnx int8, attention in float32", f"{model}, onnx int8", int8, whole / int8),
            ("torch float32", f"{model}, torch", whole / floor.get("float32", 1), floor.get("float32", 1)),
        ]
        if model == "default" and "gpu" in result:
            peak = result["gpu"]["peak"]
            ways.append(("torch bf16 on the GPU", "default, torch bf16 on the GPU", whole / peak, peak))
        rows = []
        for way, name, seconds, peak in ways:
            if found := _best(result, name, "mixed"):
                figures = (f"{number:,.0f}" for number in (peak / 1e9, 1 / seconds, found))
                rows.append([way, *figures, f"{found * seconds:.0%}"])
        work = f"{whole / 1e6:.1f} million operations a token in a window of {floor['length']}"
        head = ["peak, billion a second", "floor, tokens a second", "characters a second, mixed", "share"]
        yield table([f"{model}: {work}", *head], rows)
        shares = [[kind, f"{share:.1%}"] for kind, share in floor["profile"].items() if share >= 0.005]
        yield table([f"{model}: operators, one thread, window of {floor['length']}", "share of the time"], shares)
