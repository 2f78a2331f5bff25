"""Clues: what a token's characters alone don't tell a small encoder, found by looking and not by learning.

Which words of a dictionary a token is part of, and where in them (soft lexicon features: Ma et al., 2020, "Simplify the
usage of lexicon in Chinese NER"; no weights by frequency here), and which pair of marks stands around it, how far apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

LEXICON_FILE = "lexicon.npz"

# What words are, by the first letters of their part of speech (ICTCLAS tags); whatever has none of these is the last.
WORD_CLASSES = ("nr", "ns", "nt", "nz", "n", "j", "v", "i l", "m t", "")
LONGEST_WORD = 8
BEGIN, MIDDLE, END = range(3)
_OF_WORDS = len(WORD_CLASSES) * 2 * 3  # words of two characters tell less and have features of their own

PAIRS = (("“", "”"), ("‘", "’"), ("《〈", "》〉"), ("（(", "）)"))
DISTANCES = (3, 6, 12, 24)  # characters between the marks of a pair: up to each of these, or more
_OF_A_PAIR = len(DISTANCES) + 3

CLUES = _OF_WORDS + _OF_A_PAIR * len(PAIRS)


def word_class(part_of_speech: str) -> int:
    """The place in `WORD_CLASSES` of a part of speech such as `nrt`."""
    prefixes = ((number, prefix) for number, names in enumerate(WORD_CLASSES) for prefix in names.split())
    return next((number for number, prefix in prefixes if part_of_speech.startswith(prefix)), len(WORD_CLASSES) - 1)


class Lexicon:
    """Words of two to `LONGEST_WORD` characters with their classes, kept as hashes: a megabyte for 350,000 words.

    `keys`, uint32 and sorted, are the words' hashes and `classes`, uint8, their places in `WORD_CLASSES`; both (words,).
    Of other strings, one in 10,000 is taken for a word.
    """

    def __init__(self, keys: np.ndarray, classes: np.ndarray):
        if len(keys) != len(classes) or not len(keys) or int(classes.max()) >= len(WORD_CLASSES):
            raise ValueError("a lexicon has a key and a known class for each word, and one word or more")
        self.keys, self.classes = keys, classes

    @classmethod
    def of_words(cls, words: Mapping[str, str]) -> Lexicon:
        """From words and their parts of speech; shorter and longer words are left out."""
        keys, classes = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint8)]
        fitting = sorted((word for word in words if 2 <= len(word) <= LONGEST_WORD), key=len)
        for length, of_length in groupby(fitting, key=len):
            of_length = list(of_length)
            codes = np.array([list(map(ord, word)) for word in of_length], dtype=np.uint64)
            *_, (_, hashes) = _hashes(codes)
            keys.append(hashes[:, 0])
            classes.append(np.array([word_class(words[word]) for word in of_length], dtype=np.uint8))
        keys, first = np.unique(np.concatenate(keys), return_index=True)
        return cls(keys, np.concatenate(classes)[first])

    def find(self, codes: np.ndarray) -> Iterable[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
        """Words in rows of code points (windows, tokens), 0 where a token is none: for each length the window, the first
        token and the class of every word."""
        gaps = np.cumsum(codes == 0, axis=1)
        for length, hashes in _hashes(codes):
            places = np.searchsorted(self.keys, hashes)
            places[places == len(self.keys)] = 0
            whole = gaps[:, length - 1 :] == gaps[:, : hashes.shape[1]]
            windows, starts = np.nonzero((self.keys[places] == hashes) & whole & (codes[:, : hashes.shape[1]] != 0))
            yield length, windows, starts, self.classes[places[windows, starts]]

    def save(self, path: Path) -> None:
        with open(path, "wb") as file:
            np.savez_compressed(file, steps=np.diff(self.keys, prepend=np.uint32(0)), classes=self.classes)

    @classmethod
    def load(cls, path: Path) -> Lexicon:
        """Raises `ValueError` for a file that `save` didn't write."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(np.cumsum(arrays["steps"], dtype=np.uint32), arrays["classes"])
        except (OSError, KeyError, ValueError, TypeError, BadZipFile, EOFError) as error:
            raise ValueError(f"{path.name}: no lexicon ({error})") from error


class Clues:
    """Finds the clues of windows of a character vocabulary's rows."""

    def __init__(self, vocabulary: Sequence[str], lexicon: Lexicon):
        self.lexicon = lexicon
        self._codes = np.array([ord(token) if len(token) == 1 else 0 for token in vocabulary], dtype=np.uint64)
        self._opens, self._closes = (
            np.array([kinds.get(token, 0) for token in vocabulary])
            for kinds in ({mark: number for number, pair in enumerate(PAIRS, 1) for mark in pair[side]} for side in (0, 1))
        )

    def __call__(self, ids: np.ndarray) -> np.ndarray:
        """1 where a clue holds, uint8, (windows, tokens, `CLUES`), for rows of the vocabulary (windows, tokens)."""
        found = np.zeros((*ids.shape, CLUES), dtype=np.uint8)
        for length, windows, starts, classes in self.lexicon.find(self._codes[ids]):
            columns = 3 * (2 * classes.astype(np.int64) + (length > 2))
            for step in range(length):
                part = BEGIN if step == 0 else END if step == length - 1 else MIDDLE
                found[windows, starts + step, columns + part] = 1
        opens, closes = self._opens[ids], self._closes[ids]
        for number in range(len(PAIRS)):
            columns = slice(_OF_WORDS + _OF_A_PAIR * number, _OF_WORDS + _OF_A_PAIR * (number + 1))
            _mark(found[:, :, columns], opens == number + 1, closes == number + 1)
        return found


def _mark(found: np.ndarray, opens: np.ndarray, closes: np.ndarray) -> None:
    """Fill in the clues of one kind of pair: how far apart its marks are, and what stands next to either.

    `found` is (windows, tokens, clues), `opens` and `closes` are (windows, tokens). The marks are outside of their pair.
    """
    length = opens.shape[1]
    place = np.arange(length)
    before = [np.maximum.accumulate(np.where(mark, place, -1), axis=1) for mark in (opens, closes)]
    after = [
        np.minimum.accumulate(np.where(mark, place, length)[:, ::-1], axis=1)[:, ::-1] for mark in (opens, closes)
    ]
    inside = (before[0] > before[1]) & (after[1] < after[0]) & ~opens & ~closes
    windows, tokens = np.nonzero(inside)
    first, last = before[0][windows, tokens] + 1, after[1][windows, tokens] - 1
    found[windows, tokens, np.searchsorted(DISTANCES, last - first + 1)] = 1
    found[windows, tokens, -2] = tokens == first
    found[windows, tokens, -1] = tokens == last


def _hashes(codes: np.ndarray) -> Iterable[tuple[int, np.ndarray]]:
    """The hashes, uint32, of all runs of each length from 2 on in rows of code points (windows, tokens)."""
    state = codes
    for length in range(2, min(LONGEST_WORD, codes.shape[1]) + 1):
        state = state[:, :-1] * np.uint64(0x100000001B3) + codes[:, length - 1 :]
        yield length, (state * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)).astype(np.uint32)
