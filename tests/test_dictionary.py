"""Names of one's own: found exactly, the longest first, and well nested with what the model found."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hostile import broken_promises
from qingyuan import Article, Entity, Tagger
from qingyuan.cli import app
from qingyuan.dictionary import Dictionary, DictionaryError

TEXT = "西藏自治区禁毒办、拉萨市禁毒办在拉萨市举行活动。"


def found(names, text):
    return [(entity.text, entity.label) for entity in Dictionary(names).find(text)]


def merged(names, text, *spans):
    entities = [Entity(start, end, label, text[start:end], 0.9) for start, end, label in spans]
    return [(e.text, e.label, e.score, e.parent and e.parent.text) for e in Dictionary(names).apply(text, entities)]


def test_the_longest_name_is_found():
    names = {"拉萨": "PLACE", "拉萨市禁毒办": "AGENCY", "禁毒办": "AGENCY"}
    assert found(names, TEXT) == [("禁毒办", "AGENCY"), ("拉萨市禁毒办", "AGENCY"), ("拉萨", "PLACE"), ("拉萨", "PLACE")]
    assert found({"南京市": "PLACE", "市长江大桥": "PLACE"}, "南京市长江大桥") == [("市长江大桥", "PLACE")]


def test_a_place_is_found_within_an_agency_and_nothing_else_within_a_place():
    names = {"拉萨市禁毒办": "AGENCY", "拉萨市": "PLACE", "拉萨": "PLACE", "禁毒办": "ORG"}
    [agency, place] = Dictionary(names).find("拉萨市禁毒办")
    assert (place.text, place.parent) == ("拉萨市", agency)


@pytest.mark.parametrize(
    "text, times",
    [("WTO说", 1), ("世界WTO组织", 1), ("WTO—WTO", 2), ("ＷＴＯ", 1), ("AWTO", 0), ("WTOs", 0), ("WTO2", 0), ("éWTO", 0), ("ＷＴＯＡ", 0)],
)
def test_words_of_an_alphabet_are_found_whole(text, times):
    assert len(found({"WTO": "ORG"}, text)) == times


def test_width_and_one_line_break_do_not_matter():
    for text in ("12345热线", "１２３４５热线", "12345\n热线", "12345  \r\n　　热线", "123\n45热线"):
        [entity] = Dictionary({"12345热线": "ORG"}).find(f"拨打{text}。")
        assert entity.text == text
    assert not found({"12345热线": "ORG"}, "12345\n\n热线")
    assert found({"Hong　Kong": "PLACE"}, "在Hong Kong") == [("Hong Kong", "PLACE")]


def test_the_dictionary_wins_over_the_model():
    agency = (9, 15, "AGENCY")
    assert TEXT[9:15] == "拉萨市禁毒办"
    # the same borders
    assert merged({"拉萨市禁毒办": "ORG"}, TEXT, agency) == [("拉萨市禁毒办", "ORG", 1.0, None)]
    # crossing; the place in the agency that goes stays
    crossing = merged({"禁毒办在": "ORG"}, TEXT, agency, (9, 12, "PLACE"))
    assert crossing == [("拉萨市", "PLACE", 0.9, None), ("禁毒办在", "ORG", 1.0, None)]
    # a place inside, a place around
    assert merged({"拉萨市禁毒办": "AGENCY"}, TEXT, (9, 12, "PLACE"))[1] == ("拉萨市", "PLACE", 0.9, "拉萨市禁毒办")
    assert merged({"拉萨市": "PLACE"}, TEXT, agency)[0] == ("拉萨市禁毒办", "AGENCY", 0.9, None)
    # an agency within an agency is none of the taxonomy
    assert merged({"禁毒办": "AGENCY"}, TEXT, agency)[1] == ("禁毒办", "AGENCY", 1.0, None)
    # one level: the dictionary's place within its agency, not the model's within that
    names = {"拉萨市禁毒办": "AGENCY", "拉萨市": "PLACE"}
    assert len(merged(names, TEXT, (9, 11, "PLACE"))) == len(merged(names, TEXT)) == 3


def test_a_stopped_name_goes_and_what_is_in_it_stays():
    spans = (0, 8, "AGENCY"), (0, 5, "PLACE"), (9, 15, "AGENCY")
    assert [e[0] for e in merged({"西藏自治区禁毒办": "-"}, TEXT, *spans)] == ["西藏自治区", "拉萨市禁毒办"]
    assert [e[0] for e in merged({"禁毒办": "-"}, TEXT, *spans)] == ["西藏自治区禁毒办", "西藏自治区", "拉萨市禁毒办"]


LETTERS = st.text("拉萨市a1Ａ𠮷😀\ud800 \n", min_size=1, max_size=12)
LABELS = st.sampled_from(["AGENCY", "PLACE", "LAW"])
NAMES = st.dictionaries(st.text("拉萨市a1𠮷😀\ud800", min_size=1, max_size=4), LABELS, max_size=6)


@given(NAMES, LETTERS)
def test_offsets_are_exact_and_every_name_is_found(names, text):
    entities = Dictionary(names).find(text)
    assert not broken_promises(text, Article(text, (), entities))
    covered = {place for entity in entities for place in range(entity.start, entity.end)}
    for name, label in names.items():
        start = text.find(name)
        is_word = any(c.isascii() for c in name)
        if start >= 0 and not is_word:  # found, or something of it is part of another name
            assert covered & set(range(start, start + len(name)))


SPANS = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), LABELS), max_size=5)


@given(NAMES, st.text("拉萨市a1𠮷", min_size=10, max_size=14), SPANS)
def test_what_comes_out_is_nested_as_the_taxonomy_says(names, text, spans):
    dictionary = Dictionary(names)
    spans = [Entity(start, start + size, label, text[start : start + size], 0.5) for start, size, label in spans]
    kept = dictionary.apply(text, [span for span in spans if span.end <= len(text)])
    assert not broken_promises(text, Article(text, (), kept))
    for entity in kept:
        if entity.parent:
            assert entity.label == "PLACE" and entity.parent.label == "AGENCY" and entity.parent.parent is None
    assert {e.span for e in dictionary.find(text)} <= {e.span for e in kept if e.score == 1.0}


def test_a_tagger_without_or_with_an_empty_dictionary_is_the_same(tagger):
    empty = Tagger(tagger.backend, tagger.tokenizer, dictionary={})
    text = TEXT * 5
    assert empty.predict(text) == tagger.predict(text)
    assert Dictionary({}).apply(text, tagger.predict(text).entities) == tagger.predict(text).entities


def test_a_tagger_with_a_dictionary_finds_its_names(tagger):
    with_names = Tagger(tagger.backend, tagger.tokenizer, dictionary={"拉萨市禁毒办": "AGENCY"})
    article = with_names.predict(TEXT, threshold=0.999999)
    [agency] = [entity for entity in article.entities if entity.text == "拉萨市禁毒办"]
    assert (agency.label, agency.score) == ("AGENCY", 1.0)
    assert not broken_promises(TEXT, article)


def test_a_dictionary_can_be_sent_to_another_process():
    dictionary = pickle.loads(pickle.dumps(Dictionary({"拉萨市": "PLACE", "禁毒": "-"})))
    assert len(dictionary) == 2 and found(dictionary.names, TEXT)[0] == ("拉萨市", "PLACE")


def test_a_label_that_the_model_lacks_is_refused(tagger):
    with pytest.raises(DictionaryError, match="no label 'AGENCYY' .of '拉萨市禁毒办'.*AGENCY, ORG"):
        Tagger(tagger.backend, tagger.tokenizer, dictionary={"拉萨市禁毒办": "AGENCYY"})


@pytest.mark.parametrize(
    "name, content",
    [
        ("names.txt", "拉萨市禁毒办 AGENCY\n\n中国 香港\tPLACE\r\n清源  -\n"),
        ("names.csv", "label,name\nAGENCY,拉萨市禁毒办\nPLACE,中国 香港\n-,清源\n"),
        (
            "names.jsonl",
            '{"name": "拉萨市禁毒办", "label": "AGENCY"}\n{"name": "中国 香港", "label": "PLACE"}\n{"name": "清源", "label": "-"}\n',
        ),
    ],
)
def test_files_are_read(tmp_path, name, content):
    (tmp_path / name).write_text("\ufeff" + content, encoding="utf-8")
    assert Dictionary.from_file(tmp_path / name).names == {"拉萨市禁毒办": "AGENCY", "中国 香港": "PLACE", "清源": "-"}


@pytest.mark.parametrize(
    "name, content, told",
    [
        ("names.txt", "拉萨市 PLACE\n禁毒办\n", "names.txt:2: '禁毒办' has no label; write"),
        ("names.txt", "拉萨市 PLACE\n\n拉萨市 AGENCY\n", "names.txt:3: '拉萨市' is AGENCY here and PLACE in line 1; keep one"),
        ("names.txt", "WTO ORG\nＷＴＯ PLACE\n", "names.txt:2: .*keep one"),
        ("names.csv", "名称,label\n拉萨市,PLACE\n", "names.csv:1: .*名称, label; the first line wants name,label"),
        ("names.csv", 'name,label\n拉萨市,PLACE\n拉萨\n', "names.csv:3: wants a name and a label"),
        ("names.jsonl", '{"name": "拉萨市", "label": "PLACE"}\n{"name": "拉萨"}\n', "names.jsonl:2: wants a name and a label"),
        ("names.jsonl", "拉萨市 PLACE\n", "names.jsonl:1: not JSON"),
        ("names.jsonl", '["拉萨市"]\n', "names.jsonl:1: wants a name and a label"),
        ("names.txt", "拉萨市 PLACE".encode("gb18030"), "names.txt: .*iconv -f GB18030"),
    ],
)
def test_a_file_with_an_error_is_refused_with_its_line(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DictionaryError, match=told):
        Dictionary.from_file(path)


def test_all_errors_of_a_file_are_told_up_to_ten(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("拉萨市\n" * 12, encoding="utf-8")
    with pytest.raises(DictionaryError) as error:
        Dictionary.from_file(path)
    assert str(error.value).count("has no label") == 10 and str(error.value).endswith("and 2 more")


@given(st.binary(max_size=60), st.sampled_from([".txt", ".csv", ".jsonl"]))
@settings(max_examples=60)
def test_no_bytes_break_the_reader(tmp_path_factory, data, suffix):
    path = tmp_path_factory.mktemp("names") / f"names{suffix}"
    path.write_bytes(data)
    try:
        Dictionary.from_file(path)
    except DictionaryError as error:
        assert str(path) in str(error)


def test_the_command_takes_a_dictionary(tmp_path, exported):
    from typer.testing import CliRunner

    (tmp_path / "names.txt").write_text("拉萨市禁毒办 AGENCY\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    options = ["predict", str(tmp_path / "text.txt"), "--model", str(exported), "--backend", "torch"]
    done = CliRunner().invoke(app, [*options, "--dictionary", str(tmp_path / "names.txt")])
    assert done.exit_code == 0, done.output
    assert "拉萨市禁毒办" in [entity["text"] for entity in json.loads(done.stdout)["entities"]]
    (tmp_path / "names.txt").write_text("拉萨市禁毒办\n", encoding="utf-8")
    done = CliRunner().invoke(app, [*options, "--dictionary", str(tmp_path / "names.txt")])
    assert done.exit_code == 2 and "names.txt:1" in done.stderr
