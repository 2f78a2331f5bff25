"""`qingyuan predict` over many lines: bad ones are kept apart; a broken-off run goes on, nothing doubled or lost."""

from __future__ import annotations

import itertools
import json
import random
import re
import resource
import signal
import subprocess
import sys
import time

import pytest
from hostile import differences
from typer.testing import CliRunner

from qingyuan.article import Article
from qingyuan.cli import app
from qingyuan.output import count_whole_lines
from qingyuan.tagger import Tagger

BAD = [b"{broken", b"[1]", b'{"body": "x"}', '{"text": "西藏"}'.encode("gb18030"), b'"a"', b'{"text": 1}', b"\xff\xfe{"]


def run(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


class Echo:
    """Gives texts back untagged, reads ahead as the tagger does, and is interrupted after so many."""

    def __init__(self, interrupted_after=None):
        self.left = interrupted_after

    def stream(self, texts, batch_size, threshold=None):
        texts = iter(texts)
        while group := list(itertools.islice(texts, 777)):
            for text in group:
                if self.left is not None:
                    if self.left == 0:
                        raise KeyboardInterrupt
                    self.left -= 1
                yield Article(text)


@pytest.fixture
def tag_with(monkeypatch):
    return lambda tagger: monkeypatch.setattr(Tagger, "from_pretrained", lambda *_, **__: tagger)


def write_lines(path, count, bad_share=0.01, seed=0):
    """`count` numbered lines, some bad, some blank; the numbers of the good and the line numbers of the bad ones."""
    draw = random.Random(seed)
    good, bad = [], []
    with open(path, "wb") as file:
        for number in range(1, count + 1):
            if (chance := draw.random()) < bad_share:
                bad.append(number)
                file.write(draw.choice(BAD) + b"\n")
            elif chance < bad_share + 0.001:
                file.write(b" \n")
            else:
                good.append(number)
                file.write(json.dumps({"id": number, "text": f"第{number}号"}, ensure_ascii=False).encode() + b"\n")
    return good, bad


def ids(path):
    return [json.loads(line)["id"] for line in path.read_bytes().splitlines()]


def lines_left_out(path):
    return [json.loads(line)["line"] for line in path.read_bytes().splitlines()]


def test_a_hundred_thousand_lines_interrupted_and_gone_on_with(tmp_path, tag_with):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    good, bad = write_lines(source, 100_000)
    told = []
    draw = random.Random()
    while True:
        tag_with(Echo(draw.randrange(60_000) if len(told) < 2 else None))
        result = run("predict", source, "-o", output, *(["--resume"] if told else []))
        told.append(result)
        assert output.read_bytes().endswith(b"\n") or not output.stat().st_size
        if result.exit_code != 130:
            break
        assert "go on with --resume" in result.stderr
        with open(output, "ab") as file:  # as a kill in the middle of a line would leave it
            file.write(b'{"id": 5, "te')
        with open(tmp_path / "out.errors.jsonl", "ab") as file:
            file.write(b'{"file": "')
    assert result.exit_code == 3 and len(told) > 1
    assert ids(output) == good
    assert lines_left_out(tmp_path / "out.errors.jsonl") == bad
    on_stderr = [int(line.split("in.jsonl:")[1].split(":")[0]) for each in told for line in each.stderr.splitlines()
                 if line.startswith("left out")]  # fmt: skip
    assert on_stderr == bad


def test_a_killed_run_goes_on(tmp_path, tagger):
    tagger.save_pretrained(tmp_path / "model")
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    good, bad = write_lines(source, 1_500)
    command = ["predict", str(source), "-o", str(output), "--model", str(tmp_path / "model"), "--batch-size", "8"]
    process = subprocess.Popen([sys.executable, "-m", "qingyuan.cli", *command], stderr=subprocess.DEVNULL)
    enough = random.randrange(1, 500_000)
    while not (output.exists() and output.stat().st_size > enough) and process.poll() is None:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert run(*command, "--resume").exit_code == 3
    assert ids(output) == good
    assert lines_left_out(tmp_path / "out.errors.jsonl") == bad
    for line in output.read_bytes().splitlines()[::10]:
        article = Article.from_dict(json.loads(line))
        assert not differences(article, tagger.predict(article.text))


def test_what_is_done_is_not_done_again(tmp_path, tag_with):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write_lines(source, 50, bad_share=0)
    tag_with(Echo())
    assert run("predict", source, "-o", output, "--resume").exit_code == 0  # nothing is done yet
    before = output.read_bytes()
    tag_with(Echo(interrupted_after=0))
    assert run("predict", source, "-o", output, "--resume").exit_code == 0
    assert output.read_bytes() == before and not (tmp_path / "out.errors.jsonl").exists()


@pytest.mark.parametrize(
    "line, told",
    [
        ('{"text": "另外"}', r"out.jsonl:1: is not the article of .*in.jsonl:1"),
        ("null", r"out.jsonl:1: is not the article"),
        ('{"text": "甲"}\n{"text": "乙"}\n{"text": "丙"}', r"out.jsonl:3: is more than these inputs hold"),
    ],
)
def test_an_output_of_other_inputs_is_refused_and_left_as_it_is(tmp_path, tag_with, line, told):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"text": "甲"}\n{"text": "乙"}\n', encoding="utf-8")
    output.write_text(line + "\n", encoding="utf-8")
    tag_with(Echo())
    result = run("predict", source, "-o", output, "--resume")
    assert result.exit_code == 2
    assert re.search(told, result.stderr)
    assert output.read_text("utf-8") == line + "\n"


