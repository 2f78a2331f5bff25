"""Files of names with their labels.

- `.txt`: a line `拉萨市禁毒办 AGENCY`, with a tab or spaces between;
- `.csv`: the columns `name` and `label`;
- `.jsonl`: a line `{"name": "拉萨市禁毒办", "label": "AGENCY"}`.

UTF-8. Empty lines are passed over. A file with errors is refused: a name that is left out can't be told from one that
isn't in the text.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from qingyuan.dictionary import DictionaryError, fold
from qingyuan.inputs import InputError, decode_text

ERRORS_TOLD = 10

# a line's number, its name and its label, or what is wrong with it
Row = tuple[int, str, str] | tuple[int, str]


def read_names(path: Path) -> dict[str, str]:
    """The names of a file with their labels. Raises `DictionaryError` that tells each wrong line and its cure."""
    data = path.read_bytes()
    try:
        text = decode_text(data, str(path), None, len(data))
    except InputError as error:
        raise DictionaryError(str(error)) from None
    names: dict[str, str] = {}
    lines: dict[str, int] = {}
    errors = []
    for number, *row in _READERS.get(path.suffix.lower(), _read_lines)(text):
        if len(row) == 1:
            errors.append(f"{path}:{number}: {row[0]}")
            continue
        name, label = row
        folded = fold(name)[0]
        first = lines.setdefault(folded, number)
        if names.setdefault(folded, label) != label:
            wrong = f"{name!r} is {label} here and {names[folded]} in line {first}; keep one of them"
            errors.append(f"{path}:{number}: {wrong}")
    if errors:
        more = [f"and {len(errors) - ERRORS_TOLD} more"] if len(errors) > ERRORS_TOLD else []
        raise DictionaryError("\n".join(errors[:ERRORS_TOLD] + more))
    return names


def _read_lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(io.StringIO(text), start=1):
        if not line.strip():
            continue
        words = line.strip().rsplit("\t" if "\t" in line.strip() else None, maxsplit=1)
        yield _row(number, *words) if len(words) == 2 else (number, f"{words[0]!r} has no label; write NAME<tab>LABEL")


def _read_csv(text: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if not {"name", "label"} <= {*(reader.fieldnames or ())}:
        yield 1, f"the columns are {', '.join(reader.fieldnames or ['none'])}; the first line wants name,label"
        return
    try:
        for row in reader:
            yield _row(reader.line_num, row["name"], row["label"])
    except csv.Error as error:
        yield reader.line_num, f"no CSV ({error}); mend the line"


def _read_jsonl(text: str) -> Iterator[Row]:
    for number, line in enumerate(io.StringIO(text), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield number, f"not JSON ({error}); one name a line"
            continue
        is_record = isinstance(record, dict)
        yield _row(number, record.get("name"), record.get("label")) if is_record else _row(number, None, None)


def _row(number: int, name, label) -> Row:
    if not all(isinstance(value, str) and value.strip() for value in (name, label)):
        return number, f"wants a name and a label, found {name!r} and {label!r}; write both, or leave out the line"
    return number, name.strip(), label.strip()


_READERS = {".csv": _read_csv, ".jsonl": _read_jsonl, ".ndjson": _read_jsonl}
