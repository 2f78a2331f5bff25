"""Texts that mean harm, without end, and what must hold of whatever is made of them."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator

from qingyuan.article import Article
from qingyuan.page import Page

NEWS = "6月1日，由西藏自治区禁毒办、拉萨市禁毒办联合主办的“全民禁毒宣传月”启动仪式在拉萨市城关区举行。记者陈子琪"
PIECES = (
    "\ud800", "\udfff", "\udc80\ud83d", "\x00", "\x1b[31m", "\x7f\x85", "\ufeff", "\ufffe\uffff", "\ufffd",
    "e" + "\u0301" * 40, "\u0300", "ก็็็็็", "\u20e3",  # combining marks
    "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇨🇳", "\u200d", "\ufe0f", "葛\U000e0100", "𓀀", "😀",
    "\u202e法院\u202c", "\u2066\u2069\u200f", "שלום", "مرحبا",  # right to left
    "𠮷𠀀𪚥", "\U0002ceb0\U00030000\U000323af", "豈更\uf900\U0002f800", "⼀⻄㐀䶿", "㍿㋿㏑", "\ue000\U0010ffff",
    "ＡＢＣ１２３（）", "ｱｲｳ", "abc123()", "\u3000\xa0\u2003\u200b", "\r\n", "\r", "\n\n\n", "\u2028\u2029\v\f", "\t",
    "</script><script>alert(1)</script>", "{{data}}", "\\ud800", '"\'`', "[SEP][MASK]", "%s%n{0}",
    "ﷺ", "ǅ", "ß", "İı", "ẞ", "Ⅷ", "①", "½", "각", "ᄀ" * 9, "A̷̛", "・" * 12,
)  # fmt: skip
PLANES = ((0, 0x80), (0x80, 0x300), (0x300, 0x370), (0x4E00, 0x9FFF), (0x2000, 0x2070), (0xD800, 0xE000), (0xFF00, 0xFFF0),
          (0x1F300, 0x1FAFF), (0x20000, 0x323B0), (0xE0000, 0xE01F0), (0, 0x110000))  # fmt: skip


def hostile_texts(seed: int, longest: int = 4000) -> Iterator[str]:
    """Endless; the same for the same seed. Most are short, one in fifty is up to `longest` characters long."""
    draw = random.Random(seed)
    kinds = (_anywhere, _one_plane, _pieces, _news_with_pieces, _one_piece_over_and_over)
    while True:
        size = draw.randrange(longest) if draw.random() < 0.02 else draw.randrange(1 << draw.randrange(8))
        yield draw.choice(kinds)(draw, size)[:size]


def _anywhere(draw: random.Random, size: int) -> str:
    return "".join(chr(draw.randrange(*draw.choice(PLANES))) for _ in range(size))


def _one_plane(draw: random.Random, size: int) -> str:
    plane = draw.choice(PLANES)
    return "".join(chr(draw.randrange(*plane)) for _ in range(size))


def _pieces(draw: random.Random, size: int) -> str:
    return "".join(draw.choices(PIECES, k=size))


def _news_with_pieces(draw: random.Random, size: int) -> str:
    text = NEWS * (size // len(NEWS) + 1)
    for _ in range(draw.randrange(8)):
        place = draw.randrange(len(text))
        text = text[:place] + draw.choice(PIECES) + text[place:]
    return text


def _one_piece_over_and_over(draw: random.Random, size: int) -> str:
    return draw.choice((*PIECES, draw.choice(NEWS))) * size


def broken_promises(text: str, article: Article) -> list[str]:
    """What an article of `text` breaks of the promises: exact offsets, order, nesting, scores, JSON and back."""
    broken = []
    if article.text != text:
        broken.append("the text is another")
    edges = [(e.start, -e.end) for e in article.entities]
    if edges != sorted(set(edges)):
        broken.append("out of order, or twice")
    for entity in article.entities:
        if not 0 <= entity.start < entity.end <= len(text) or text[entity.start : entity.end] != entity.text:
            broken.append(f"offsets of {entity}")
        around = entity.parent
        if around and not (around.start <= entity.start and entity.end <= around.end and around in article.entities):
            broken.append(f"parent of {entity}")
    for number, one in enumerate(article.entities):
        for other in article.entities[number + 1 :]:
            if other.start >= one.end:
                break
            if other.end > one.end or other.parent is None:
                broken.append(f"{one} and {other} overlap")
    scores = [each.score for each in (*article.entities, *article.topics)]
    if not all(math.isfinite(score) and 0 <= score <= 1 for score in scores):
        broken.append("a score is no probability")
    if not broken and not _pairs_up(text) and Article.from_dict(json.loads(json.dumps(article.to_dict()))) != article:
        broken.append("the JSON reads back as another")
    return broken


def broken_page_promises(text: str, page: Page) -> list[str]:
    """What a page breaks: its articles stand in order and apart, and each of their characters is where it says."""
    broken, last = [], 0
    for article in page:
        if not last <= article.start < article.end <= len(text):
            broken.append(f"article [{article.start}, {article.end}) behind {last}")
        last = article.end
        for character, place in zip(article.text, article.offsets, strict=True):
            if text[place] != character and not (text[place].isspace() and character.isspace()):
                broken.append(f"{character!r} at {place}, where {text[place]!r} stands")
    return broken


def _pairs_up(text: str) -> bool:
    """Whether two halves of a surrogate pair stand side by side, which JSON can't tell from the whole."""
    return any("\ud800" <= a <= "\udbff" and "\udc00" <= b <= "\udfff" for a, b in zip(text, text[1:]))


def differences(one: Article, other: Article, tolerance: float = 1e-3) -> list[str]:
    """How two articles of one text differ, in spans or, by more than `tolerance`, in scores."""
    if [e.span for e in one.entities] != [e.span for e in other.entities]:
        return [f"spans {sorted({e.span for e in one.entities} ^ {e.span for e in other.entities})}"]
    scores = [(e.score, o.score) for e, o in zip(one.entities, other.entities)]
    other_topics = {topic.label: topic.score for topic in other.topics}
    scores += [(topic.score, other_topics[topic.label]) for topic in one.topics]
    return [f"scores {a} and {b}" for a, b in scores if abs(a - b) > tolerance]
