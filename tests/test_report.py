"""Reports on small articles, whose figures can be counted by hand."""

import io
import json
import re

import pytest
from rich.console import Console

from qingyuan.article import Article, Entity, Topic, nest
from qingyuan.eval.html import html_report
from qingyuan.eval.report import KINDS, NO_TOPIC, PEERS, build_report, flat_score
from qingyuan.eval.text import print_report

TEXTS = "西藏自治区禁毒办在拉萨市开展清源断流行动。", "陈子琪参观南京博物院。"
IDS = "one", "two"


def article(text: str, topic: str | None, *spans: tuple, score: float = 0.9) -> Article:
    entities = [Entity(s, e, label, text[s:e], *probability) for s, e, label, *probability in spans]
    return Article(text, (Topic(topic, topic, topic, score),) if topic else (), nest(entities))


@pytest.fixture
def gold():
    return [
        article(TEXTS[0], "drug_control", (0, 8, "AGENCY"), (0, 5, "PLACE"), (9, 12, "PLACE"), (14, 18, "CAMPAIGN")),
        article(TEXTS[1], "court", (0, 3, "PERSON"), (5, 10, "ORG"), (5, 7, "PLACE")),
    ]


@pytest.fixture
def predicted():
    """Of 7 gold spans 4 are found; 拉萨市 has a wrong edge, 清源断流 is missed, the museum is an AGENCY.

    参观 is spurious.
    """
    one = (0, 8, "AGENCY", 0.9), (0, 5, "PLACE", 0.9), (8, 12, "PLACE", 0.6)
    two = (0, 3, "PERSON", 0.9), (3, 5, "LAW", 0.2), (5, 10, "AGENCY", 0.4), (5, 7, "PLACE", 0.9)
    return [
        article(TEXTS[0], "drug_control", *one, score=0.8),
        article(TEXTS[1], "other", *two, score=0.6),
    ]


@pytest.fixture
def report(gold, predicted):
    seen = frozenset({("AGENCY", "西藏自治区禁毒办"), ("PLACE", "西藏自治区"), ("CAMPAIGN", "清源断流")})
    return build_report(gold, predicted, IDS, model="small", data="page", seen=seen, ceiling=0.98)


def test_schemes(report):
    assert {name: each.credit for name, each in report.schemes.items()} == {
        "strict": 4,
        "boundary": 5,
        "type": 5,
        "partial": 5.5,
    }
    assert (report.strict.gold, report.strict.predicted) == (7, 7)
    assert report.strict.f1 == pytest.approx(4 / 7)


def test_labels_have_their_support(report):
    assert list(report.labels) == ["AGENCY", "ORG", "PLACE", "CAMPAIGN", "PERSON", "LAW"]
    support = {label: (each.credit, each.predicted, each.gold) for label, each in report.labels.items()}
    assert support["PLACE"] == (2, 3, 3)
    assert support["AGENCY"] == (1, 2, 1)
    assert support["ORG"] == (0, 0, 1)
    assert support["LAW"] == (0, 1, 0)


def test_nested_spans_are_scored_apart(report):
    assert (report.nested.credit, report.nested.predicted, report.nested.gold) == (2, 2, 2)


def test_seen_and_unseen_names(report, gold, predicted):
    assert (report.seen.credit, report.seen.predicted, report.seen.gold) == (2, 2, 3)
    assert (report.unseen.credit, report.unseen.predicted, report.unseen.gold) == (2, 5, 4)
    unknown = build_report(gold, predicted, IDS, model="small", data="page")
    assert unknown.seen is None and unknown.unseen is None


def test_a_name_is_seen_with_its_label_only(gold, predicted):
    report = build_report(gold, predicted, IDS, model="small", data="page", seen=frozenset({("ORG", "陈子琪")}))
    assert report.seen.gold == 0 and report.unseen.gold == 7


def test_flat_task(gold, predicted):
    # Outermost gold: agency, 拉萨市, 陈子琪, museum; the museum counts, whether an AGENCY or an ORG.
    flat = flat_score(gold, predicted)
    assert (flat.credit, flat.predicted, flat.gold) == (3, 4, 4)


def test_peers_stand_beside_the_page_only(report, gold, predicted):
    assert report.peers == PEERS
    assert build_report(gold, predicted, IDS, model="small", data="dev").peers is None


def test_intervals_are_over_articles(report, gold, predicted):
    # One in four resamples of two articles holds the first one alone, one in four the second.
    mixed = build_report(gold, [predicted[0], gold[1]], IDS, model="small", data="dev")
    assert mixed.strict_interval == pytest.approx((4 / 7, 1.0))
    assert report.topics.interval == (0.0, 1.0)


def test_topics(report):
    topics = report.topics
    assert topics.accuracy == 0.5 and topics.articles == 2
    assert topics.labels == ("drug_control", "court", "other")
    assert topics.confusion == ((1, 0, 0), (0, 0, 1), (0, 0, 0))
    assert (topics.per_topic["drug_control"].f1, topics.per_topic["drug_control"].support) == (1.0, 1)
    assert (topics.per_topic["court"].recall, topics.per_topic["other"].precision) == (0.0, 0.0)
    assert topics.calibration.error == pytest.approx((0.2 + 0.6) / 2)


def test_no_topics_on_one_side(gold, predicted):
    bare = [Article(each.text, (), each.entities) for each in gold]
    assert build_report(bare, predicted, IDS, model="small", data="dev").topics is None
    assert build_report(gold, bare, IDS, model="small", data="dev").topics is None


