"""qingyuan (清源): topics and entities of Chinese government and legal news.

>>> from qingyuan import predict
>>> article = predict("6月1日,由西藏自治区禁毒办……")
>>> article.topic.label, [(entity.label, entity.text) for entity in article.entities]
"""

from importlib import import_module
from typing import TYPE_CHECKING

from qingyuan.article import Article, Entity, Place, Topic
from qingyuan.taxonomy import GOVERNMENT_NEWS, Name, Taxonomy

if TYPE_CHECKING:
    from qingyuan.dictionary import Dictionary
    from qingyuan.page import predict_page, split_page
    from qingyuan.tagger import Tagger, predict

__version__ = "0.1.0"
_LOADED_WHEN_ASKED_FOR = {
    "Dictionary": "dictionary",
    "Tagger": "tagger",
    "predict": "tagger",
    "predict_page": "page",
    "split_page": "page",
}
__all__ = [
    "GOVERNMENT_NEWS",
    "Article",
    "Dictionary",
    "Entity",
    "Name",
    "Place",
    "Tagger",
    "Taxonomy",
    "Topic",
    "predict",
    "predict_page",
    "split_page",
]


def __getattr__(name: str):
    """What brings ONNX Runtime or torch with it is loaded when first asked for."""
    if module := _LOADED_WHEN_ASKED_FOR.get(name):
        return getattr(import_module(f"qingyuan.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
