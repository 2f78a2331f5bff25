"""The service's page in a real browser: a text goes in, and the names are shown."""

import json
import threading
import time

import pytest
import uvicorn
from browser import BROWSER, Page

from qingyuan.article import Article, Entity, Place, nest
from qingyuan.service.app import create_app
from qingyuan.service.limits import Limits

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium, chromium-browser or google-chrome on PATH")

TEXT = "拉萨市法院开会\n西藏自治区禁毒办在拉萨市法院开会😀，中国的人来了。\n<img src=x onerror=document.title='broken'>"
PAGE = "拉萨市法院开会\n本报讯 中国的人来到拉萨市法院，\n发动大会。\n（人大）\n\n禁毒办成立\n西藏自治区禁毒办成立大会在拉萨市。\n"


LINKED = Article(
    "😀西藏自治区禁毒办",
    (),
    nest(
        (
            Entity(1, 9, "AGENCY", "西藏自治区禁毒办", 0.9),
            Entity(1, 6, "PLACE", "西藏自治区", 0.9, place=Place("540000", ("西藏自治区",), "province")),
        )
    ),
)


class Staged:
    """A tagger that knows one text by heart, and waits for `gate` where another says so."""

    def __init__(self, tagger):
        self.tagger, self.gate = tagger, threading.Event()

    def __getattr__(self, name):
        return getattr(self.tagger, name)

    def predict(self, texts, threshold=None):
        if "等" in texts:
            self.gate.wait(20)
        if texts == [LINKED.text]:
            return [LINKED]
        return self.tagger.predict(texts, threshold=threshold)


@pytest.fixture(scope="module")
def staged(tagger):
    return Staged(tagger)