def test_a_missing_topic_is_wrong(gold, predicted):
    predicted[0] = Article(TEXTS[0], (), predicted[0].entities)
    topics = build_report(gold, predicted, IDS, model="small", data="dev").topics
    assert topics.accuracy == 0.0 and NO_TOPIC in topics.labels
    assert sum(each.count for each in topics.calibration.bins) == 1


def test_calibration_of_spans(report):
    # 0.9 four times right, 0.6, 0.2 and 0.4 wrong.
    assert report.span_calibration.error == pytest.approx((4 * 0.1 + 0.6 + 0.2 + 0.4) / 7)
    chance = 8 * 0.1 * 0.9**4 + 2 * 0.6 * 0.4 + 2 * 0.2 * 0.8 + 2 * 0.4 * 0.6  # mean deviations of bins of 4, 1, 1 and 1
    assert report.span_calibration.by_chance == pytest.approx(chance / 7)


def test_errors_in_context(report):
    assert report.kinds == {"missed": 1, "spurious": 1, "label": 1, "boundary": 1, "both": 0}
    found = [(error.article, error.pair.kind, error.before, error.text, error.after) for error in report.errors]
    assert found == [
        ("one", "boundary", "西藏自治区禁毒办", "在拉萨市", "开展清源断流行动。"),
        ("one", "missed", "西藏自治区禁毒办在拉萨市开展", "清源断流", "行动。"),
        ("two", "spurious", "陈子琪", "参观", "南京博物院。"),
        ("two", "label", "陈子琪参观", "南京博物院", "。"),
    ]


def test_context_is_short():
    text = "甲" * 50 + "乙地" + "丙" * 50
    gold, predicted = article(text, None, (50, 52, "PLACE")), article(text, None)
    (error,) = build_report([gold], [predicted], ["long"], model="m", data="d").errors
    assert (error.before, error.text, error.after) == ("甲" * 20, "乙地", "丙" * 20)


def test_json_round_trip(report):
    values = report.to_dict()
    assert json.loads(json.dumps(values)) == values
    assert tuple(values["kinds"]) == KINDS
    assert values["strict"]["f1"] == report.strict.f1 and values["ceiling"] == 0.98
    assert values["errors"][0]["gold"] == {"start": 9, "end": 12, "label": "PLACE", "text": "拉萨市"}
    assert values["errors"][0]["predicted"]["score"] == 0.6
    assert values["errors"][1]["predicted"] is None
    assert values["topics"]["confusion"][1] == [0, 0, 1]


def test_no_articles():
    report = build_report([], [], [], model="m", data="d")
    assert report.strict.f1 == 0.0 and report.strict_interval is None and report.topics is None
    assert json.loads(json.dumps(report.to_dict())) == report.to_dict()


def test_articles_must_belong_together(gold, predicted):
    with pytest.raises(ValueError, match="1 ids"):
        build_report(gold, predicted, ["one"], model="m", data="d")
    with pytest.raises(ValueError, match="another text"):
        build_report(gold, predicted[::-1], IDS, model="m", data="d")


def printed(report, **options):
    console = Console(file=io.StringIO(), width=140)
    print_report(report, console, **options)
    return console.file.getvalue()


def test_terminal(report):
    text = printed(report)
    assert "small on page, 2 articles" in text
    assert re.search(r"strict +57\.1 +57\.1 +57\.1 +7 +7", text)
    assert re.search(r"LAC +62\.2", text) and "在拉萨市" not in text
    assert "boundary  gold PLACE 拉萨市 [9, 12)  predicted PLACE 在拉萨市 [8, 12)" in printed(report, errors=True)


def test_terminal_shows_texts_as_they_are():
    text = "[bold]甲地\x1b[31m\ud800"
    gold = article(text, None, (6, 8, "PLACE"))
    out = printed(build_report([gold], [article(text, None)], ["[red]"], model="[dim]", data="d"), errors=True)
    out.encode("utf-8")
    assert "[bold]甲地" in out and "[red] missed" in out and "[dim] on d" in out and "\x1b" not in out


def page_of(text, name="one", topic=None):
    gold, predicted = article(text, topic, (0, 2, "PLACE")), article(text, topic)
    report = build_report([gold], [predicted], [name], model=name, data="d")
    return html_report(report, [gold], [predicted], [name])


def embedded(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_html_escapes_texts():
    text = "甲地</script><script>alert(1)</script><!-- & \u2028\u2029"
    page = page_of(text, name="<img src=x onerror=alert(1)>", topic="<b>topic</b>")
    assert embedded(page)["articles"][0]["text"] == text
    assert "alert(1)</script>" not in page and "<img" not in page and "<b>" not in page
    assert "\u2028" not in page and "\u2029" not in page


def test_html_needs_nothing_else(gold, predicted, report):
    page = html_report(report, gold, predicted, IDS)
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!#)|@import|url\(|fetch\(", page)
    assert "innerHTML" not in page and "{{" not in page


def test_html_keeps_placeholders_of_texts():
    assert embedded(page_of("甲地{{script}}\\1"))["articles"][0]["text"] == "甲地{{script}}\\1"


def test_html_with_lone_surrogates_can_be_written(tmp_path):
    path = tmp_path / "report.html"
    path.write_text(page_of("甲地\ud83d乙\udc00"), encoding="utf-8")
    assert embedded(path.read_text(encoding="utf-8"))["articles"][0]["text"] == "甲地\ufffd乙\ufffd"


def test_html_wants_an_id_for_every_article(gold, predicted, report):
    with pytest.raises(ValueError):
        html_report(report, gold, predicted, ["one"])
