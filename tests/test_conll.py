"""Tagged tokens are read in each scheme; a broken tag is named by its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import labelled, only, read, spans, topic, write

from qingyuan.training.formats import read_articles


def tags(*sentences):
    return "\n\n".join("\n".join(sentence.replace(" ", "\t").split(",")) for sentence in sentences) + "\n"


@pytest.mark.parametrize("suffix", ["conll", "bio", "txt", "tsv"])
@pytest.mark.parametrize(
    "sentence",
    [
        "最 B-A,高 I-A,院 I-A,京 B-P,沪 B-P,在 O",  # BIO
        "最 I-A,高 I-A,院 I-A,京 I-P,沪 B-P,在 O",  # IOB1
        "最 B-A,高 I-A,院 E-A,京 S-P,沪 S-P,在 O",  # BIOES
        "最 B-A,高 I-A,院 L-A,京 U-P,沪 U-P,在 O",  # BILOU
        "最 B-A,高 M-A,院 E-A,京 S-P,沪 S-P,在 O",  # BMES
        "最高 B-A,院 I-A,京 B-P,沪 B-P,在 O",  # words
        "最 NN x B-A,高 NN x I-A,院 NN x I-A,京 NN x B-P,沪 NN x B-P,在 P x O",  # more columns
    ],
)
def test_schemes_of_tags(tmp_path, suffix, sentence):
    record = only(write(tmp_path, f"a.{suffix}", tags(sentence)))
    assert record.article.text == "最高院京沪在"
    assert spans(record) == {(0, 3, "A"), (3, 4, "P"), (4, 5, "P")}


def test_columns_may_be_split_by_spaces(tmp_path):
    assert spans(only(write(tmp_path, "a.bio", "北 B-PLACE\r\n京  I-PLACE\r\n"))) == {(0, 2, "PLACE")}


def test_articles_sentences_and_topics(tmp_path):
    content = "# id = one\n# topic = court\n北 B-P\n京 I-P\n\n\n开 O\n庭 O\n\n# id = two\n沪 B-P\n"
    path = write(tmp_path, "a.conll", content)
    first, second = read_articles(path)
    assert (first.id, topic(first), first.article.text, spans(first)) == ("one", "court", "北京\n开庭", {(0, 2, "P")})
    assert (second.id, topic(second), second.article.text, second.where) == ("two", None, "沪", f"{path}:10")


def test_docstart_parts_articles(tmp_path):
    content = "-DOCSTART- -X- O O\n\n甲 O\n\n乙 O\n\n-DOCSTART- -X- O O\n\n丙 O\n"
    assert [record.article.text for record in read_articles(write(tmp_path, "a.conll", content))] == ["甲\n乙", "丙"]


def test_without_marks_each_sentence_is_an_article(tmp_path):
    path = write(tmp_path, "a.conll", "\n甲 O\n\n\n乙 O\n")
    assert [(record.article.text, record.where) for record in read_articles(path)] == [
        ("甲", f"{path}:2"),
        ("乙", f"{path}:5"),
    ]


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("New York 市", "New York市"),
        ("2 0 2 4 年", "2024年"),
        ("A 股 Top 1 0", "A股Top 10"),
        ("5 G 网", "5G网"),
        ("10 . 5 %", "10.5%"),
    ],
)
def test_spaces_between_latin_tokens_only(tmp_path, tokens, text):
    content = "".join(f"{token}\t{'I' if number else 'B'}-X\n" for number, token in enumerate(tokens.split()))
    record = only(write(tmp_path, "a.bio", content))
    assert record.article.text == text
    assert spans(record) == {(0, len(text), "X")}


def test_a_hash_may_be_a_token(tmp_path):
    assert only(write(tmp_path, "a.bio", "# O\n1 O\n")).article.text == "#1"


@pytest.mark.parametrize(
    ("sentence", "number", "message"),
    [
        ("甲 O,乙 I-A", 5, "I-A stands without a B- before it; write B-A"),
        ("甲 B-A,乙 I-P", 5, "I-P stands behind A; write B-P"),
        ("甲 B-A,乙 X-A", 5, "'X-A' is no tag"),
        ("甲 B-A,乙", 5, "'乙' has no tag"),
    ],
)
def test_a_broken_tag_is_named_and_the_other_articles_go_on(tmp_path, sentence, number, message):
    path = write(tmp_path, "a.bio", tags("北 B-P,京 I-P", sentence, "沪 B-P"))
    records, [error] = read(path)
    assert [record.article.text for record in records] == ["北京", "沪"]
    assert error.where == f"{path}:{number}"
    assert message in str(error)


@pytest.mark.parametrize("sentence", ["甲 B-A,乙 O", "甲 B-A,乙 I-A", "甲 B-A,乙 S-A"])
def test_a_span_without_its_end_is_named_where_ends_are_tagged(tmp_path, sentence):
    path = write(tmp_path, "a.bio", tags("北 B-P,京 E-P", sentence))
    records, [error] = read(path)
    assert len(records) == 1
    assert str(error) == f"{path}:4: B-A has no end; end the span with E-A"


def test_broken_utf8_in_tagged_tokens(tmp_path):
    path = write(tmp_path, "a.bio", "甲\tO\n\n".encode() + b"\xff\tO\n\n" + "乙\tO\n".encode())
    records, [error] = read(path)
    assert [record.article.text for record in records] == ["甲", "乙"]
    assert error.where == f"{path}:3"


@given(article=labelled(nested=False), scheme=st.sampled_from(["BIIB", "BIES"]))
def test_tags_read_back(tmp_path_factory, article, scheme):
    text, marks = article
    first, middle, last, single = scheme
    column = ["O"] * len(text)
    for start, end, label in marks:
        parts = single if end - start == 1 else first + middle * (end - start - 2) + last
        column[start:end] = [f"{part}-{label}" for part in parts]
    content = "".join(f"{char}\t{tag}\n" for char, tag in zip(text, column))
    # One span that touches no other, so that tags of BIO alone can't be taken for IOB1.
    content = "# id = 1\n" + content + "\n# id = 2\n甲\tO\n乙\tB-A\n丙\tI-A\n".replace("I-A", f"{last}-A")
    record, _ = read_articles(write(tmp_path_factory.mktemp("tags"), "a.bio", content))
    assert (record.article.text, spans(record)) == (text, marks)
