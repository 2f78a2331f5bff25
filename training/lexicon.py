"""Where the words of a lexicon come from."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from qingyuan.clues import Lexicon

JIEBA = "jieba"


def read_lexicon(source: str) -> Lexicon:
    """The dictionary of the package `jieba` (350,000 words, MIT), or a file of lines `word frequency part-of-speech`.

    The frequency may be missing. Raises `ValueError` that names file and line, `ModuleNotFoundError` without jieba.
    """
    words = {}
    path = _jieba() if source == JIEBA else Path(source)
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        match line.split():
            case []:
                continue
            case [word, *_, part_of_speech]:
                words[word] = part_of_speech
            case _:
                raise ValueError(f"{path}:{number}: {line!r:.40}: write `word frequency part-of-speech`, as jieba does")
    if not words:
        raise ValueError(f"{path}: no words; write `word frequency part-of-speech`, a word a line")
    return Lexicon.of_words(words)


def _jieba() -> Path:
    if (spec := find_spec(JIEBA)) is None:
        raise ModuleNotFoundError("lexicon: jieba is not installed; pip install 'qingyuan[lexicon]'")
    return Path(spec.submodule_search_locations[0]) / "dict.txt"
