"""The HTML report in a real browser: what the page shows once its script has run."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from qingyuan.article import Article, Entity, Topic, nest
from qingyuan.eval.html import html_report
from qingyuan.eval.report import build_report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium, chromium-browser or google-chrome on PATH")

EVIL = "</script><script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">"
VOID = {"meta", "input", "br", "img", "link", "hr"}


class Node:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent, self.children = tag, dict(attributes), parent, []

    def find(self, tag, **wanted):
        """All nodes below with a tag and attributes; `side="gold"` looks at `data-side`."""
        for child in self.children:
            if isinstance(child, Node):
                known = {key.removeprefix("data-"): value for key, value in child.attributes.items()}
                if child.tag == tag and all(known.get(key) == value for key, value in wanted.items()):
                    yield child
                yield from child.find(tag, **wanted)

    @property
    def text(self):
        return "".join(child.text if isinstance(child, Node) else child for child in self.children)

    @property
    def shown(self):
        return "hidden" not in self.attributes and (self.parent is None or self.parent.shown)

    @property
    def classes(self):
        return (self.attributes.get("class") or "").split()


class Tree(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.root = self.here = Node("root", {}, None)
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        node = Node(tag, attributes, self.here)
        self.here.children.append(node)
        if tag not in VOID:
            self.here = node

    def handle_endtag(self, tag):
        if tag not in VOID:
            self.here = self.here.parent

    def handle_data(self, data):
        self.here.children.append(data)


def article(text, topic, *spans):
    entities = [Entity(start, end, label, text[start:end], 0.9) for start, end, label in spans]
    return Article(text, (Topic(topic, topic, topic, 0.8),), nest(entities))


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    one, two, three = "西藏自治区禁毒办在拉萨市。", "陈子琪参观学校。", "😀𠮷林省开会。" + EVIL
    gold = [
        article(one, "drug_control", (0, 8, "AGENCY"), (0, 5, "PLACE"), (9, 12, "PLACE")),
        article(two, "court", (0, 3, "PERSON")),
        article(three, "other", (1, 4, "PLACE")),
    ]
    predicted = [
        article(one, "drug_control", (0, 8, "AGENCY"), (0, 5, "PLACE")),
        article(two, "other", (0, 3, "PERSON"), (5, 7, "ORG")),
        article(three, "other", (1, 4, "PLACE"), (2, 6, "ORG")),
    ]
    ids = ["one", "two", "three"]
    report = build_report(gold, predicted, ids, model="small", data="page", ceiling=0.98)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html_report(report, gold, predicted, ids), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browse(tmp_path_factory):
    """Open an address, and give what stands in the page once its script has run."""
    profile = tmp_path_factory.mktemp("profile")

    def browse(address):
        options = "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom"
        command = [BROWSER, *options, f"--user-data-dir={profile}", address]
        page = subprocess.run(command, capture_output=True, check=True, timeout=300).stdout.decode("utf-8")
        return Tree(page).root

    return browse


@pytest.fixture(scope="module")
def load(address, browse):
    """Load the page, with filters behind `#`."""
    return lambda fragment="": browse(f"{address}#{fragment}")


@pytest.fixture(scope="module")
def page(load):
    return load()


def names(page):
    return [next(each.find("h3")).text for each in page.find("article") if each.shown]


def side(page, number, name):
    return next(list(page.find("article"))[number].find("div", side=name))


def status(page):
    return next(page.find("output", id="status")).text


def test_articles_are_rendered(page):
    assert names(page) == ["one", "two", "three"]
    assert status(page) == "3 of 3 articles, 7 spans"
    for name in ("gold", "predicted"):
        text = next(side(page, 0, name).find("div", **{"class": "text"}))
        assert text.text == "西藏自治区禁毒办在拉萨市。"


def test_nested_spans_are_nested(page):
    (outer,) = side(page, 0, "predicted").find("mark", label="AGENCY")
    (inner,) = outer.find("mark")
    assert (outer.text, inner.text, inner.attributes["data-label"]) == ("西藏自治区禁毒办", "西藏自治区", "PLACE")


def test_errors_are_marked_by_kind(page):
    (missed,) = side(page, 0, "gold").find("mark", kind="missed")
    (spurious,) = side(page, 1, "predicted").find("mark", kind="spurious")
    assert (missed.text, spurious.text) == ("拉萨市", "学校")


def test_offsets_count_code_points(page):
    assert [mark.text for mark in side(page, 2, "gold").find("mark")] == ["𠮷林省"]


def test_crossing_spans_are_drawn_in_pieces(page):
    pieces = list(side(page, 2, "predicted").find("mark", label="ORG"))
    assert [piece.text for piece in pieces] == ["林省", "开会"]


def test_texts_run_no_script(page):
    assert next(page.find("title")).text == "small on page"
    assert not list(page.find("img"))
    assert EVIL in side(page, 2, "gold").text


def test_nothing_that_a_report_holds_runs_as_script(tmp_path, browse):
    """Names, labels, topics, the model and the data may say what they like."""
    gold, predicted = article(EVIL, EVIL, (0, 9, EVIL)), article(EVIL, "&" + EVIL, (0, 9, "'\"" + EVIL), (12, 20, "LAW"))
    report = build_report([gold], [predicted], [EVIL], model=EVIL, data=f"'{EVIL}")
    path = tmp_path / "evil.html"
    path.write_text(html_report(report, [gold], [predicted], [EVIL]), encoding="utf-8")
    page = browse(f"{path.as_uri()}#q={quote(EVIL)}&view=errors&label={quote(EVIL)}")
    assert next(page.find("title")).text == f"{EVIL} on '{EVIL}"
    assert not list(page.find("img")) and len(list(page.find("script"))) == 2
    assert EVIL in next(page.find("main")).text


def test_figures(page):
    cards = next(page.find("section", id="cards")).text
    # 4 of 5 gold and 6 predicted spans; 2 of 3 topics.
    assert "Strict span F172.7" in cards and "Topic accuracy66.7" in cards and "two annotators 98.0" in cards
    peers = next(page.find("section", id="peers"))
    assert peers.shown and "LAC" in peers.text
    assert next(page.find("section", id="confusion")).shown
    plots = [svg.attributes["aria-label"] for svg in page.find("svg")]
    assert len(plots) == 3 and any(re.match("Confusion matrix of 3 topics, 1 article", label) for label in plots)


def test_filters_are_there(page):
    found = [chip.attributes for chip in page.find("button", **{"class": "chip"})]
    chips = {(each["data-filter"], each["data-value"]) for each in found}
    assert {("label", "AGENCY"), ("kind", "missed"), ("kind", "both"), ("topic", "wrong"), ("view", "errors")} <= chips
    assert list(page.find("input", id="q", type="search"))


@pytest.mark.parametrize(
    "fragment, shown",
    [
        ("kind=missed", ["one"]),
        ("kind=spurious", ["two", "three"]),
        ("kind=spurious,missed", ["one", "two", "three"]),
        ("label=AGENCY", ["one"]),
        ("label=PERSON&kind=spurious", []),
        ("topic=wrong", ["two"]),
        ("topic=right&label=PLACE", ["one", "three"]),
        ("q=%E5%8F%82%E8%A7%82", ["two"]),
        ("kind=nonsense", ["one", "two", "three"]),
    ],
)
def test_filters_choose_articles(load, fragment, shown):
    page = load(fragment)
    assert names(page) == shown
    assert status(page).startswith(f"{len(shown)} of 3 articles")


def test_filters_press_their_chips_and_dim_other_spans(load):
    page = load("kind=missed&label=PLACE")
    pressed = {chip.attributes["data-value"] for chip in page.find("button", **{"aria-pressed": "true"})}
    assert pressed == {"missed", "PLACE", "all", "articles"}
    clear = [mark.text for mark in side(page, 0, "gold").find("mark") if "dim" not in mark.classes]
    assert clear == ["拉萨市"]


def test_errors_in_context(load):
    page = load("view=errors&kind=spurious")
    assert status(page) == "2 of 3 errors" and not names(page)
    first = next(each for each in page.find("div", **{"class": "error"}) if each.shown)
    assert "陈子琪参观学校。" in first.text and "gold –" in first.text


def test_theme_can_be_set(load):
    assert next(load("theme=dark").find("html")).attributes["data-theme"] == "dark"
