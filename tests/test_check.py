"""Each kind of slip is found where it stands, and what only looks like one is left alone."""

import pytest

from qingyuan.article import Article
from qingyuan.taxonomy import GOVERNMENT_NEWS, Taxonomy
from qingyuan.training.check import ERRORS, check_articles
from qingyuan.training.records import Record


def record(text, *marked, topic="court", where="a.jsonl:1"):
    """A record with the first place of each marked text, or the given offsets, labelled."""
    entities = []
    for label, span in marked:
        start, end = span if isinstance(span, tuple) else (text.index(span), text.index(span) + len(span))
        entities.append({"start": start, "end": end, "label": label})
    return Record("a", Article.from_dict({"text": text, "topic": topic, "entities": entities}), where)


def check(*records, taxonomy=GOVERNMENT_NEWS):
    return list(check_articles(records, taxonomy))


def kinds(*records, taxonomy=GOVERNMENT_NEWS):
    return [finding.kind for finding in check(*records, taxonomy=taxonomy)]


def test_a_clean_article_has_no_findings():
    assert not check(record("拉萨市禁毒办在布达拉宫", ("AGENCY", "拉萨市禁毒办"), ("PLACE", "拉萨市"), ("PLACE", "布达拉宫")))


def test_a_finding_shows_where_and_what():
    [finding] = check(record("前面的话很长很长很长很长很长，\n甲公司在后面", ("ORGG", "甲公司"), where="b.jsonl:7"))
    assert (finding.where, finding.kind, finding.severity, finding.start, finding.end) == (
        "b.jsonl:7",
        "unknown-label",
        "error",
        16,
        19,
    )
    assert finding.excerpt == "…很长很长很长很长很长，⏎【甲公司】在后面"
    assert "did you mean ORG?" in finding.message
    assert str(finding) == f"b.jsonl:7: error: unknown-label: {finding.message}: {finding.excerpt}"


def test_unknown_topics():
    [finding] = check(record("开庭", topic="courts"))
    assert (finding.kind, finding.start) == ("unknown-topic", None)
    assert "did you mean court?" in finding.message


def test_a_taxonomy_without_topics_asks_for_none():
    assert check(record("开庭"), taxonomy=Taxonomy.from_dict({"labels": ["SHIP"]})) == []


def test_topics_are_missing_only_where_others_have_one():
    without = record("甲", topic=None, where="a.jsonl:1")
    assert not check(without, without)
    [finding] = check(without, record("乙", where="a.jsonl:2"))
    assert (finding.kind, finding.where) == ("missing-topic", "a.jsonl:1")


def test_crossing_spans():
    [finding] = check(record("北京市法院", ("PLACE", "北京市"), ("AGENCY", "市法院")))
    assert (finding.kind, finding.start, finding.end) == ("crossing", 0, 5)


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ([("AGENCY", "北京法院"), ("PLACE", "北京")], []),
        ([("PLACE", "北京法院"), ("AGENCY", "北京")], ["bad-nesting"]),
        ([("PLACE", "北京法院"), ("PLACE", "北京")], ["bad-nesting"]),
        ([("AGENCY", "北京法院"), ("PLACE", "北京法院")], []),
        ([("AGENCY", "北京法院"), ("ORG", "北京法院")], ["bad-nesting"]),
    ],
)
def test_nesting_follows_the_taxonomy(marked, expected):
    assert kinds(record("北京法院", *marked)) == expected


def test_one_level_of_nesting_is_all():
    taxonomy = Taxonomy.from_dict({"labels": ["A", "B", "C"], "nested": {"C": ["B"], "B": ["A"]}, "topics": ["court"]})
    marked = ("A", "甲乙丙丁"), ("B", "甲乙丙"), ("C", "甲乙")
    [finding] = check(record("甲乙丙丁", *marked), taxonomy=taxonomy)
    assert (finding.kind, finding.end) == ("bad-nesting", 2)


