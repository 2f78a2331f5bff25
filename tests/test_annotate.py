"""The round trip of labels: written for an annotation tool, corrected there, exported, and read by training."""

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import labelled, lines, only, read, spans, topic, write
from typer.testing import CliRunner

from qingyuan.annotate import (
    DOCCANO,
    LABEL_STUDIO,
    doccano_labels,
    import_lines,
    label_studio_config,
    label_studio_task,
    write_labels,
)
from qingyuan.article import Article, Entity, Topic, nest
from qingyuan.cli import app
from qingyuan.taxonomy import GOVERNMENT_NEWS, Taxonomy

TEXT = "😀西藏自治区禁毒办在拉萨市。"
SPANS = {(1, 9, "AGENCY"), (1, 6, "PLACE"), (10, 13, "PLACE")}


def article(text=TEXT, marks=SPANS, name="drug_control"):
    entities = nest(Entity(start, end, label, text[start:end], 0.9) for start, end, label in marks)
    return Article(text, (Topic(name, name, name, 0.8),) if name else (), entities)


def imported(articles, format):
    content = "\n".join(import_lines(articles, format, "qingyuan default"))
    return json.loads(content) if format == LABEL_STUDIO else [json.loads(line) for line in content.splitlines()]


def doccano_export(records):
    """What doccano gives back: its own numbers, the metadata beside the labels, spans in order, comments."""
    return "a.jsonl", lines(
        *({"id": 100 + n, **r, "entities": sorted(r["entities"]), "Comments": []} for n, r in enumerate(records))
    )


def label_studio_export(tasks):
    """What Label Studio gives back once predictions were submitted as annotations."""
    return "a.json", [
        {
            "id": 100 + number,
            "data": task["data"],
            "annotations": [
                {
                    "id": number,
                    "was_cancelled": False,
                    "completed_by": 1,
                    "result": [
                        {key: value for key, value in each.items() if key != "score"} | {"origin": "prediction"}
                        for each in task["predictions"][0]["result"]
                    ],
                }
            ],
            "predictions": [],
            "meta": {},
        }
        for number, task in enumerate(tasks)
    ]


EXPORTS = {DOCCANO: doccano_export, LABEL_STUDIO: label_studio_export}


@given(
    text_and_marks=labelled(nested=True),
    name=st.none() | st.just("court"),
    format=st.sampled_from([DOCCANO, LABEL_STUDIO]),
    fields=st.dictionaries(st.sampled_from(["id", "topic", "label", "entities", "cats", "data", "url"]), st.text("a甲")),
)
def test_labels_come_back(tmp_path_factory, text_and_marks, name, format, fields):
    text, marks = text_and_marks
    export = EXPORTS[format](imported([(article(text, marks, name), fields)], format))
    record = only(write(tmp_path_factory.mktemp("export"), *export))
    assert (record.article.text, spans(record), topic(record)) == (text, marks, name)


@pytest.mark.parametrize("format", EXPORTS)
def test_corrections_win(tmp_path, format):
    records = imported([(article(), {})], format)
    if format == DOCCANO:
        records[0]["entities"].remove([10, 13, "PLACE"])
        records[0]["cats"] = ["policing"]
    else:
        results = records[0]["predictions"][0]["result"]
        results[:] = [each for each in results if each["value"].get("start") != 10]
        results[-1]["value"]["choices"] = ["policing"]
    record = only(write(tmp_path, *EXPORTS[format](records)))
    assert (spans(record), topic(record)) == (SPANS - {(10, 13, "PLACE")}, "policing")


def test_doccano_keeps_all_fields_as_metadata():
    fields = {"id": 7, "url": "u", "topic": "old", "input": "kept"}
    [record] = imported([(article(), fields)], DOCCANO)
    assert record["url"] == "u" and record["input"] == {"id": 7, "topic": "old", "input": "kept"}
    assert record["cats"] == ["drug_control"] and "topic" not in record


def test_label_studio_tasks_match_their_config():
    task = label_studio_task(article(), {"url": "u", "text": "old"}, "qingyuan default")
    assert task["data"] == {"url": "u", "input": {"text": "old"}, "text": TEXT}
    view = ElementTree.fromstring(label_studio_config(GOVERNMENT_NEWS))
    kinds = {tag.get("name"): (tag.tag.lower(), tag.get("toName"), {each.get("value") for each in tag}) for tag in view}
    [prediction] = task["predictions"]
    for each in prediction["result"]:
        kind, source, values = kinds[each["from_name"]]
        assert (kind, source) == (each["type"], each["to_name"]) and set(each["value"][each["type"]]) <= values
    assert prediction["score"] == 0.8  # the least sure of all, to begin with
    assert len({each["id"] for each in prediction["result"]}) == 4


def test_label_studio_config_of_odd_labels():
    odd = Taxonomy.from_dict({"labels": {"<A&B>": "甲<乙"}, "topics": []})
    view = ElementTree.fromstring(label_studio_config(odd))
    [label] = view.iter("Label")
    assert label.get("value") == "<A&B>" and label.get("html") == "甲&lt;乙 &lt;A&amp;B&gt;"
    assert view.find("Choices") is None


def test_doccano_labels_have_shortcuts_of_their_own(tmp_path):
    labels = doccano_labels(GOVERNMENT_NEWS.topics * 3)
    keys = [label["suffix_key"] for label in labels]
    assert len(set(keys[:36])) == 36 and set(keys[36:]) == {None}
    files = write_labels(tmp_path / "a.jsonl", DOCCANO, GOVERNMENT_NEWS)
    assert [file.name for file in files] == ["a.labels.json", "a.topics.json"]
    assert [label["text"] for label in json.loads(files[0].read_text("utf-8"))] == list(GOVERNMENT_NEWS.label_names)


@pytest.fixture(scope="module")
def model(tagger, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    tagger.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("format", "name"), [(DOCCANO, "out.jsonl"), (LABEL_STUDIO, "out.json")])
def test_command(tmp_path, model, tagger, format, name):
    good = {"body": "西藏自治区禁毒办在拉萨市。", "id": 7}
    path = write(tmp_path, "in.jsonl", lines(good, '{"body": "\\ud83d"}', {"body": " "}, "{broken", good))
    out = tmp_path / "labels" / name
    arguments = ["annotate", path, tmp_path / "none.txt", "-o", out, "--format", format, "--model", model]
    result = CliRunner().invoke(app, [*map(str, arguments), "--text-field", "body"])
    assert result.exit_code == 3, result.output
    told = [json.loads(line) for line in out.with_suffix(".errors.jsonl").read_text("utf-8").splitlines()]
    assert [(error["file"], error["line"]) for error in told] == [
        *((str(path), line) for line in (2, 3, 4)),
        (str(tmp_path / "none.txt"), None),
    ]
    records = json.loads(out.read_text("utf-8")) if name.endswith(".json") else list(map(json.loads, out.open()))
    records, errors = read(write(tmp_path, *EXPORTS[format](records)))
    assert not errors and len(records) == 2
    tagged = tagger.predict(good["body"])
    assert spans(records[0]) == {entity.span for entity in tagged.entities} and topic(records[0]) == tagged.topic.label


def test_no_text_at_all_is_an_empty_list(tmp_path, model):
    path = write(tmp_path, "in.jsonl", "")
    result = CliRunner().invoke(app, ["annotate", str(path), "-o", str(tmp_path / "out.json"), "--model", str(model)])
    assert result.exit_code == 0 and json.loads((tmp_path / "out.json").read_text("utf-8")) == []
