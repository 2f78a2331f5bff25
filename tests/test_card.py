"""Model cards: what the hub reads of them, what stays of an author's, and what is pushed."""

import json

import pytest
import yaml
from huggingface_hub import ModelCard, metadata_load
from huggingface_hub.repocard_data import model_index_to_eval_results
from typer.testing import CliRunner

from qingyuan import Tagger
from qingyuan.article import Article, Entity, Topic
from qingyuan.card import read_report, report_results, write_card
from qingyuan.checkpoint import SHIPPED
from qingyuan.cli import app
from qingyuan.eval.report import build_report
from qingyuan.training.config import TrainConfig
from qingyuan.training.trainer import finish


def article(*spans, topic="court"):
    text = "拉萨市法院在北京开庭"
    return Article(text, (Topic(topic, topic, topic),), tuple(Entity(s, e, label, text[s:e]) for s, e, label in spans))


def report(data="page", right=True):
    gold = [article((0, 5, "AGENCY"), (6, 8, "PLACE"))]
    predicted = gold if right else [article((0, 5, "AGENCY"), topic="other")]
    return build_report(gold, predicted, ["one"], model="m", data=data).to_dict()


@pytest.fixture
def folder(tagger, tmp_path):
    tagger.save_pretrained(tmp_path / "own")
    return tmp_path / "own"


def figures(folder):
    _, results = model_index_to_eval_results(metadata_load(folder / "README.md")["model-index"])
    return {(each.dataset_type, each.metric_type): each.metric_value for each in results}


def test_a_saved_model_has_a_card_that_the_hub_reads(folder):
    data = metadata_load(folder / "README.md")
    assert data["language"] == ["zh"] and data["library_name"] == "qingyuan"
    assert data["pipeline_tag"] == "token-classification" and "qingyuan" in data["tags"]
    assert data["metrics"] == ["f1", "accuracy"] and "license" not in data and "model-index" not in data
    card = ModelCard.load(folder / "README.md")
    assert card.text.strip().startswith("# own") and "`AGENCY` | 机构" in card.text


def test_figures_of_reports(folder):
    write_card(folder, report_results(report()), license="apache-2.0")
    data = ModelCard.load(folder / "README.md").data
    assert data.license == "apache-2.0" and data.model_name == "own"
    assert figures(folder) == {
        ("qingyuan-page", "f1"): 1.0,
        ("qingyuan-page", "precision"): 1.0,
        ("qingyuan-page", "recall"): 1.0,
        ("qingyuan-page", "accuracy"): 1.0,
    }
    [row] = [line for line in (folder / "README.md").read_text("utf-8").splitlines() if line.startswith("| a news")]
    assert row == "| a newspaper page | 1 | 2 | 1.000 (1.000–1.000) | 1.000 | 1.000 | 1.000 (1.000–1.000) |"


def test_newer_figures_take_the_place_of_older_ones_on_the_same_set(folder):
    write_card(folder, report_results(report("page")) + report_results(report("/home/me/mine.jsonl")))
    write_card(folder, report_results(report("page", right=False)))
    found = figures(folder)
    assert found["qingyuan-page", "f1"] == pytest.approx(2 / 3, abs=1e-4) and found["qingyuan-page", "accuracy"] == 0
    assert found["mine", "f1"] == 1.0
    assert "/home" not in (folder / "README.md").read_text("utf-8")


def test_what_an_author_wrote_stays(folder):
    head = "---\nlicense: mit\ntags: [mine]\nwidget: [{text: 甲}]\n---\n"
    text = "# Mine\n\nMy words.\n\n<!-- figures -->\nold\n<!-- end -->\nMore.\n"
    (folder / "README.md").write_text(head + text, encoding="utf-8")
    write_card(folder, report_results(report()))
    data, card = metadata_load(folder / "README.md"), ModelCard.load(folder / "README.md")
    assert (data["license"], data["tags"], data["widget"]) == ("mit", ["mine"], [{"text": "甲"}])
    assert data["library_name"] == "qingyuan"
    assert card.text.startswith("# Mine\n\nMy words.\n\n<!-- figures -->\n| set")
    assert card.text.endswith("<!-- end -->\nMore.\n")
    assert "old" not in card.text


