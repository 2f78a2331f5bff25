"""`qingyuan view` in a real browser: reading, filtering, searching, by mouse and by keyboard."""

import pytest
from browser import BROWSER, Page
from test_viewer import EVIL, tagged

from qingyuan.viewer import view_page

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium, chromium-browser or google-chrome on PATH")

MANY = 60
ARTICLES = [
    tagged("禁毒办成立\n😀西藏自治区禁毒办在拉萨市。\n\n完。", "drug_control", (7, 15, "AGENCY"), (7, 12, "PLACE"), (16, 19, "PLACE")),
    tagged("陈子琪参观学校。", "court", (0, 3, "PERSON")),
    tagged(EVIL, EVIL, (0, 2, "PLACE"), (1, 9, EVIL)),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    page = Page(tmp_path_factory.mktemp("profile"))
    yield page
    page.close()


@pytest.fixture(scope="module")
def write(tmp_path_factory):
    def write(articles, title="报纸"):
        path = tmp_path_factory.mktemp("view") / "view.html"
        path.write_text(view_page([(each, {"id": number}) for number, each in enumerate(articles)], title), "utf-8")
        return path.as_uri()

    return write


@pytest.fixture(scope="module")
def address(write):
    return write(ARTICLES)


@pytest.fixture
def load(browser, address):
    """Open the page with filters behind `#`; no script may fail in it, nothing break its policy."""
    browser.troubles.clear()

    def load(fragment="lang=zh"):
        browser.open(f"{address}#{fragment}")
        return browser

    yield load
    assert browser.troubles == []


def all_of(page, selector, what="textContent"):
    return page.value(f"[...document.querySelectorAll({selector!r})].map((node) => node.{what})")


def ids(page):
    return page.value("[...document.querySelectorAll('.kicker small:last-child')].map((node) => node.textContent)")


def test_an_article_is_set_in_paragraphs_with_its_names(load):
    page = load()
    assert all_of(page, "article:first-child .text p") == ["禁毒办成立", "😀西藏自治区禁毒办在拉萨市。", "完。"]
    assert all_of(page, "article:first-child p.headline") == ["禁毒办成立"]
    assert all_of(page, "article:first-child mark") == ["西藏自治区禁毒办", "西藏自治区", "拉萨市"]
    assert all_of(page, "mark mark")[0] == "西藏自治区"
    assert all_of(page, "article:first-child dd button") == ["西藏自治区禁毒办", "西藏自治区", "拉萨市"]
    assert all_of(page, "article:first-child mark", "title")[0] == "机构 AGENCY 0.90"


def test_hostile_data_are_text(load):
    page = load()
    assert page.value("document.title") == "报纸" and page.value("document.images.length") == 0
    assert EVIL in page.value("byId('list').textContent")
    assert page.value("document.scripts.length") == 2


@pytest.mark.parametrize(
    "fragment, shown",
    [
        ("", ["0", "1", "2"]),
        ("topic=court", ["1"]),
        ("topic=court,drug_control&label=PLACE", ["0"]),
        ("label=PLACE", ["0", "2"]),
        ("least=0.95", []),
        ("most=0.9&q=参观", ["1"]),
        ("q=藏自治区禁", ["0"]),
        ("label=nonsense&topic=nonsense&least=x", ["0", "1", "2"]),
    ],
)
def test_filters_in_the_address(load, fragment, shown):
    assert ids(load(fragment)) == shown


def test_filters_by_mouse_are_kept_in_the_address(load):
    page = load()
    page.value("document.querySelector('.choice[data-value=PLACE]').click()")
    assert ids(page) == ["0", "2"] and "2 篇，共 3 篇" in page.value("byId('status').textContent")
    assert "label=PLACE" in page.value("location.hash")
    assert all_of(page, "article:first-child mark.dim") == ["西藏自治区禁毒办"]
    page.value("byId('least').value = 0.95; byId('least').dispatchEvent(new Event('input'))")
    assert ids(page) == [] and all_of(page, ".none") == ["没有符合的文章。"]
    page.value("byId('clear').click()")
    assert ids(page) == ["0", "1", "2"] and page.value("byId('clear').hidden")


def test_search_lights_up_what_it_finds_across_names(load):
    page = load()
    page.type("#q", "区禁毒")
    assert ids(page) == ["0"]
    assert page.value("[...CSS.highlights.get('found')].map(String)") == ["区禁毒"]
    page.type("#q", "没有这个")
    assert ids(page) == []


def test_a_click_on_a_name_looks_for_it(load):
    page = load()
    page.value("document.querySelector('[data-name=拉萨市]').click()")
    assert page.value("byId('q').value") == "拉萨市" and ids(page) == ["0"]


def test_keys(load):
    page = load()
    for key, here in (("j", "0"), ("j", "1"), ("k", "0")):
        page.press(key, ord(key.upper()))
        assert page.value("document.activeElement.querySelector('.kicker small:last-child').textContent") == here
    page.press("/", 191)
    assert page.value("document.activeElement.id") == "q"


def test_language_and_light(load):
    page = load()
    assert "3 篇文章 · 6 个名称" == page.value("byId('dateline').textContent")
    page.value("byId('language').click()")
    assert "3 articles · 6 names" == page.value("byId('dateline').textContent")
    assert page.value("document.documentElement.lang") == "en" and "agency" in all_of(page, "dt")
    before = page.value("getComputedStyle(document.body).backgroundColor")
    page.value("byId('theme').click()")
    assert page.value("getComputedStyle(document.body).backgroundColor") != before
    page.value("byId('theme').click()")


def test_many_articles_are_drawn_as_they_come_into_sight(browser, write):
    browser.open(write([tagged(f"第{number}篇\n" + "正文" * 400, "court") for number in range(MANY)]))
    drawn = browser.value("byId('list').children.length")
    assert 0 < drawn < MANY
    browser.value("scrollTo(0, document.body.scrollHeight)")
    browser.wait(f"byId('list').children.length > {drawn}")
    browser.value("dispatchEvent(new Event('beforeprint'))")
    assert browser.value("byId('list').children.length") == MANY


def test_nothing_is_wider_than_a_narrow_screen(browser, write):
    address = write([*ARTICLES, tagged("a" * 300, "court", (0, 200, "ORG"))], "长" * 80)
    browser.resize(360, 740)
    try:
        browser.open(address)
        assert browser.value("document.documentElement.scrollWidth") <= 360
    finally:
        browser.resize(1280, 900)
