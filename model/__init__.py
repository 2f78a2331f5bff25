"""qingyuan (清源): topics and entities of Chinese government and legal news.

>>> from qingyuan import predict
>>> article = predict("6月1日,由西藏自治区禁毒办……")
>>> article.topic.label, [(entity.label, entity.text) for entity in article.entities]
"""

from typing import TYPE_CHECKING

from qingyuan.article import Article, Entity, Topic
from qingyuan.taxonomy import GOVERNMENT_NEWS, Name, Taxonomy

if TYPE_CHECKING:
    from qingyuan.page import predict_page, split_page
    from qingyuan.tagger import Tagger, predict

__version__ = "0.1.0"
__all__ = ["GOVERNMENT_NEWS", "Article", "Entity", "Name", "Tagger", "Taxonomy", "Topic", "predict", "predict_page", "split_page"]


def __getattr__(name: str):
    """`predict` and `Tagger` bring torch with them, so they are loaded when first asked for."""
    if name in ("Tagger", "predict"):
        from qingyuan import tagger

        return getattr(tagger, name)
    if name in ("predict_page", "split_page"):
        from qingyuan import page

        return getattr(page, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