def test_the_training_tells_corpora_and_base(folder):
    trainer = {"epochs": 2.0, "batch_size": 8, "learning_rate": 1e-4, "seed": 0}
    training = {"model": "default", "train": ["web/train", "private.jsonl"], "trainer": trainer}
    (folder / "training.yaml").write_text(yaml.safe_dump(training), encoding="utf-8")
    (folder / "README.md").unlink()
    write_card(folder)
    data = metadata_load(folder / "README.md")
    assert data["datasets"] == ["qingyuan-web"]
    assert data["base_model"] == metadata_load(SHIPPED / "default" / "README.md")["base_model"]
    assert "private" not in (folder / "README.md").read_text("utf-8")


def test_broken_metadata_are_told(folder):
    (folder / "README.md").write_text("---\na: [\n---\n", encoding="utf-8")
    with pytest.raises(ValueError, match="README.md: its metadata can't be read"):
        write_card(folder)


def test_a_training_puts_its_scores_into_the_card(folder, caplog):
    config = TrainConfig(model="default", output=folder, train=["written/train"], dev=["mine.jsonl"])
    scores = finish(config, [article((0, 5, "AGENCY"), (6, 8, "PLACE"))])
    assert figures(folder) == {
        ("dev", "f1"): round(scores["eval_f1"], 4),
        ("dev", "accuracy"): round(scores["eval_topic_accuracy"], 4),
    }
    (folder / "README.md").write_text("---\na: [\n---\n", encoding="utf-8")
    finish(config, [article()])  # a card that can't be read is told, and the training is kept
    assert "the card stays as it was" in caplog.text
    assert (folder / "README.md").read_text("utf-8") == "---\na: [\n---\n"


def test_command(folder, tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(report()), encoding="utf-8")
    result = CliRunner().invoke(app, ["card", str(folder), str(path), "--license", "mit", "--name", "me/court"])
    assert result.exit_code == 0, result.output
    assert ModelCard.load(folder / "README.md").data.model_name == "court" and figures(folder)
    path.write_text('{"data": "page"}', encoding="utf-8")
    with pytest.raises(ValueError, match="r.json: no report"):
        read_report(path)
    assert CliRunner().invoke(app, ["card", str(folder), str(path)]).exit_code == 2


def test_the_shipped_card():
    data = ModelCard.load(SHIPPED / "default" / "README.md").data
    assert data.license == "apache-2.0" and data.base_model == "BAAI/bge-small-zh-v1.5"
    sets = {each.dataset_type for each in data.eval_results}
    assert sets == {"qingyuan-page", "qingyuan-web", "qingyuan-written"}


def test_push_of_a_loaded_tagger_takes_its_folder_as_it_lies(exported, pushed):
    (exported / "scrap.bin").write_bytes(b"x")
    loaded = Tagger.from_pretrained(exported)
    assert loaded.push_to_hub("me/court", private=True, token="t", create_pr=True) == "the commit"
    assert pushed["repo"] == {"token": "t", "private": True, "exist_ok": True} and pushed["repo_id"] == "me/court"
    assert pushed["options"] == {"commit_message": "Upload a qingyuan tagger", "create_pr": True}
    weights = {"model.safetensors", "model.int8.onnx"}
    assert {"config.json", "characters.json", "README.md"} | weights == set(pushed["files"])
    assert pushed["files"]["model.int8.onnx"] == (exported / "model.int8.onnx").read_bytes()


def test_push_of_a_tagger_made_in_memory(tagger, pushed, tmp_path):
    tagger.push_to_hub("me/court")
    for name, content in pushed["files"].items():
        (tmp_path / name).write_bytes(content)
    assert "# me/court" in (tmp_path / "README.md").read_text("utf-8")
    text = "拉萨市禁毒办"
    assert Tagger.from_pretrained(tmp_path, device="cpu").predict(text) == tagger.predict(text)


def test_an_int8_tagger_is_saved_with_all_of_its_folder(exported, tmp_path):
    tagger = Tagger.from_pretrained(exported, backend="onnx")
    tagger.save_pretrained(tmp_path / "copy")
    text = "西藏自治区禁毒办"
    assert Tagger.from_pretrained(tmp_path / "copy", backend="onnx").predict(text) == tagger.predict(text)
    assert (tmp_path / "copy" / "model.safetensors").is_file()
