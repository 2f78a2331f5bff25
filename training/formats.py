"""Labelled data of one's own, from files and folders: JSON lines, JSON lists, tagged tokens, saved datasets.

    .jsonl                   a record a line: our own form, or what doccano exports
    .json                    a list of records: our own form, or what Label Studio exports
    .conll .bio .tsv .txt    tagged tokens, see `qingyuan.training.conll`
    … .gz                    any of these, packed
    a folder                 what `datasets` saves with `save_to_disk`; `folder#train` names the split

Which form a record has is seen from its keys, see `qingyuan.training.records`.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from qingyuan.inputs import DAMAGED, open_unpacked, unpacked_name
from qingyuan.training import conll
from qingyuan.training.records import Record, RecordError, place, read_record

__all__ = ["Record", "RecordError", "read_articles"]

# A record and its line or number; a `RecordError` stands for one that can't be told from the file.
Numbered = tuple[int, Any]

_BROKEN_BYTE = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of bytes that aren't UTF-8


def read_articles(path: str | Path, on_error: Callable[[RecordError], None] | None = None) -> Iterator[Record]:
    """The labelled articles of a file, or of a folder saved by `datasets`.

    A record that can't be read goes to `on_error`, and reading goes on; without `on_error` it is raised.
    Raises `FileNotFoundError`, and `ValueError` for a kind of file that isn't known, a packed file that is damaged or a split
    that isn't there.
    """
    file = Path(path)
    if file.is_file():
        name = Path(unpacked_name(file.name))
        if (suffix := name.suffix.lower()) not in _READERS:
            known = f"{', '.join(_READERS)}, any of them packed (.gz), and folders of `datasets`"
            raise ValueError(f"{path}: unknown kind of file; known are {known}")
        numbered, unit = _READERS[suffix](file)
        return _read(numbered, str(path), name.stem, unit, on_error)
    folder, _, split = (str(path), "", "") if file.is_dir() else str(path).rpartition("#")
    if not folder or not Path(folder).is_dir():
        raise FileNotFoundError(f"{path}: no such file or folder")
    return _read(_read_dataset(folder, split), str(path), Path(folder).name, "record", on_error)


def _read(
    numbered: Iterable[Numbered], path: str, stem: str, unit: str, on_error: Callable[[RecordError], None] | None
) -> Iterator[Record]:
    for number, values in numbered:
        try:
            if isinstance(values, RecordError):
                raise values
            article = read_record(values)
        except RecordError as error:
            error.file, error.number, error.unit = path, error.number or number, unit
            if on_error is None:
                raise
            on_error(error)
            continue
        if article is not None:
            given = values.get("id")
            yield Record(f"{stem}-{number}" if given is None else str(given), article, place(path, number, unit))


def _read_json_lines(file: Path) -> tuple[Iterator[Numbered], str]:
    text, cure = _decode(file)
    return (
        (number, _attempt(_parse_line, line, number, cure))
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip()
    ), "line"


def _read_json(file: Path) -> tuple[Iterator[Numbered], str]:
    """A list of records. A record alone is taken too, and so are lines of records that are called `.json`."""
    text, cure = _decode(file)
    try:
        records = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return _read_json_lines(file)
        return iter([(1, _attempt(_refuse_json, text, error, cure))]), "line"
    except (ValueError, RecursionError) as error:
        return iter([(1, RecordError(f"no JSON of ours: {error}", 'write a list: [{"text": "…"}, …]'))]), "record"
    records = records if isinstance(records, list) else [records]
    return ((number, _attempt(_whole, record, cure)) for number, record in enumerate(records, 1)), "record"


def _read_tags(file: Path) -> tuple[Iterator[Numbered], str]:
    text, cure = _decode(file)
    lines = [(number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), 1)]
    scheme = conll.Scheme.of(line for _, line in lines)
    return (
        (article[0][0], _attempt(_read_tagged, article, scheme, cure)) for article in conll.split_articles(lines)
    ), "line"


def _read_dataset(folder: str, split: str) -> Iterator[Numbered]:
    import datasets

    dataset = datasets.load_from_disk(folder)
    if isinstance(dataset, datasets.DatasetDict):
        splits = tuple(dataset)
        dataset = dataset.get(split or "train")
    else:
        splits = (str(dataset.split or "train"),)
        dataset = dataset if split in ("", *splits) else None
    if dataset is None:
        raise ValueError(f"{folder} has no split {split or 'train'!r}; name one of its own: {folder}#{splits[0]}")
    return _rows(dataset)


def _rows(dataset: Any) -> Iterator[Numbered]:
    topics = getattr(dataset.features.get("topic"), "names", None)  # where topics are a `ClassLabel`, rows number them
    for number, row in enumerate(dataset, 1):
        if topics and row["topic"] is not None:
            row["topic"] = topics[row["topic"]]
        if isinstance(spans := row.get("entities"), dict):  # a `Sequence` of structs comes as columns
            row["entities"] = [dict(zip(spans, span)) for span in zip(*spans.values())]
        yield number, row


def _decode(file: Path) -> tuple[str, str]:
    """The text of a file, bytes that aren't UTF-8 kept as surrogates, and the cure for those if there are any."""
    try:
        with open_unpacked(file) as opened:
            data = opened.read()
    except DAMAGED as error:
        raise ValueError(f"{file} can't be unpacked ({error}); pack it again") from None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError(f"{file} is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8")
    text = data.decode("utf-8-sig", "surrogateescape")
    if not _BROKEN_BYTE.search(text):
        return text, ""
    # GB18030 seldom looks like UTF-8: if most lines do, some bytes are damaged, and converting would garble the rest.
    lines = [line for line in text.split("\n") if not line.isascii()]
    broken = sum(bool(_BROKEN_BYTE.search(line)) for line in lines)
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return text, "save the file as UTF-8"
    if 2 * broken < len(lines):
        return text, "save the line as UTF-8"
    return text, "convert the file: iconv -f GB18030 -t UTF-8"