def test_two_labels_that_share_their_edges_may_nest_either_way():
    taxonomy = Taxonomy.from_dict({"labels": ["IN", "OUT"], "nested": {"IN": ["OUT"]}, "topics": ["court"]})
    assert not check(record("甲乙", ("IN", "甲乙"), ("OUT", "甲乙")), taxonomy=taxonomy)


@pytest.mark.parametrize("name", ["“平安”", "“平安", "平安”", "《条例》", "条例》", "「平安」", "〈平安〉", '"平安"', "平安‘", "“"])
def test_marks_at_an_edge(name):
    assert kinds(record(f"在{name}后", ("CAMPAIGN", name))) == ["quote-edge"]


@pytest.mark.parametrize("name", ["“平安”行动", "我的“平安”", "“平”“安”", '"平"和"安"', "关于修改〈条例〉的决定", "平安"])
def test_pairs_inside_a_name_stay(name):
    assert not check(record(f"在{name}后", ("CAMPAIGN", name)))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (" 北京", "white-space-edge"),
        ("北京\u3000", "white-space-edge"),
        ("北京\n", "white-space-edge"),
        ("北\n京", "line-break-inside"),
        ("北京，", "punctuation-edge"),
        ("：北京", "punctuation-edge"),
    ],
)
def test_edges_of_spans(name, kind):
    assert kinds(record(f"在{name}后", ("PLACE", name))) == [kind]


def test_punctuation_inside_a_name_stays():
    assert not check(record("五、六、七号", ("PLACE", "五、六、七号")))


def test_unlabelled_mentions_are_found_at_their_place():
    [finding] = check(record("拉萨市很美，拉萨市很大", ("PLACE", "拉萨市")))
    assert (finding.kind, finding.start, finding.end, finding.severity) == ("unlabelled-mention", 6, 9, "hint")
    assert "PLACE" in finding.message


def test_a_mention_inside_a_labelled_span_counts_as_labelled():
    assert not check(record("拉萨市和拉萨市法院", ("PLACE", "拉萨市"), ("AGENCY", "拉萨市法院")))


def test_a_mention_that_a_labelled_span_cuts_into_is_left_alone():
    assert not check(record("海口市，上海口岸", ("PLACE", "海口市"), ("PLACE", (4, 6)), ("ORG", (6, 8))))


def test_the_longest_unlabelled_name_is_found_once():
    text = "江苏省南京市，南京市，江苏省南京市"
    findings = check(record(text, ("PLACE", "江苏省南京市"), ("PLACE", (7, 10))))
    assert [(finding.start, finding.end) for finding in findings] == [(11, 17)]


@pytest.mark.parametrize(("text", "found"), [("123号，91234", 0), ("123号，工程123好", 1), ("Ann和Anna", 0), ("Ann和Ann", 1)])
def test_numbers_and_latin_words_are_mentioned_whole(text, found):
    assert len(check(record(text, ("CAMPAIGN", (0, 3))))) == found


def test_single_characters_are_not_looked_for():
    assert not check(record("昆，昆虫", ("PLACE", "昆")))


def test_labels_of_one_text_differ():
    text = "甲乙网，甲乙网，甲乙网"
    [finding] = check(record(text, ("ORG", (0, 3)), ("AGENCY", (4, 7)), ("ORG", (8, 11))))
    assert (finding.kind, finding.start, finding.end) == ("inconsistent-label", 4, 7)
    assert "ORG (2×), AGENCY (1×)" in finding.message


def test_only_what_cannot_be_learned_is_an_error():
    found = check(record("“甲乙”，甲乙，北京市法院", ("CAMPAIGN", "“甲乙”"), ("PLACE", "北京市"), ("ORGG", "市法院")))
    assert {finding.kind for finding in found if finding.severity == "error"} == {"crossing", "unknown-label"} <= ERRORS
    assert {finding.kind for finding in found if finding.severity == "hint"} == {"quote-edge"}
