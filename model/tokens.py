"""Text to tokens: the rows of the encoder's embedding that a text reads, and the characters each one stands for.

Two tokenizers share one interface. `CharacterTokenizer` reads one code point as one token, so that every
offset is exact by construction; it serves Chinese BERTs. `SubwordTokenizer` wraps the fast tokenizer of any
other encoder and takes its offsets.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

CHARACTERS_FILE = "characters.json"
SUBWORDS_FILE = "tokenizer.json"

PAD, UNK, CLS, SEP, MASK = SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

# Characters read as another one where the vocabulary lacks them: white space, full-width forms, Kangxi
# radicals and compatibility ideographs. Capitals and curly quotes have rows of their own.
_SPACES = "\t\v\f\r\x85\xa0\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_FOLDED_RANGES = ((0x41, 0x5B), (0xFF01, 0xFF5F), (0x2F00, 0x2FD6), (0xF900, 0xFB00))

_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Tokens:
    """A text's tokens, without the special ones around them.

    `ids`, `starts` and `ends` have the shape (tokens,): the row of each token in the embedding, and the range
    of characters (code points) `[start, end)` it stands for.
    """

    ids: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


class Tokenizer(Protocol):
    """What the tagger and the trainer need of a tokenizer."""

    cls_id: int
    sep_id: int
    pad_id: int
    mask_id: int

    def __call__(self, text: str) -> Tokens: ...

    def save_pretrained(self, folder: str | Path) -> None: ...


class CharacterTokenizer:
    """One code point, one token.

    `vocabulary` lists the special tokens and single characters in the order of the embedding's rows. A
    character without a row is read as its kin (`\\u3000` as a space, `Ａ` as `A`), else as `[UNK]`; its
    offsets are its own all the same.
    """

    def __init__(self, vocabulary: Sequence[str]):
        self.vocabulary = list(vocabulary)
        rows = {token: row for row, token in enumerate(self.vocabulary)}
        if missing := [token for token in SPECIAL_TOKENS if token not in rows]:
            raise ValueError(f"the vocabulary lacks {', '.join(missing)}")
        if odd := [token for token in rows if len(token) != 1 and token not in SPECIAL_TOKENS]:
            raise ValueError(f"a character vocabulary holds single characters; it has {odd[0]!r}")
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (rows[t] for t in SPECIAL_TOKENS)
        self._row_of = _lookup_table(rows, self.unk_id)

    def __call__(self, text: str) -> Tokens:
        code_points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        starts = np.arange(len(code_points))
        return Tokens(self._row_of[code_points], starts, starts + 1)

    def __len__(self) -> int:
        return len(self.vocabulary)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write `characters.json` into `folder`."""
        path = Path(folder, CHARACTERS_FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.vocabulary, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> CharacterTokenizer:
        return cls(json.loads(Path(folder, CHARACTERS_FILE).read_text(encoding="utf-8")))


class SubwordTokenizer:
    """The fast tokenizer of an encoder that reads pieces of words (XLM-R, RoBERTa, …).

    Offsets are the tokenizer's own, less white space at their edges. `backend` is a `tokenizers.Tokenizer`;
    `special_tokens` names its start, end, padding and mask tokens by the keys of `tokenizer_config.json`.
    """

    def __init__(self, backend, special_tokens: dict[str, str]):
        self._backend = backend
        self._special_tokens = special_tokens
        self._backend.no_padding()
        self._backend.no_truncation()
        self.cls_id, self.sep_id, self.pad_id, self.mask_id = (
            self._special_id(*names)
            for names in (("cls_token", "bos_token"), ("sep_token", "eos_token"), ("pad_token",), ("mask_token", "unk_token"))
        )

    def _special_id(self, *names: str) -> int:
        for name in names:
            token = self._special_tokens.get(name)
            row = self._backend.token_to_id(token) if token else None
            if row is not None:
                return row
        raise ValueError(f"the encoder's tokenizer has no {' or '.join(names)}; choose an encoder that has one")

    def __call__(self, text: str) -> Tokens:
        readable = _SURROGATES.sub("\ufffd", text)  # same length; Rust strings hold no surrogates
        encoding = self._backend.encode(readable, add_special_tokens=False)
        rows = [
            (row, start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip()))
            for row, (start, end) in zip(encoding.ids, encoding.offsets)
            if (piece := readable[start:end]).strip()
        ]
        ids, starts, ends = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        return Tokens(ids, starts, ends)

    def __len__(self) -> int:
        return self._backend.get_vocab_size()

    def save_pretrained(self, folder: str | Path) -> None:
        """Write `tokenizer.json` and the special tokens' names beside it."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._backend.save(str(Path(folder, SUBWORDS_FILE)))
        names = json.dumps(self._special_tokens, ensure_ascii=False, indent=2)
        Path(folder, "tokenizer_config.json").write_text(names, encoding="utf-8")

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> SubwordTokenizer:
        from tokenizers import Tokenizer as Backend

        names = json.loads(Path(folder, "tokenizer_config.json").read_text(encoding="utf-8"))
        names = {
            name: token["content"] if isinstance(token, dict) else token
            for name, token in names.items()
            if name.endswith("_token") and isinstance(token, dict | str)
        }
        return cls(Backend.from_file(str(Path(folder, SUBWORDS_FILE))), names)


def load_tokenizer(folder: str | Path) -> Tokenizer:
    """The tokenizer of a checkpoint's folder.

    Raises `FileNotFoundError` where the folder holds neither kind's file.
    """
    if Path(folder, CHARACTERS_FILE).is_file():
        return CharacterTokenizer.from_pretrained(folder)
    if Path(folder, SUBWORDS_FILE).is_file():
        return SubwordTokenizer.from_pretrained(folder)
    raise FileNotFoundError(f"{folder}: no {CHARACTERS_FILE} or {SUBWORDS_FILE}; is this the folder of a qingyuan checkpoint?")


def _lookup_table(rows: dict[str, int], unknown: int) -> np.ndarray:
    """The row of every code point, shape (0x110000,)."""
    table = np.full(0x110000, unknown, dtype=np.int64)
    for character in _kindred_characters():
        table[ord(character)] = _row_of_kin(character, rows, unknown)
    for token, row in rows.items():
        if len(token) == 1:
            table[ord(token)] = row
    return table


def _kindred_characters() -> Iterable[str]:
    yield from _SPACES
    for first, last in _FOLDED_RANGES:
        yield from map(chr, range(first, last))


def _row_of_kin(character: str, rows: dict[str, int], unknown: int) -> int:
    folded = " " if character in _SPACES else unicodedata.normalize("NFKC", character)
    return rows.get(folded, rows.get(folded.lower(), unknown))
