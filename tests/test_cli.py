"""The commands, as people call them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from qingyuan.cli import app


@pytest.fixture(scope="module")
def model(tagger, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("model")
    tagger.save_pretrained(folder)
    return str(folder)


def run(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


def test_json_lines_keep_their_fields_and_gain_the_articles(model, tagger, tmp_path):
    path = tmp_path / "in.jsonl"
    records = [{"id": 7, "text": "西藏自治区禁毒办", "topic": "old"}, {"id": 8, "text": ""}]
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in records), encoding="utf-8")
    result = run("predict", path, "--model", model)
    assert result.exit_code == 0, result.output
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["id"] == 7 and first["input"] == {"topic": "old"}
    assert first["topic"] == tagger.predict(records[0]["text"]).topic.label
    assert second["topic"] is None and "input" not in second


def test_text_files_are_an_article_each_and_standard_input_is_told_by_its_look(model, tmp_path):
    (tmp_path / "a.txt").write_text("\ufeff拉萨市\n法院", encoding="utf-8")
    result = run("predict", tmp_path / "a.txt", "-", "--model", model, input='{"text": "西藏"}\n{"text": "禁毒"}\n')
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["拉萨市\n法院", "西藏", "禁毒"]
    result = run("predict", "-", "--model", model, input="西藏\n禁毒")
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["西藏\n禁毒"]


def test_bad_lines_are_told_and_the_others_go_on(model, tmp_path):
    path = tmp_path / "in.jsonl"
    lines = ['{"text": "西藏"}'.encode(), b"{broken", b"[1]", b'{"body": "x"}', "{\"text\": \"西藏\"}".encode("gb18030"), b'{"text": "b"}']
    path.write_bytes(b"\n".join(lines))
    result = run("predict", path, tmp_path / "none.txt", "--model", model)
    assert result.exit_code == 3
    assert [json.loads(line)["text"] for line in result.stdout.splitlines()] == ["西藏", "b"]
    told = result.stderr.splitlines()
    assert [line.split("in.jsonl:")[1][0] for line in told[:4]] == ["2", "3", "4", "5"]
    assert "--text-field" in told[2] and "GB18030" in told[3] and "none.txt" in told[4]


def test_lone_surrogates_outlive_the_json(model, tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "西藏\\ud800"}', encoding="utf-8")
    result = run("predict", path, "--model", model, "--output", tmp_path / "out" / "o.jsonl")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "out" / "o.jsonl").read_bytes())["text"] == "西藏\ud800"


def test_the_table_shows_the_text_and_the_labels(model, tmp_path):
    (tmp_path / "a.txt").write_text("西藏自治区禁毒办", encoding="utf-8")
    result = run("predict", tmp_path / "a.txt", "--model", model, "--format", "table")
    assert "西藏自治区禁毒办" in result.output and "a.txt" in result.output


def test_info_tells_versions_weights_and_labels(model):
    result = run("info", "--model", model)
    assert result.exit_code == 0, result.output
    for word in ("torch", "cpu", "million", "AGENCY 机构", "drug_control 禁毒", "PLACE in AGENCY, ORG"):
        assert word in result.output


def test_a_wrong_model_is_one_line_and_not_a_traceback():
    result = run("info", "--model", "./nowhere")
    assert result.exit_code == 2 and "error: nowhere: no such folder" in result.output.replace("./", "")


def test_evaluate_writes_json_and_html(model, tmp_path):
    result = run("evaluate", "--model", model, "--data", "page", "--json", tmp_path / "r.json", "--html", tmp_path / "r.html")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "r.json").read_text("utf-8"))["articles"] == 14
    assert (tmp_path / "r.html").read_text("utf-8").lstrip().lower().startswith("<!doctype html>")


def test_data_check_tells_errors_by_line(tmp_path):
    path = tmp_path / "own.jsonl"
    good = {"text": "在“清源”行动中", "entities": [{"start": 2, "end": 4, "label": "CAMPAIGN"}]}
    edge = {"text": "在“清源”行动中", "entities": [{"start": 1, "end": 5, "label": "CAMPAIGN"}]}
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in (good, edge)) + "\n{", encoding="utf-8")
    result = run("data", "check", path)
    assert result.exit_code == 1
    assert "own.jsonl:3" in result.output and "own.jsonl:2: hint: quote-edge" in result.output


@pytest.mark.parametrize("command", [[], ["predict"], ["train"], ["pretrain"], ["evaluate"], ["info"], ["data", "check"]])
def test_every_command_explains_itself(command):
    result = run(*command, "--help")
    assert result.exit_code == 0 and "Usage" in result.output