def _attempt(read: Callable[..., Any], *arguments: Any) -> Any:
    """What `read` makes of its arguments, or the `RecordError` it raises, so that the next record gets its turn."""
    try:
        return read(*arguments)
    except RecordError as error:
        return error


def _parse_line(line: str, number: int, cure: str) -> Any:
    _refuse_broken_bytes(line, cure, number)
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise RecordError(
            f"not JSON, column {error.colno}: {error.msg}", 'write a record a line: {"text": "…"}'
        ) from None
    except (ValueError, RecursionError) as error:  # numbers of thousands of digits, thousands of brackets
        raise RecordError(f"no JSON of ours: {error}", 'write a record a line: {"text": "…"}') from None


def _refuse_json(text: str, error: json.JSONDecodeError, cure: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        _refuse_broken_bytes(line, cure, number)
    raise RecordError(
        f"not JSON, column {error.colno}: {error.msg}", 'write a list: [{"text": "…"}, …]', number=error.lineno
    )


def _whole(record: Any, cure: str) -> Any:
    if cure:
        _refuse_broken_bytes(json.dumps(record, ensure_ascii=False), cure)
    return record


def _read_tagged(article: list[conll.Line], scheme: conll.Scheme, cure: str) -> dict[str, Any]:
    for number, line in article:
        _refuse_broken_bytes(line, cure, number)
    return conll.read_article(article, scheme)


def _refuse_broken_bytes(text: str, cure: str, number: int | None = None) -> None:
    if cure and (broken := _BROKEN_BYTE.search(text)):
        raise RecordError(f"the byte 0x{ord(broken[0]) - 0xDC00:02x} isn't UTF-8", cure, number=number)


_READERS = {
    ".jsonl": _read_json_lines,
    ".json": _read_json,
    ".conll": _read_tags,
    ".bio": _read_tags,
    ".tsv": _read_tags,
    ".txt": _read_tags,
}
