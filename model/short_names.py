"""Short names of agencies, organisations and laws, and the full names of the same article that they stand for.

- By its place, or by the level of its place alone, and the same words or fewer: 新津法院 and 区法院 for
  四川省成都市新津区人民法院, 市中院 for 成都市中级人民法院;
- without a place, by how the full name ends: 禁毒大队 for 县公安局禁毒大队;
- a company without its place and kind: 鲁盛置业 for 临沂鲁盛置业有限公司;
- a law without its country or place: 禁毒法 for 中华人民共和国禁毒法.

Two full names that would do leave it open. A short name that tells no place must come after a full one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qingyuan.article import Entity
from qingyuan.dictionary import fold

PLACE, ORG, LAW = "PLACE", "ORG", "LAW"
SHORTENED = ("AGENCY", ORG, LAW)
KIND = "自治[区州县旗]|地区|[省市区县州盟旗镇乡]"
LEVEL, LEVEL_AT_END = re.compile(KIND), re.compile(rf"(?:{KIND})$")
PART_OF_PLACE = re.compile(rf"(.{{2,}}?)(?:{KIND})")
COMPANY = re.compile(r"(?:股份|责任|控股|有限|总)*公司$")
LAW_OF = re.compile(r"中华人民共和国|.{2,12}?[省市区县州]")
SHORTEST_LAW, SHORTEST_START = 3, 4  # 禁毒法, but not 条例; 方正宽带, but not 国网
PARTY = ("", "中共", "中国共产党")
HEADS = "局厅院"  # left out in headlines
PLAIN = {"委员会": "委", "办公室": "办", "人民": ""}  # 人民法院 is 法院
CROWD = 64  # of so many full names that might be meant, none is


class View(NamedTuple):
    """A way to look at a name: its place, the level of its place, or neither; and the words behind."""

    place: str
    words: str


Key = tuple[str, str, str]  # label, place, and of the words all, the last letter, or none
Index = dict[Key, list[tuple[int, str]]]  # numbers of names, and their words


def link_short_names(entities: Sequence[Entity], names: Sequence[str]) -> dict[int, int]:
    """By its number, each short name, and the number of the full one's first mention; `names` are the folded texts.

    Takes time in proportion to the number of names.
    """
    first: dict[tuple[str, str], int] = {}
    for number, (entity, name) in enumerate(zip(entities, names)):
        if entity.label in SHORTENED:
            first.setdefault((entity.label, name), number)
    places = _places_within(entities, names)
    index: Index = {}
    for (label, name), number in first.items():
        inside = places.get(number, [])
        for view in filter(_has_words, _views_of_full(label, name, inside)):
            index.setdefault(_key_of_end(label, view), []).append((number, view.words))
            if label == ORG:
                for words in _shortened(view.words, has_branch=any(at for at, _ in inside)):
                    index.setdefault((label, view.place, words), []).append((number, words))
    full: dict[int, int] = {}
    earliest: dict[int, int] = {}
    for (label, name), number in sorted(first.items(), key=lambda item: -len(item[0][1])):
        for view in filter(_has_words, _views_of_short(label, name, places.get(number, []))):
            if found := _candidates(label, name, view, index, names):
                if len(meant := {full.get(other, other) for other in found}) == 1:
                    full[number] = meant.pop()
                    earliest[number] = 0 if label == LAW or _knows_place(view) else min(found)
                break
    links = {}
    for number, (entity, name) in enumerate(zip(entities, names)):
        mentioned = first.get((entity.label, name))
        if mentioned in full and number >= earliest[mentioned]:
            links[number] = full[mentioned]
    return links


def _candidates(label: str, name: str, view: View, index: Index, names: Sequence[str]) -> set[int]:
    """The full names that `view` of `name` may stand for."""
    crowds = [index.get(key, ()) for key in ((label, *view), _key_of_end(label, view))]
    if sum(map(len, crowds)) > CROWD:
        return set()
    return {
        number
        for crowd in crowds
        for number, words in crowd
        if len(names[number]) > len(name) and _fits(label, view, words)
    }


def _places_within(entities: Sequence[Entity], names: Sequence[str]) -> dict[int, list[tuple[int, str]]]:
    """By the number of an entity the places nested in it, and where in its folded text they begin."""
    numbers = {entity.span: number for number, entity in enumerate(entities)}
    within: dict[int, list[tuple[int, str]]] = {}
    for entity, name in zip(entities, names):
        if entity.parent and entity.label == PLACE:
            before = entity.parent.text[: entity.start - entity.parent.start]
            within.setdefault(numbers[entity.parent.span], []).append((len(fold(before)[0]), name))
    return within


def _views_of_full(label: str, name: str, places: list[tuple[int, str]]) -> Iterator[View]:
    if label == LAW:
        if (country := LAW_OF.match(name)) and len(name) - country.end() >= SHORTEST_LAW:
            yield View("", name[country.end() :])
        return
    if name.endswith(("委", "委员会")) and any(name[:at] not in PARTY for at, _ in places):
        return  # 共青团拉萨市委 is not 市委
    bare = name[len(places[0][1]) :] if places and places[0][0] == 0 else name
    for words in {_plain(name), _plain(bare)}:
        yield View("", words)
    for at, place in places:
        words = _plain(name[at + len(place) :])
        parts = _parts(place)
        for size in range(1, len(parts) + 1):
            yield View("".join(parts[-size:]), words)
        if level := LEVEL_AT_END.search(place):
            for written in {level[0], level[0][-1]}:  # 自治区 and 区
                yield View(written, words)


def _views_of_short(label: str, name: str, places: list[tuple[int, str]]) -> Iterator[View]:
    """The first that finds anything counts."""
    if label == LAW:
        yield View("", name)
    elif places and places[0][0] == 0:
        yield View("".join(_parts(places[0][1])), _plain(name[len(places[0][1]) :]))
    else:
        if level := LEVEL.match(name):
            yield View(level[0], _plain(name[level.end() :]))
        yield View("", _plain(name))


def _shortened(words: str, has_branch: bool) -> Iterator[str]:
    """What an organisation may be called for short: 恒木家居, 拓基公司, 吉源驾校. With a place in it, it is a branch."""
    bare = COMPANY.sub("", words)
    is_company = bare != words
    if is_company:
        yield bare
    if has_branch:
        return
    for end in range(2, len(bare)):
        start = bare[:end]
        if is_company:
            yield start + "公司"
        is_whole = start.endswith("集团") or "分" in bare[end:]  # and the rest a part of it
        if end >= SHORTEST_START and not is_whole and (is_company or start[-1] == bare[-1]):
            yield start


def _key_of_end(label: str, view: View) -> Key:
    """Under what a full name is kept, and a short one looked up: a known place, or the last letter."""
    if label == LAW:
        return label, "", view.words
    return label, view.place, "" if _knows_place(view) else view.words[-1]


def _fits(label: str, view: View, full: str) -> bool:
    """Whether the words of a short name may stand for those of a full one."""
    short = view.words
    if short == full:
        return True
    if label == ORG and COMPANY.fullmatch(short):
        return False
    if not view.place and full.endswith(short):
        return True
    if label != ORG and _knows_place(view) and full[-1] in HEADS and short[-1] not in HEADS:
        if short == full[:-1]:
            return True  # 承德税务 is 承德市税务局
        short += full[-1]  # 承德城管 is 承德市城市管理局
    if _in_order(short, full[:-1]) or ("第" in full) != ("第" in short):
        return False  # 承德市法院 is not 承德市法院执行局
    return len(short) > 1 and short[0] == full[0] and short[-1] == full[-1] and _in_order(short, full)


def _has_words(view: View) -> bool:
    return bool(view.words)


def _in_order(short: str, full: str) -> bool:
    rest = iter(full)
    return all(letter in rest for letter in short)


def _knows_place(view: View) -> bool:
    return bool(view.place) and not LEVEL.fullmatch(view.place)


def _parts(place: str) -> list[str]:
    """成都 and 新津 of 成都市新津区."""
    parts, rest = PART_OF_PLACE.findall(place), PART_OF_PLACE.sub("", place)
    return [*parts, rest] if rest else parts


def _plain(words: str) -> str:
    for long, short in PLAIN.items():
        words = words.replace(long, short)
    return words
