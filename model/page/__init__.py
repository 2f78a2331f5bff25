"""Newspaper pages: text in which several articles run together, with broken lines, bylines and page numbers.

page → [lines](lines.py) → [features](features.py) and [characters](reading.py) → [roles](roles.py) →
[articles](assemble.py) → the tagger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import tee
from typing import TYPE_CHECKING

from qingyuan.page.article import Page, PageArticle, Part
from qingyuan.page.assemble import assemble
from qingyuan.page.lines import read_lines
from qingyuan.page.roles import ROLES, RoleModel, default_role_model

if TYPE_CHECKING:
    from qingyuan.tagger import Tagger

__all__ = ["ROLES", "Page", "PageArticle", "Part", "RoleModel", "predict_page", "split_page", "tag_articles"]


def split_page(text: str, model: RoleModel | None = None) -> Page:
    """The articles of a page, untagged, and its furniture; `model` tells the roles of its lines, if not the default.

    A text of white space has no articles. Raises `TypeError` for whatever is not text.
    """
    if not isinstance(text, str):
        raise TypeError(f"split_page wants a page's text (str), not {type(text).__name__}")
    lines = read_lines(text)
    return assemble(text, lines, (model or default_role_model())(lines))


def tag_articles(
    tagger: Tagger, pages: Iterable[Page], batch_size: int | None = None, threshold: float | None = None
) -> Iterator[Page]:
    """The pages, in order, with their articles tagged; `pages` may be endless.

    Where `pages` fails, those that came before are given first.
    """
    pages, ahead = tee(pages)
    texts = (article.text for page in ahead for article in page)
    tagged = tagger.stream(texts, batch_size, threshold=threshold)
    for page in pages:
        yield Page([replace(article, article=next(tagged)) for article in page], page.text, page.furniture)
    next(tagged, None)  # where `pages` failed, the error waits there


def predict_page(
    text: str, batch_size: int | None = None, threshold: float | None = None, roles: RoleModel | None = None
) -> Page:
    """Split a page and tag its articles with the model in the package; see `Tagger.predict_page`."""
    from qingyuan.tagger import default_tagger

    return default_tagger().predict_page(text, batch_size=batch_size, threshold=threshold, roles=roles)
