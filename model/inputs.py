"""The texts that a command is given: files of one article each, or JSON lines with a text in each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

STDIN = "-"
ARTICLE_FIELDS = ("topic", "topics", "entities")


class InputError(ValueError):
    """An input that can't be read; the message names the file, the line and the cure."""


@dataclass(frozen=True)
class Input:
    """A text, where it came from, and the other fields of its record."""

    where: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)

    def with_result(self, result: dict[str, Any]) -> dict[str, Any]:
        """The record with its article's JSON. Fields that go by the same names are kept under `input`."""
        covered = {name: self.fields[name] for name in ARTICLE_FIELDS if name in self.fields}
        return {**self.fields, **({"input": covered} if covered else {}), **result}


def read_inputs(
    paths: Iterable[str], on_error: Callable[[InputError], None], text_field: str = "text"
) -> Iterator[Input]:
    """The texts of all files, in order; each that can't be read is handed to `on_error`, and the others go on.

    A file named `.jsonl` has a record a line; any other one is one article. `-` is standard input: records if
    it begins with `{`, else one article.
    """
    for path in paths:
        if path == STDIN:
            yield from _read(sys.stdin.buffer, "standard input", None, on_error, text_field)
            continue
        try:
            with open(path, "rb") as file:
                yield from _read(file, path, path.endswith((".jsonl", ".ndjson")), on_error, text_field)
        except OSError as error:
            on_error(InputError(f"{path}: {error.strerror or error}"))


def _read(
    file: BinaryIO, name: str, is_lines: bool | None, on_error: Callable[[InputError], None], text_field: str
) -> Iterator[Input]:
    first = file.readline().removeprefix(b"\xef\xbb\xbf")
    if is_lines is None:
        is_lines = first.lstrip().startswith(b"{")
    if not is_lines:
        try:
            yield Input(name, _decode(first + file.read(), name))
        except InputError as error:
            on_error(error)
        return
    for number, line in enumerate(_chain(first, file), start=1):
        if not line.strip():
            continue
        try:
            yield _record(line, f"{name}:{number}", text_field)
        except InputError as error:
            on_error(error)


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _record(line: bytes, where: str, text_field: str) -> Input:
    try:
        record = json.loads(_decode(line, where))
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON ({error.msg}, column {error.colno}); one record a line") from None
    if not isinstance(record, dict):
        raise InputError(f'{where}: a record looks like {{"{text_field}": "…"}}, not {type(record).__name__}')
    if not isinstance(text := record.get(text_field), str):
        found = f"a {type(text).__name__}" if text_field in record else f"only {', '.join(record) or 'nothing'}"
        raise InputError(f"{where}: wants a string in {text_field!r}, found {found}; name the field with --text-field")
    return Input(where, text, record)


def _decode(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        try:
            data.decode("gb18030")
        except UnicodeDecodeError:
            hint = "it is no text, or cut off"
        else:
            hint = "it looks like GB18030: convert it with iconv -f GB18030 -t UTF-8"
        raise InputError(f"{where}: not UTF-8 at byte {error.start}; {hint}") from None


def write_json(record: dict[str, Any], file: BinaryIO) -> None:
    """One line of JSON. A lone surrogate, which UTF-8 can't hold, is written as its `\\ud8xx` escape."""
    file.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")


@contextmanager
def open_output(path: Path | None) -> Iterator[BinaryIO]:
    """The file at `path`, made with its folder, or standard output."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        yield file
