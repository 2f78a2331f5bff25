"""The texts that a command is given: files of one article each, or JSON lines with a text in each."""

from __future__ import annotations

import codecs
import gzip
import json
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

STDIN = "-"
PACKED = ".gz"
DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile)  # what reading such a file may raise
LONGEST = 4  # megabytes of a line or a text file; tagging takes about 1 KB of memory a character
DEEPEST = 100  # lists and objects within each other

OnError = Callable[["InputError"], None]


class InputError(ValueError):
    """An input that can't be read: its file, its line (none where the file is one text), what is wrong, the cure."""

    def __init__(self, file: str, line: int | None, message: str, cure: str):
        super().__init__(f"{_place(file, line)}: {message}" + (f"; {cure}" if cure else ""))
        self.file, self.line, self.message, self.cure = file, line, message, cure

    def to_dict(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line, "error": self.message, "cure": self.cure}


@dataclass(frozen=True)
class Input:
    """A text, where it came from, and the other fields of its record."""

    where: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)

    def with_result(self, result: dict[str, Any]) -> dict[str, Any]:
        """The record with its article's JSON. Fields that go by the same names are kept under `input`."""
        covered = {name: value for name, value in self.fields.items() if name in result}
        if covered.get("text") == self.text:
            del covered["text"]  # it stays what it was
        if covered and "input" in self.fields:
            covered["input"] = self.fields["input"]
        return {**self.fields, **({"input": covered} if covered else {}), **result}


def read_inputs(
    paths: Iterable[str], on_error: OnError, text_field: str = "text", longest: int = LONGEST << 20
) -> Iterator[Input]:
    """The texts of all files, in order; each that can't be read is handed to `on_error`, and the others go on.

    A file named `.jsonl` has a record a line; any other one is one article. `.gz` behind its name tells that it is packed.
    `-` is standard input: records if it begins with `{`, else one article. A line or an article of more than `longest` bytes
    is not read.
    """
    for path in paths:
        try:
            if path == STDIN:
                yield from _read(sys.stdin.buffer, "standard input", None, on_error, text_field, longest)
                continue
            is_lines = unpacked_name(path).endswith((".jsonl", ".ndjson"))
            with open_unpacked(path) as file:
                yield from _read(file, path, is_lines, on_error, text_field, longest)
        except DAMAGED as error:
            on_error(_damaged(path, None, error))
        except OSError as error:
            on_error(InputError(path, None, error.strerror or str(error), ""))


def unpacked_name(path: str | Path) -> str:
    """The name without the `.gz` that tells that a file is packed."""
    name = str(path)
    return name[: -len(PACKED)] if name.lower().endswith(PACKED) else name


def open_unpacked(path: str | Path) -> BinaryIO:
    """The bytes of a file; what ends in `.gz` is unpacked while it is read. Both may raise one of `DAMAGED`."""
    if unpacked_name(path) == str(path):
        return open(path, "rb")
    if os.path.getsize(path) == 0:  # whose writer was killed; `gzip` takes it for a text without characters
        raise EOFError("no bytes in it")
    return gzip.open(path)


def _damaged(path: str, line: int | None, error: Exception) -> InputError:
    wrong = "can't be unpacked" if line is None else "can't be unpacked from here on"
    return InputError(path, line, f"{wrong} ({error})", "pack it again, and read it anew from its start")


def _read(
    file: BinaryIO, name: str, is_lines: bool | None, on_error: OnError, text_field: str, longest: int
) -> Iterator[Input]:
    first = file.readline(longest + 1)
    if is_lines is None:
        is_lines = first.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")
    if not is_lines:
        try:
            yield Input(name, decode_text(first + file.read(longest + 1 - len(first)), name, None, longest))
        except InputError as error:
            on_error(error)
        return
    number = 0
    try:
        for number, line in enumerate(chain([first], iter(lambda: file.readline(longest + 1), b"")), start=1):
            if not line.removeprefix(codecs.BOM_UTF8).strip():
                continue
            if len(line) > longest and not line.endswith(b"\n"):
                _pass_over_line(file)
            try:
                yield _record(line, name, number, text_field, longest)
            except InputError as error:
                on_error(error)
    except DAMAGED as error:
        on_error(_damaged(name, number + 1, error))


def _pass_over_line(file: BinaryIO) -> None:
    """Read to the end of a line without holding it."""
    while (part := file.readline(1 << 20)) and not part.endswith(b"\n"):
        pass


def _record(line: bytes, name: str, number: int, text_field: str, longest: int) -> Input:
    text = decode_text(line.rstrip(b"\r\n"), name, number, longest)
    try:
        record = json.loads(text)
    except json.JSONDecodeError as error:
        wrong = f"not JSON ({error.msg}, column {error.colno})"
        raise InputError(name, number, wrong, "one record a line") from None
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, thousands of brackets
        raise InputError(name, number, f"no JSON of ours ({error})", "one record a line") from None
    if not isinstance(record, dict):
        wrong = f'a record looks like {{"{text_field}": "…"}}, not {type(record).__name__}'
        raise InputError(name, number, wrong, "")
    if _depth_is_over(record, DEEPEST):
        raise InputError(name, number, f"nested more than {DEEPEST} deep", "keep to the fields you need")
    if not isinstance(text := record.get(text_field), str):
        found = f"a {type(text).__name__}" if text_field in record else f"only {', '.join(record) or 'nothing'}"
        wrong = f"wants a string in {text_field!r}, found {found}"
        raise InputError(name, number, wrong, "name the field with --text-field")
    return Input(_place(name, number), text, record)


def _depth_is_over(record: dict[str, Any], most: int) -> bool:
    level: list[Any] = [record]
    for _ in range(most):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def decode_text(data: bytes, name: str, line: int | None, longest: int) -> str:
    """UTF-8 bytes of `name`, without a byte-order mark. Raises `InputError` with the cure."""
    if len(data) > longest:
        raise InputError(name, line, f"longer than {longest:,} bytes", "cut it, or allow more with --longest")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(name, line, "UTF-16", "convert it with iconv -f UTF-16 -t UTF-8")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        try:
            data.decode("gb18030")
        except UnicodeDecodeError:
            hint = "it is no text, or cut off"
        else:
            hint = "it looks like GB18030: convert it with iconv -f GB18030 -t UTF-8"
        raise InputError(name, line, f"not UTF-8 at byte {error.start}", hint) from None


def _place(file: str, line: int | None) -> str:
    return file if line is None else f"{file}:{line}"
