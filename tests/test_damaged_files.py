"""Labelled files, damaged in any way: each record is read or told by its place, and nothing else comes of it."""

from __future__ import annotations

import json
import random

import pytest
from hostile import PIECES
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import GOOD, lines, read, write

TAGS = ["B-AGENCY", *["I-AGENCY"] * 4, "O", "O"]
CONLL = "# topic = court\n" + "\n".join(map("\t".join, zip("北京市法院开庭", TAGS)))
FILES = {
    "a.jsonl": lines(GOOD, GOOD, GOOD).encode(),
    "a.json": json.dumps([GOOD, GOOD], ensure_ascii=False).encode(),
    "a.conll": (CONLL + "\n\n" + CONLL).encode(),
}
DAMAGE = (
    b"\xff", b"\x00", b"\xef\xbb\xbf", b"\r", b"\n", b'"', b"{", b"]", b"\t", b"\xb9\xfa", b"\\ud800", b"-", b"#",
    b"9" * 5000,
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_damaged_files_are_read_or_told(tmp_path, name):
    draw = random.Random(name)
    whole, told = FILES[name], 0
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(draw.randrange(1, 8)):
            place = draw.randrange(len(content))
            content[place : place + draw.choice((0, 1, 3, 40))] = draw.choice(DAMAGE)
        records, errors = read(write(tmp_path, name, bytes(content)))
        told += len(errors)
        for record in records:
            for entity in record.article.entities:
                assert record.article.text[entity.start : entity.end] == entity.text
        assert all(f"{tmp_path / name}:" in str(error) for error in errors)
    assert told > 50


BYTES = [piece.encode("utf-8", "replace") for piece in PIECES]


@pytest.mark.parametrize("name", FILES)
@given(st.binary(max_size=200) | st.lists(st.sampled_from(BYTES)).map(b"".join))
@settings(max_examples=60)
def test_any_bytes_are_read_or_told(tmp_path_factory, name, content):
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return  # UTF-16, refused as a whole
    read(write(tmp_path_factory.mktemp("any"), name, content))


@pytest.mark.parametrize("value", ["[" * 100_000, '{"text": "北京", "n": ' + "9" * 5000 + "}", '{"a":' * 20_000])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_json_that_means_harm_is_told(tmp_path, name, value):
    records, [error] = read(write(tmp_path, name, value))
    assert not records and str(error).startswith(f"{tmp_path / name}:") and len(str(error)) < 500
