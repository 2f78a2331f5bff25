"""Whatever the bytes, an input is read or told with its file and line; no more of it is held than allowed."""

from __future__ import annotations

import gzip
import io
import json
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingyuan.inputs import read_inputs
from qingyuan.output import LeftOut, write_json

LINE = json.dumps({"text": "西藏自治区禁毒办"}, ensure_ascii=False)


def read(folder, content: bytes, name="in.jsonl", **options):
    path = folder / name
    path.write_bytes(content)
    errors = []
    return list(read_inputs([str(path)], errors.append, **options)), errors


PARTS = [LINE.encode(), b"{", b"\xff", b"\n", b"\r\n", b"\xef\xbb\xbf"]


@given(st.binary(max_size=200) | st.lists(st.sampled_from(PARTS)).map(b"".join))
def test_any_bytes_are_read_or_told(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("any")
    texts, errors = read(folder, content)
    lines = [line for line in content.split(b"\n") if line.removeprefix(b"\xef\xbb\xbf").strip()]
    assert len(texts) + len(errors) == len(lines)
    texts, errors = read(folder, content, "in.txt")
    assert len(texts) + len(errors) == 1
    for error in errors:
        write_json(error.to_dict(), io.BytesIO())


@pytest.mark.parametrize("name", ["in.jsonl", "in.txt"])
@pytest.mark.parametrize(
    "encoding, told",
    [("gb18030", "iconv -f GB18030 -t UTF-8"), ("gbk", "-f GB18030 -t UTF-8"), ("utf-16", "iconv -f UTF-16 -t UTF-8")],
)
def test_other_encodings_are_told_with_the_cure(tmp_path, name, encoding, told):
    texts, errors = read(tmp_path, '{"text": "西藏自治区"}'.encode(encoding), name)
    assert not texts and len(errors) == 1 and told in str(errors[0])


def test_byte_order_marks_are_no_text(tmp_path):
    texts, errors = read(tmp_path, f"\ufeff{LINE}\n\ufeff{LINE}\r\n\ufeff\n".encode())  # files put end to end
    assert [each.text for each in texts] == ["西藏自治区禁毒办"] * 2 and not errors
    (text,), _ = read(tmp_path, "\ufeff西藏".encode(), "in.txt")
    assert text.text == "西藏"


@pytest.mark.parametrize(
    "line, told",
    [
        ('{"text": "a", "deep": ' + "[" * 200 + "]" * 200 + "}", "nested more than 100 deep"),
        ("[" * 100_000, "no JSON of ours"),
        ('{"text": "a", "number": ' + "9" * 5000 + "}", "no JSON of ours"),
        ('{"text": "a"', "not JSON"),
        ('"' + "a" * 3000, "longer than 2,048 bytes"),
    ],
)
def test_json_that_means_harm_is_told_and_the_next_line_read(tmp_path, line, told):
    longest = 2048 if told.startswith("longer") else 1 << 20
    texts, (error,) = read(tmp_path, f"{line}\n{LINE}".encode(), longest=longest)
    assert str(error).startswith(f"{tmp_path / 'in.jsonl'}:1: {told}") and len(str(error)) < 500
    assert [each.text for each in texts] == ["西藏自治区禁毒办"]


@pytest.mark.parametrize("more, kept", [(0, 1), (1, 0)])
def test_a_line_and_an_article_may_be_so_long_and_no_longer(tmp_path, more, kept):
    line = LINE.encode()
    for content in (line, line + b"\n", line + b"\n" + line):
        texts, errors = read(tmp_path, content, longest=len(line) - more)
        assert len(texts) == kept * content.count(b"{") and len(errors) == content.count(b"{") - len(texts)
    texts, errors = read(tmp_path, line, "in.txt", longest=len(line) - more)
    assert (len(texts), len(errors)) == (kept, 1 - kept)


ONE_HUGE_LINE = """
import resource
from qingyuan.inputs import read_inputs
resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))
errors = []
print([each.text for each in read_inputs(["-"], errors.append)], len(errors), errors[0].line)
"""


def test_a_gigabyte_without_a_line_break_is_passed_over_and_not_held():
    process = subprocess.Popen([sys.executable, "-c", ONE_HUGE_LINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(b'{"text": "')
    for _ in range(1 << 6):
        process.stdin.write(b"a" * (1 << 24))
    out, _ = process.communicate(b"\n" + LINE.encode())
    assert out.decode() == "['西藏自治区禁毒办'] 1 1\n"


def test_errors_are_told_once(tmp_path):
    def left_out(resume):
        told = []
        return LeftOut(tmp_path / "errors.jsonl", told.append, resume), told

    _, (first, second) = read(tmp_path, b"[1]\n[2]")
    keep, told = left_out(resume=False)
    keep(first)
    keep, told = left_out(resume=True)
    keep(first), keep(second)
    assert told == [second] and keep.count == 2
    assert [json.loads(line)["line"] for line in (tmp_path / "errors.jsonl").read_text("utf-8").splitlines()] == [1, 2]


def test_what_python_calls_a_line_is_not_what_a_file_does(tmp_path):
    """Only a line feed ends a record: texts hold other separators."""
    text = "甲\u2028乙\x85丙\x0c丁"
    texts, errors = read(tmp_path, json.dumps({"text": text}, ensure_ascii=False).encode())
    assert [each.text for each in texts] == [text] and not errors


def test_bytes_flipped_at_random_are_read_or_told(tmp_path):
    draw = random.Random(0)
    whole = "\n".join([LINE] * 40).encode()
    for _ in range(200):
        content = bytearray(whole)
        for _ in range(draw.randrange(1, 30)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        texts, errors = read(tmp_path, bytes(content))
        assert len(texts) + len(errors) == sum(bool(line.strip()) for line in bytes(content).split(b"\n"))


@pytest.mark.parametrize("name", ["in.jsonl.gz", "in.txt.gz"])
@given(lines=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1))
def test_a_packed_file_reads_like_the_plain_one(tmp_path_factory, name, lines):
    content = "\n".join(json.dumps({"text": line}, ensure_ascii=False) for line in lines).encode()
    folder = tmp_path_factory.mktemp("packed")
    packed, no_errors = read(folder, gzip.compress(content), name)
    plain, _ = read(folder, content, name.removesuffix(".gz"))
    assert [each.text for each in packed] == [each.text for each in plain] and not no_errors


def test_a_damaged_packed_file_is_told_and_what_came_before_is_read(tmp_path):
    draw = random.Random(0)
    lines = [json.dumps({"text": str(draw.getrandbits(4000))}) for _ in range(200)]  # more than is unpacked at once
    packed = gzip.compress("\n".join(lines).encode())
    texts, (error,) = read(tmp_path, packed[: len(packed) // 2], "in.jsonl.gz")
    assert [json.dumps({"text": each.text}) for each in texts] == lines[: len(texts)] and 0 < len(texts) < 200
    assert error.line == len(texts) + 1 and "can't be unpacked from here on" in str(error)
    flipped = packed[:2000] + bytes(byte ^ 255 for byte in packed[2000:3000]) + packed[3000:]
    texts, errors = read(tmp_path, flipped, "in.jsonl.gz")
    assert len(texts) < 200 and "can't be unpacked" in str(errors[-1])
    for name in ("in.jsonl.gz", "in.txt.gz"):
        for content in (b"", b"no gzip", packed[:20]):
            texts, (error,) = read(tmp_path, content, name)
            assert not texts and str(error).startswith(f"{tmp_path / name}: can't be unpacked (")
