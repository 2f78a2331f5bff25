"""Files and folders are read; bad records are named by file and line, and the good ones go on."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import GOOD, SPANS, TEXT, lines, only, read, spans, topic, write

from qingyuan.training.formats import RecordError, read_articles

# Our own form


def test_json_lines(tmp_path):
    path = write(tmp_path, "own.jsonl", "\ufeff" + lines(GOOD, "", {"id": 7, "text": "无标注"}) + "\r\n")
    first, second = read_articles(path)
    assert (first.id, first.where, topic(first), spans(first)) == ("own-1", f"{path}:1", "court", SPANS)
    assert (second.id, second.where, topic(second), spans(second)) == ("7", f"{path}:3", None, set())


def test_a_tagged_article_reads_back(tmp_path):
    article = only(write(tmp_path, "own.jsonl", lines(GOOD))).article
    assert only(write(tmp_path, "tagged.jsonl", lines(article.to_dict()))).article == article


def test_a_topic_put_right_by_hand_wins_over_the_ranked_ones(tmp_path):
    record = only(write(tmp_path, "own.jsonl", lines(GOOD))).article.to_dict() | {"topic": "policing"}
    assert topic(only(write(tmp_path, "own.jsonl", lines(record)))) == "policing"


def test_packed_json_lines(tmp_path):
    file = tmp_path / "mine.JSONL.GZ"
    file.write_bytes(gzip.compress(json.dumps({"text": "承德税务"}).encode()))
    (record,) = read_articles(file)
    assert (record.id, record.where, record.article.text) == ("mine-1", f"{file}:1", "承德税务")
    file = tmp_path / "mine.jsonl.gz"
    file.write_bytes(gzip.compress(b"{}")[:-9])
    with pytest.raises(ValueError, match="mine.jsonl.gz can't be unpacked"):
        list(read_articles(file))


def test_json_list(tmp_path):
    path = write(tmp_path, "own.json", [GOOD, {"text": 3}, GOOD])
    records, [error] = read(path)
    assert [record.where for record in records] == [f"{path}: record 1", f"{path}: record 3"]
    assert str(error).startswith(f"{path}: record 2: the text is a number")


def test_json_lines_called_json(tmp_path):
    assert [spans(record) for record in read_articles(write(tmp_path, "a.json", lines(GOOD, GOOD)))] == [SPANS] * 2


def test_one_record_called_json(tmp_path):
    assert spans(only(write(tmp_path, "a.json", json.dumps(GOOD, indent=1)))) == SPANS


def test_a_broken_json_list_is_named_by_line(tmp_path):
    path = write(tmp_path, "own.json", '[{"text": "甲"},\n{"text" "乙"}]')
    records, [error] = read(path)
    assert not records
    assert error.where == f"{path}:2"


def span(start, end, label="PLACE", **more):
    return {"start": start, "end": end, "label": label, **more}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ('{"text": "没有完', "not JSON"),
        ("[1]", "a list stands where a record should"),
        ({"topic": "court"}, "no text"),
        ({"text": ["甲"]}, "the text is a list"),
        ({"text": " \n"}, "the text is empty"),
        ('{"text": "\\ud83d"}', "half a surrogate pair"),
        ({"text": "北京", "topic": 3}, "a topic is a number"),
        ({"text": "北京", "topic": ["court", "other"]}, "2 topics: court, other"),
        ({"text": "北京", "topics": "court"}, "`topics` isn't a list of objects"),
        ({"text": "北京", "entities": "PLACE"}, "`entities` is a string"),
        ({"text": "北京", "entities": {"start": 0}}, "`entities` is an object"),
        ({"text": "北京", "entities": [5]}, "5 is no span"),
        ({"text": "北京", "entities": ["PLACE"]}, "'PLACE' is no span"),
        ({"text": "北京", "entities": [span(0, 3)]}, r"\[0, 3\) lies outside the text"),
        ({"text": "北京", "entities": [span(-1, 1)]}, r"\[-1, 1\) lies outside the text"),
        ({"text": "北京", "entities": [span(2, 1)]}, r"\[2, 1\) ends before it starts"),
        ({"text": "北京", "entities": [span(1, 1)]}, r"\[1, 1\) is empty"),
        ({"text": "北京", "entities": [span("0", 1)]}, "starts at '0'"),
        ({"text": "北京", "entities": [span(0, True)]}, "ends at True"),
        ({"text": "北京", "entities": [span(0, 2.0)]}, "ends at 2.0"),
        ({"text": "北京", "entities": [{"start": 0, "label": "PLACE"}]}, "ends at None"),
        ({"text": "北京", "entities": [span(0, 2, text="南京")]}, "is '北京' in the text, not '南京'"),
        ({"text": "北京", "entities": [span(0, 2, label=None)]}, "the label of '北京' is missing"),
        ({"text": "北京", "entities": [span(0, 2, label=1)]}, "the label of '北京' is a number"),
        ({"text": "北京", "entities": [span(0, 2), span(0, 2)]}, "'北京' stands twice"),
        ({"text": "北京市", "entities": [span(0, 2), span(1, 3, "ORG")]}, "'北京' and ORG .* '京市' cross"),
    ],
)
def test_a_bad_record_is_named_and_the_others_go_on(tmp_path, record, message):
    path = write(tmp_path, "own.jsonl", lines(GOOD, record, GOOD))
    records, [error] = read(path)
    assert [record.where for record in records] == [f"{path}:1", f"{path}:3"]
    assert error.where == f"{path}:2"
    assert str(error) == f"{path}:2: {error.message}; {error.cure}"
    with pytest.raises(RecordError, match=message):
        list(read_articles(path))


def test_nested_spans_and_two_labels_of_one_span_are_kept(tmp_path):
    nested = [span(0, 4, "AGENCY"), span(0, 2), span(2, 4, "ORG"), span(2, 4)]
    assert len(spans(only(write(tmp_path, "a.jsonl", lines({"text": "北京法院", "entities": nested}))))) == 4


keys = st.sampled_from(
    "text data entities label labels start end start_offset topic topics choices annotations result type value".split()
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.floats() | st.sampled_from(["", "北京", "court", "labels"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)

@given(record=json_values)
def test_whatever_the_json_only_record_errors_come_of_it(tmp_path_factory, record):
    path = write(tmp_path_factory.mktemp("any"), "a.jsonl", lines(record, GOOD))
    records, errors = read(path)
    assert records[-1].where == f"{path}:2"
    assert all(error.where == f"{path}:1" for error in errors)


# Encodings


def test_broken_utf8_is_named_by_line(tmp_path):
    bad = lines(GOOD).encode()[:-30] + b"\xff" + lines(GOOD).encode()[-30:]
    good = lines(GOOD).encode()
    path = write(tmp_path, "own.jsonl", b"\n".join([good, bad, good]))
    records, [error] = read(path)
    assert [record.where for record in records] == [f"{path}:1", f"{path}:3"]
    assert str(error) == f"{path}:2: the byte 0xff isn't UTF-8; save the file as UTF-8"


@pytest.mark.parametrize("name", ["own.jsonl", "own.json"])
def test_gb18030_is_recognised(tmp_path, name):
    content = lines(GOOD) if name == "own.jsonl" else json.dumps([GOOD], ensure_ascii=False)
    records, [error] = read(write(tmp_path, name, content.encode("gb18030")))
    assert not records
    assert error.number == 1
    assert "iconv -f GB18030 -t UTF-8" in error.cure


def test_one_line_of_gb18030_in_a_file_of_utf8_is_no_reason_to_convert_the_file(tmp_path):
    # Two-byte characters that both encodings can read.
    utf8, gb = '{"text": "éé"}', '{"text": "法院"}'
    content = utf8.encode() + b"\n" + utf8.encode() + b"\n" + utf8.encode() + b"\n" + gb.encode("gb18030")
    records, [error] = read(write(tmp_path, "own.jsonl", content))
    assert len(records) == 3
    assert (error.number, error.cure) == (4, "save the line as UTF-8")


def test_utf16_is_refused_whole(tmp_path):
    with pytest.raises(ValueError, match="is UTF-16"):
        read_articles(write(tmp_path, "own.jsonl", lines(GOOD).encode("utf-16")))


# Saved datasets


@pytest.fixture
def saved(tmp_path):
    datasets = pytest.importorskip("datasets")
    parts = {
        "train": datasets.Dataset.from_list([GOOD, {"text": "乙", "topic": None, "entities": []}]),
        "dev": datasets.Dataset.from_list([GOOD | {"text": TEXT + "了"}]),
    }
    datasets.DatasetDict(parts).save_to_disk(tmp_path / "many")
    parts["train"].save_to_disk(tmp_path / "one")
    return tmp_path


@pytest.mark.parametrize("name", ["many", "many#train", "one", "one#train"])
def test_saved_datasets(saved, name):
    first, second = read_articles(f"{saved}/{name}")
    assert (topic(first), spans(first), first.where) == ("court", SPANS, f"{saved}/{name}: record 1")
    assert (topic(second), spans(second), second.article.text) == (None, set(), "乙")


def test_splits_of_saved_datasets(saved):
    assert only(f"{saved}/many#dev").article.text == TEXT + "了"
    for name in ("many#test", "one#dev"):
        with pytest.raises(ValueError, match="has no split"):
            read_articles(f"{saved}/{name}")


def test_datasets_with_numbered_topics_and_columns_of_spans(tmp_path):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "topic": datasets.ClassLabel(names=["other", "court"]),
            "entities": datasets.Sequence(
                {"start": datasets.Value("int32"), "end": datasets.Value("int32"), "label": datasets.Value("string")}
            ),
        }
    )
    columns = {"start": [0, 7], "end": [6, 9], "label": ["AGENCY", "PLACE"]}
    datasets.Dataset.from_list([GOOD | {"entities": columns}], features=features).save_to_disk(tmp_path / "set")
    record = only(tmp_path / "set")
    assert (topic(record), spans(record)) == ("court", SPANS)


# Files


def test_files_that_are_not_there_or_not_known(tmp_path):
    for name in ("none.jsonl", "none", "none#train"):
        with pytest.raises(FileNotFoundError, match=name):
            read_articles(tmp_path / name)
    with pytest.raises(ValueError, match="unknown kind of file"):
        read_articles(write(tmp_path, "a.docx", "甲"))