def test_resume_wants_an_output_of_json_lines(tmp_path):
    assert "--resume wants --output" in " ".join(run("predict", "-", "--resume").stderr.split())
    assert run("predict", "-", "--resume", "-o", tmp_path / "o", "--format", "table").exit_code == 2


def test_an_output_is_not_called_packed(tmp_path):
    result = run("predict", "-", "-o", tmp_path / "out.jsonl.gz")
    assert result.exit_code == 2 and "pack it with gzip" in result.stderr and not list(tmp_path.iterdir())


def test_an_input_is_not_written_over(tmp_path, tag_with):
    source = tmp_path / "in.errors.jsonl"
    source.write_text('{"text": "甲"}\n', encoding="utf-8")
    tag_with(Echo())
    for output in (source, tmp_path / "in.jsonl"):  # the second would keep its errors in the input
        result = run("predict", source, "-o", output)
        assert result.exit_code == 2 and "is one of the inputs" in result.stderr
    assert source.read_text("utf-8") == '{"text": "甲"}\n'


def test_errors_are_kept_where_asked_and_those_of_an_earlier_run_go(tmp_path, tag_with):
    source, errors = tmp_path / "in.jsonl", tmp_path / "kept.jsonl"
    source.write_bytes(b'{"text": "a"}\n[1]\n')
    tag_with(Echo())
    for _ in range(2):
        assert run("predict", source, tmp_path / "none.txt", "--errors", errors).exit_code == 3
    first, second = map(json.loads, errors.read_bytes().splitlines())
    wrong = 'a record looks like {"text": "…"}, not list'
    assert first == {"file": str(source), "line": 2, "error": wrong, "cure": ""}
    assert second["file"].endswith("none.txt") and second["line"] is None
    assert second["error"] == "No such file or directory"


def test_a_full_disk_is_told_in_one_line_and_the_run_goes_on(tmp_path, tag_with):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    good, _ = write_lines(source, 1_000, bad_share=0)
    tag_with(Echo())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        result = run("predict", source, "-o", output)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert result.exit_code == 2
    assert result.stderr == f"error: {output}: can't be written (File too large)\n"
    assert run("predict", source, "-o", output, "--resume").exit_code == 0
    assert ids(output) == good


def test_a_line_that_was_cut_off_is_taken_off(tmp_path):
    path = tmp_path / "a.jsonl"
    assert count_whole_lines(path) == 0
    path.write_bytes(b"1\n22\n3")
    assert count_whole_lines(path) == 2 and path.read_bytes() == b"1\n22\n"


def test_no_field_of_a_record_is_lost(tmp_path, tag_with):
    source = tmp_path / "in.jsonl"
    records = {"body": "甲", "text": "标题", "topic": "x", "input": 5}, {"text": "乙", "input": 6}
    source.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    tag_with(Echo())
    first = json.loads(run("predict", source, "--text-field", "body").stdout.splitlines()[0])
    assert first["text"] == first["body"] == "甲" and first["input"] == {"topic": "x", "text": "标题", "input": 5}
    second = json.loads(run("predict", source).stdout.splitlines()[1])
    assert second["input"] == 6
