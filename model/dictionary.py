"""Names of one's own, which are always found and win over the model; and names that are none.

A dictionary is a mapping of names to labels, `{"拉萨市禁毒办": "AGENCY", "清源": "-"}`, or a file of them
(`qingyuan.dictionary_files`). The label `-` says that the name is no entity.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from qingyuan.article import Entity, nest
from qingyuan.taxonomy import GOVERNMENT_NEWS, Taxonomy

NO_ENTITY = "-"
# Full-width letters, digits and signs are read as the ASCII ones.
WIDTHS = {chr(full): chr(full - 0xFEE0) for full in range(0xFF01, 0xFF5F)} | {"\u3000": " "}
BLANKS = " \t\u3000"
LINE_BREAKS = re.compile(rf"[\r\n][\r\n{BLANKS}]*")
FIRST_CJK = "\u2e80"  # what comes before it is written in words


class DictionaryError(ValueError):
    """A dictionary that can't be used: what is wrong, where, and the cure."""


class Dictionary:
    """Names with their labels.

    >>> dictionary = Dictionary({"拉萨市禁毒办": "AGENCY", "清源": "-"})
    >>> tagger = Tagger.from_pretrained(dictionary=dictionary)
    """

    def __init__(self, names: Mapping[str, str]):
        """Raises `DictionaryError` for an empty name, or one that stands twice with two labels, in other widths."""
        self.names: dict[str, str] = {}
        for name, label in names.items():
            folded = fold(name)[0].strip()
            if not folded:
                raise DictionaryError(f"dictionary: {name!r} ({label}) is no name; leave it out")
            if self.names.setdefault(folded, label) != label:
                raise DictionaryError(f"dictionary: {name!r} is {self.names[folded]} and {label}; keep one of them")
        self._automaton = _build(item for item in self.names.items() if item[1] != NO_ENTITY)

    @classmethod
    def from_file(cls, path: str | Path) -> Dictionary:
        """Read a `.csv`, `.jsonl` or text file. Raises `DictionaryError` with the lines that are wrong."""
        from qingyuan.dictionary_files import read_names

        return cls(read_names(Path(path)))

    @classmethod
    def of(cls, names: Dictionary | Mapping[str, str] | str | Path) -> Dictionary:
        """A dictionary as it is, of a mapping, or from a file."""
        if isinstance(names, Dictionary):
            return names
        return cls(names) if isinstance(names, Mapping) else cls.from_file(names)

    def __len__(self) -> int:
        return len(self.names)

    def __reduce__(self):
        return Dictionary, (self.names,)

    def check_labels(self, taxonomy: Taxonomy) -> None:
        """Raises `DictionaryError` where a label is none of the taxonomy's."""
        for name, label in self.names.items():
            if label != NO_ENTITY and label not in taxonomy.label_names:
                known = f"one of {', '.join(taxonomy.label_names)}, or {NO_ENTITY} for no entity"
                raise DictionaryError(f"dictionary: the model has no label {label!r} (of {name!r}); write {known}")

    def find(self, text: str, taxonomy: Taxonomy = GOVERNMENT_NEWS) -> tuple[Entity, ...]:
        """The names in `text`: of those that overlap the longest, of two as long the first.

        Within a name another one is found where the taxonomy lets it lie there: a PLACE in an AGENCY. What is
        written in words, as Latin names and numbers are, is found as whole words only. The width of letters doesn't
        matter, nor a line break in a name.
        """
        return nest(self._find(text, taxonomy).entities)

    def apply(self, text: str, entities: Iterable[Entity], taxonomy: Taxonomy = GOVERNMENT_NEWS) -> tuple[Entity, ...]:
        """The names in `text`, and those of the model's `entities` that agree with them.

        An entity stays where it touches no name of the dictionary, or lies in or around one as the taxonomy allows.
        An entity whose whole text is a name with the label `-` goes; what is nested in it stays.
        """
        spans = self._find(text, taxonomy)
        for entity in nest(entities):
            if self.names.get(fold(entity.text)[0]) != NO_ENTITY:
                spans.add(entity)
        return nest(spans.entities)

    def _find(self, text: str, taxonomy: Taxonomy) -> _Spans:
        spans = _Spans(taxonomy)
        if not self._automaton:
            return spans
        folded, offsets = fold(text)
        matches = []
        for last, (length, label) in self._automaton.iter(folded):
            start, end = last + 1 - length, last + 1
            if not is_inside_word(folded, start) and not is_inside_word(folded, end):
                matches.append((-length, start, end, label))
        for _, start, end, label in sorted(matches):
            start, end = offsets[start], offsets[end - 1] + 1
            spans.add(Entity(start, end, label, text[start:end]))
        return spans


class _Spans:
    """Spans that don't cross, nested one level deep at most and as the taxonomy allows; the first to come is kept."""

    def __init__(self, taxonomy: Taxonomy):
        self.taxonomy = taxonomy
        self.entities: list[Entity] = []
        self.outer: dict[int, Entity] = {}  # by character
        self.inner: dict[int, Entity] = {}

    def add(self, entity: Entity) -> None:
        """Keep `entity` if it goes with those that are there."""
        places = range(entity.start, entity.end)
        touched = {id(found): found for place in places if (found := self.outer.get(place))}.values()
        if touched:
            if any(place in self.inner for place in places):
                return
            if all(self._holds(entity, other) for other in touched):
                self.inner.update((place, other) for other in touched for place in range(other.start, other.end))
                self.outer.update(dict.fromkeys(places, entity))
            elif all(self._holds(other, entity) for other in touched):
                self.inner.update(dict.fromkeys(places, entity))
            else:
                return
        else:
            self.outer.update(dict.fromkeys(places, entity))
        self.entities.append(entity)

    def _holds(self, outer: Entity, inner: Entity) -> bool:
        around = outer.start <= inner.start and inner.end <= outer.end and len(outer.text) > len(inner.text)
        return around and outer.label in self.taxonomy.nested.get(inner.label, ())


def fold(text: str) -> tuple[str, Sequence[int]]:
    """The text as names are compared, in one width and without single line breaks; and where each character stood."""
    if "\n" not in text and "\r" not in text:
        return _to_one_width(text), range(len(text))
    parts, offsets, done = [], [], 0
    for found in LINE_BREAKS.finditer(text):
        if len(found[0].replace("\r\n", "\n").strip(BLANKS)) > 1:
            continue  # a new paragraph
        parts.append(text[done : found.start()].rstrip(BLANKS))
        offsets.extend(range(done, done + len(parts[-1])))
        done = found.end()
    parts.append(text[done:])
    offsets.extend(range(done, len(text)))
    return _to_one_width("".join(parts)), offsets


def _to_one_width(text: str) -> str:
    for wide in WIDTHS.keys() & set(text):  # ten times as fast as `translate`
        text = text.replace(wide, WIDTHS[wide])
    return text


def is_inside_word(text: str, border: int) -> bool:
    """Whether letters or digits of a script with words stand on both sides."""
    return 0 < border < len(text) and all(c.isalnum() and c < FIRST_CJK for c in text[border - 1 : border + 1])


def _build(names: Iterable[tuple[str, str]]):
    """An automaton (Aho and Corasick, 1975) that finds all names in one pass; none without names."""
    try:
        from ahocorasick import Automaton
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("a dictionary needs pyahocorasick: pip install 'qingyuan[dictionary]'") from error
    automaton = Automaton()
    for name, label in names:
        automaton.add_word(name, (len(name), label))
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton
