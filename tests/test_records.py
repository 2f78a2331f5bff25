"""The exports of annotation tools are read like our own records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SPANS, TEXT, labelled, lines, only, read, spans, topic, write

from qingyuan.training.formats import RecordError, read_articles


def doccano(text, marks):
    return {"id": 3, "text": text, "label": [list(mark) for mark in marks], "Comments": [], "cats": {}}


def doccano_with_relations(text, marks):
    entities = [
        {"id": number, "start_offset": start, "end_offset": end, "label": label}
        for number, (start, end, label) in enumerate(marks)
    ]
    return {"id": 3, "text": text, "entities": entities, "relations": [{"from_id": 0, "to_id": 1}], "Comments": []}


def label_studio(text, marks, **more):
    values = label_studio_flat(text, marks)["label"]
    results = [{"type": "labels", "value": value} for value in values]
    return {"id": 3, "data": {"text": text}, "annotations": [{"result": results, **more}]}


def label_studio_flat(text, marks):
    label = [{"start": s, "end": e, "text": text[s:e], "labels": [label]} for s, e, label in marks]
    return {"id": 3, "text": text, "label": label, "topic": "court"}


TOOLS = [doccano, doccano_with_relations, label_studio, label_studio_flat]


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_exports_of_annotation_tools(tmp_path, tool, name):
    record = tool(TEXT, SPANS)
    result = only(write(tmp_path, name, [record] if name == "a.json" else lines(record)))
    assert (result.id, result.article.text, spans(result)) == ("3", TEXT, SPANS)


@pytest.mark.parametrize(
    "record",
    [
        {"text": TEXT, "label": ["court"]},
        {"text": TEXT, "label": "court"},
        {"text": TEXT, "labels": ["court"]},
        {"data": TEXT, "label": ["court"]},
        {"text": TEXT, "choice": "court"},
        {"text": TEXT, "topic": {"choices": ["court"]}},
        {"data": {"text": TEXT}, "annotations": [{"result": [{"type": "choices", "value": {"choices": ["court"]}}]}]},
    ],
)
def test_topics_of_annotation_tools(tmp_path, record):
    result = only(write(tmp_path, "a.json", [record]))
    assert (topic(result), spans(result), result.article.text) == ("court", set(), TEXT)


def test_doccano_with_numbered_labels_is_refused(tmp_path):
    record = {"text": TEXT, "annotations": [{"label": 7, "start_offset": 0, "end_offset": 2}]}
    with pytest.raises(RecordError, match="number their labels"):
        list(read_articles(write(tmp_path, "a.jsonl", lines(record))))


def test_cancelled_annotations_are_skipped(tmp_path):
    twice = label_studio(TEXT, [(0, 2, "PLACE")], was_cancelled=True)
    twice["annotations"] += label_studio(TEXT, SPANS)["annotations"]
    records, errors = read(write(tmp_path, "a.json", [label_studio(TEXT, SPANS, was_cancelled=True), twice]))
    assert [spans(record) for record in records] == [SPANS]
    assert not errors


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"data": {"text": TEXT}, "annotations": []}, "no annotation"),
        ({"data": {"text": TEXT}, "annotations": [{"result": [{"type": "brushlabels"}]}]}, "type 'brushlabels'"),
        ({"data": {"content": TEXT}, "annotations": [{"result": []}]}, "no text"),
    ],
)
def test_tasks_that_cannot_be_learned(tmp_path, task, message):
    records, [error] = read(write(tmp_path, "a.json", [task, label_studio(TEXT, SPANS)]))
    assert [spans(record) for record in records] == [SPANS]
    assert message in str(error)


def test_offsets_of_browsers_count_utf16_units(tmp_path):
    text = "😀在𠮷野家"
    task = label_studio(text, [(2, 5, "ORG")])
    task["annotations"][0]["result"][0]["value"] |= {"start": 3, "end": 7}
    assert spans(only(write(tmp_path, "a.json", [task]))) == {(2, 5, "ORG")}


@given(article=labelled(nested=True), tool=st.sampled_from(TOOLS))
def test_exports_read_back(tmp_path_factory, article, tool):
    text, marks = article
    record = only(write(tmp_path_factory.mktemp("export"), "a.json", [tool(text, marks)]))
    assert (record.article.text, spans(record)) == (text, marks)
