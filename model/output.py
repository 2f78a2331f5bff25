"""What `qingyuan predict` writes: whole lines of JSON; and how it goes on where it was broken off.

Inputs are read in one order and written in the same, so the lines of the output, and those of the errors beside it,
tell what is done.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from qingyuan.inputs import Input, InputError


class ResumeError(ValueError):
    """An output that can't be gone on with: it holds something else than the articles of these inputs."""


def write_json(record: dict[str, Any], file: BinaryIO) -> None:
    """One whole line of JSON. A lone surrogate, which UTF-8 can't hold, is written as its `\\ud8xx` escape."""
    file.write(json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
    file.flush()


@contextmanager
def open_output(path: Path | None, append: bool = False) -> Iterator[BinaryIO]:
    """The file at `path`, made with its folder, or standard output. Raises `OSError` where there is no room."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(path, "ab" if append else "wb") as file:
            yield file
    except OSError as error:
        raise OSError(f"{path}: can't be written ({error.strerror or error})") from error


def count_whole_lines(path: Path) -> int:
    """How many lines a file has; one that was cut off is taken off its end. No file has none."""
    if not path.exists():
        return 0
    count = size = 0
    with open(path, "r+b") as file:
        for line in file:
            if line.endswith(b"\n"):
                count, size = count + 1, size + len(line)
        file.truncate(size)
    return count


def skip_done(inputs: Iterator[Input], output: Path) -> Iterator[Input]:
    """The inputs behind those that the whole lines of `output` hold. Raises `ResumeError` where it holds others."""
    if not count_whole_lines(output):
        return inputs
    with open(output, "rb") as done:
        for number, line in enumerate(done, start=1):
            source = next(inputs, None)
            if source is None or _text_of(line) != source.text:
                is_not = f"is not the article of {source.where}" if source else "is more than these inputs hold"
                raise ResumeError(f"{output}:{number}: {is_not}; give the same inputs, or another --output")
    return inputs


def _text_of(line: bytes) -> str | None:
    try:
        return json.loads(line)["text"]
    except (ValueError, TypeError, KeyError):
        return None


class LeftOut:
    """What could not be read: told one by one and, given a path, kept there as JSON lines of file, line, error, cure.

    With `resume` those that the file holds are not told again.
    """

    def __init__(self, path: Path | None, tell, resume: bool = False):
        self.path, self.tell = path, tell
        self.count = 0
        self.known = count_whole_lines(path) if path and resume else 0
        if path and not resume:
            path.unlink(missing_ok=True)

    def __call__(self, error: InputError) -> None:
        self.count += 1
        if self.count <= self.known:
            return
        self.tell(error)
        if self.path:
            with open_output(self.path, append=True) as file:
                write_json(error.to_dict(), file)
