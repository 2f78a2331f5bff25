"""`qingyuan view`: what goes into the page, and what is told."""

import json
import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from qingyuan.article import Article, Entity, Place, Topic, nest
from qingyuan.cli import app
from qingyuan.page import split_page, tag_articles
from qingyuan.viewer import JOIN, read_tagged, view_page

EVIL = "甲地</script><script>alert(1)</script><!-- & \u2028\u2029<img src=x onerror=alert(1)>"


LHASA = Entity(0, 3, "PLACE", "拉萨市", place=Place("540100", ("西藏自治区", "拉萨市"), "city"))


def tagged(text, topic="court", *spans):
    entities = nest(Entity(start, end, label, text[start:end], 0.9) for start, end, label in spans)
    return Article(text, (Topic(topic, f"{topic}-zh", f"{topic}-en", 0.8),) if topic else (), entities)


def embedded(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def run(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


def test_articles_labels_topics_and_their_names():
    own = tagged("船到港", "ships", (0, 1, "SHIP"), (2, 3, "PLACE"))
    data = embedded(view_page([(own, {"id": 7, "title": "报头"}), (tagged("无", None), {})], "t"))
    first, second = data["articles"]
    assert first == {
        "text": "船到港",
        "topic": "ships",
        "score": 0.8,
        "names": [[0, 1, "SHIP", 0.9], [2, 3, "PLACE", 0.9]],
        "title": "报头",
        "id": "7",
    }
    assert second["topic"] is None and second["names"] == []
    assert data["labels"] == ["PLACE", "SHIP"] and data["topics"] == ["ships"]
    assert data["names"]["ships"] == ["ships-zh", "ships-en"] and data["names"]["PLACE"] == ["地点", "place"]


def test_what_linking_found_is_noted():
    long, short = Entity(0, 6, "AGENCY", "拉萨市中院来"), Entity(7, 9, "AGENCY", "中院")
    linked = Article("拉萨市中院来了中院", (), nest([long, replace(short, refers_to=long), LHASA]))
    [article] = embedded(view_page([(linked, {})], "t"))["articles"]
    assert [name[4:] for name in article["names"]] == [[], ["西藏自治区 拉萨市"], ["→ 拉萨市中院来"]]
    [(read, _)] = read_tagged(json.loads(json.dumps(linked.to_dict())))
    assert read == linked


def test_nothing_of_the_data_is_markup():
    page = view_page([(tagged(EVIL, EVIL, (0, 2, EVIL)), {"id": EVIL, "title": EVIL + "!"})], EVIL)
    assert embedded(page)["articles"][0]["text"] == EVIL
    assert "alert(1)</script>" not in page and "<img" not in page


def test_the_page_needs_nothing_else():
    page = view_page([(tagged("甲地"), {})], "t")
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!#)|@import|url\(|fetch\(", page)
    assert "innerHTML" not in page and "{{" not in page
    assert "default-src 'none'" in page


def test_a_title_that_the_text_begins_with_is_not_said_twice():
    [article] = embedded(view_page([(tagged("报头\n正文"), {"title": "报头"})], "t"))["articles"]
    assert "title" not in article


def test_the_articles_of_a_page_have_their_lines_joined(tagger):
    text = "拉萨市法院开会\n本报讯 中国的人来到拉萨市法\n院发动大会。\n（人大）\n"
    page = next(tag_articles(tagger, [split_page(text)]))
    assert page[0].entities
    shown = [article for article, _ in read_tagged(page.to_dict())]
    for of_page, article in zip(page, shown, strict=True):
        assert article.text.replace(JOIN, "").split() == of_page.text.split()
        assert [(e.text.replace(JOIN, ""), e.label, e.score) for e in article.entities] == [
            (e.text, e.label, e.score) for e in of_page.entities
        ]
        assert article.topic == of_page.topic


@pytest.mark.parametrize(
    "record",
    [
        {"text": "甲"},
        {"text": "甲", "entities": [{"start": 0, "end": 2, "label": "PLACE"}]},
        {"text": "甲", "entities": [{"start": 0}]},
        {"text": "甲", "entities": 3},
        {"text": "甲", "articles": [{"start": 0}]},
        {"text": "甲", "articles": [{"start": 0, "end": 1, "title": {"start": 0, "end": 9}, "subheads": [], "byline": [],
                                    "body": [], "entities": []}]},
    ],
)
def test_what_is_no_tagged_article_is_told_and_the_others_go_on(tmp_path, record):
    path = tmp_path / "a.jsonl"
    good = tagged("甲地", "court", (0, 2, "PLACE")).to_dict()
    path.write_text("\n".join(json.dumps(each) for each in (good, record, good)), encoding="utf-8")
    result = run("view", path)
    assert result.exit_code == 3, result.output
    assert f"left out: {path}:2: not a tagged article" in result.stderr
    assert len(embedded((tmp_path / "a.html").read_text("utf-8"))["articles"]) == 2


def test_the_page_lies_beside_its_file_or_where_asked(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(tagged("甲\ud83d地").to_dict()), encoding="utf-8")
    assert run("view", path).exit_code == 0
    assert "<title>a</title>" in (tmp_path / "a.html").read_text("utf-8")
    out = tmp_path / "out" / "b.html"
    assert run("view", "-", "--output", out, "--title", "<T>", input=path.read_bytes()).exit_code == 0
    assert "<title>&lt;T&gt;</title>" in out.read_text("utf-8")
    assert run("view", "-", input=path.read_bytes()).exit_code == 2
    assert "is one of the inputs" in run("view", path, "--output", path).output