@pytest.fixture(scope="module")
def address(staged):
    config = uvicorn.Config(create_app(staged, limits=Limits(characters=2000)), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    page = Page(tmp_path_factory.mktemp("profile"))
    yield page
    page.close()


@pytest.fixture
def page(browser, address):
    """The page as it is when it is opened; no script may fail in it, nothing break its policy."""
    browser.troubles.clear()
    browser.open(address)
    browser.wait("model.labels.length")
    yield browser
    assert browser.troubles == []
    assert browser.value("document.title") == "清源 qingyuan"


def tag(page, text, kind="article"):
    page.value(f"document.querySelector('[value={kind}]').click()")
    page.type("#text", text)
    page.press("Enter", 13, modifiers=2)
    page.wait("answer && !asked")


def test_ctrl_enter_shows_the_article(page, tagger):
    tag(page, TEXT)
    article = tagger.predict(TEXT)
    assert page.value("document.querySelector('.headline').textContent") == "拉萨市法院开会"
    assert page.value("[...document.querySelectorAll('.text p')].map((p) => p.textContent)") == TEXT.split("\n")
    assert page.value("document.querySelector('.kicker').firstChild.data") == article.topic.name_zh
    marks = page.value("[...document.querySelectorAll('mark')].map((m) => [m.dataset.label, m.textContent])")
    whole = [[e.label, e.text] for e in article.entities if "\n" not in e.text]
    assert whole and [mark for mark in marks if mark in whole] == whole


def test_names_within_names_and_their_places(page):
    tag(page, LINKED.text)
    assert page.value("document.querySelector('mark').textContent") == "西藏自治区禁毒办"
    inner = "document.querySelector('mark[data-label=AGENCY] mark[data-label=PLACE]')"
    assert page.value(f"{inner}.textContent") == "西藏自治区"
    assert page.value(f"{inner}.title") == "地点 PLACE 0.90 · 西藏自治区"


def test_a_newspaper_page_is_set_in_articles(page, tagger):
    tag(page, PAGE, "page")
    articles = tagger.predict_page(PAGE)
    titles = [article.title.text for article in articles if article.title]
    assert titles and page.value("[...document.querySelectorAll('.headline')].map((p) => p.textContent)") == titles
    paragraphs = [part.text for article in articles for part in article.body]
    shown = page.value("[...document.querySelectorAll('.text p:not([class])')].map((p) => p.textContent)")
    assert shown == paragraphs


def test_the_legend_switches_labels_off(page):
    tag(page, TEXT)
    label = page.value("document.querySelector('#legend button').dataset.label")
    lit = f"document.querySelectorAll('mark[data-label={label}]:not(.dim)').length"
    assert page.value(lit) > 0
    page.value("document.querySelector('#legend button').focus()")
    page.press(" ", 32)
    assert page.value(lit) == 0
    assert page.value("document.querySelector('#legend button').getAttribute('aria-pressed')") == "false"
    page.value("document.querySelector('#legend button').click()")
    assert page.value(lit) > 0


def test_the_json_is_copied(page, address, tagger):
    tag(page, TEXT)
    page("Browser.grantPermissions", origin=address, permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    page.value("copy()")
    assert json.loads(page.value("navigator.clipboard.readText()")) == tagger.predict(TEXT).to_dict()
    assert page.value("byId('copy').textContent") == "已复制"


def test_language_and_light(page):
    tag(page, TEXT)
    page.value("byId('language').click()")
    assert page.value("byId('go').firstElementChild.textContent") == "Tag"
    assert page.value("document.documentElement.lang") == "en"
    assert "organisation" in page.value("byId('legend').textContent")
    before = page.value("getComputedStyle(document.body).backgroundColor")
    page.value("byId('theme').click()")
    assert page.value("getComputedStyle(document.body).backgroundColor") != before
    page.value("byId('theme').click()")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_file_is_read(page, encoding):
    bytes_ = list("拉萨市禁毒办开会。".encode(encoding))
    page.value(f"take(new File([new Uint8Array({bytes_})], 'a.txt'))")
    assert page.value("byId('text').value") == "拉萨市禁毒办开会。"
    assert page.value("byId('size').textContent") == "9 / 2,000 字"


def test_a_file_that_is_no_text_is_told(page):
    page.value("take(new File([new Uint8Array([255, 254, 0, 255])], 'a.txt'))")
    assert "UTF-8" in page.value("byId('trouble').textContent")


def test_errors_are_told_and_the_last_answer_stays(page):
    tag(page, TEXT)
    page.value("byId('text').value = '长'.repeat(2001); tellSize()")
    assert page.value("byId('size').classList.contains('over')")
    page.press("Enter", 13, modifiers=2)
    page.wait("!byId('trouble').hidden && !asked")
    assert "--max-characters" in page.value("byId('trouble').textContent")
    assert page.value("document.querySelector('.headline').textContent") == "拉萨市法院开会"
    page.troubles.clear()  # the browser notes the 413


def test_the_last_question_is_answered(page, staged):
    """One that is asked while another waits takes its place."""
    staged.gate.clear()
    page.value("byId('text').value = '等'; ask(); byId('text').value = '拉萨市法院'; ask(); 0")
    staged.gate.set()
    page.wait("answer && !asked")
    assert page.value("document.querySelector('.text').textContent") == "拉萨市法院"
    assert page.value("byId('trouble').hidden")


def test_nothing_is_wider_than_a_narrow_screen(page):
    page.resize(360, 740)
    try:
        tag(page, TEXT * 3)
        assert page.value("document.documentElement.scrollWidth") <= 360
    finally:
        page.resize(1280, 900)


def test_docs_are_drawn_from_openapi(browser, address):
    browser.troubles.clear()
    browser.open(f"{address}/docs#Entity")
    browser.wait("document.querySelectorAll('#docs section').length > 10")
    shown = browser.value("document.getElementById('docs').textContent")
    assert "/predict/page" in shown and f"curl {address}/predict --json" in shown
    assert browser.value("document.getElementById('Entity').textContent").startswith("Entity")
    assert browser.troubles == []
