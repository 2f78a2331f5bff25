"""What the names of an article mean: the division a place lies in, and the full name a short one stands for.

>>> from qingyuan.linking import link
>>> article = link(tagger.predict("拉萨市禁毒办开会,市禁毒办主任说……"))
>>> [(entity.text, entity.place and entity.place.code, entity.refers_to and entity.refers_to.text) for entity in article.entities]
[('拉萨市禁毒办', None, None), ('拉萨市', '540100', None), ('市禁毒办', None, '拉萨市禁毒办')]

`Tagger.from_pretrained(link=True)` does it to every article. Nothing is guessed: where two divisions or two full names
would do, the field stays empty. It goes by the labels PLACE, AGENCY, ORG and LAW.
"""

from __future__ import annotations

import re
from dataclasses import replace

from qingyuan.article import Article, Entity, nest
from qingyuan.dictionary import fold
from qingyuan.places import link_places
from qingyuan.short_names import link_short_names

PLACE = "PLACE"
CLOSING, OPENING = "[》〉”’」』】]{0,2}", "[《〈“‘「『【]{0,2}"
# …学校(以下简称“吉源驾校”)
INTRODUCED = re.compile(
    rf"{CLOSING}[(（][^()（）。]{{0,8}}简称[为作]?[:：]?{OPENING}([^()（）。,，;；“”‘’《》]{{2,20}}){CLOSING}[)）,，;；]"
)


def link(article: Article) -> Article:
    """The article with `place` and `refers_to` of its entities filled, where it tells them.

    Raises `ModuleNotFoundError` where the extra `places` is not installed.
    """
    entities = article.entities
    names = [fold(entity.text)[0] for entity in entities]
    of_places = [number for number, entity in enumerate(entities) if entity.label == PLACE]
    places = dict(zip(of_places, link_places(names[number] for number in of_places)))
    full = link_short_names(entities, names)
    full |= {short: full.get(number, number) for short, number in _introduced(article, names).items()}
    linked = []
    for number, entity in enumerate(entities):
        meant = entities[full[number]] if number in full else None
        if meant and len(meant.text) <= len(entity.text):  # by its line breaks
            meant = None
        linked.append(replace(entity, place=places.get(number), refers_to=meant))
    return replace(article, entities=nest(linked))


def _introduced(article: Article, names: list[str]) -> dict[int, int]:
    """By its number, each name that the article said it would use for another, and the number of that one."""
    full: dict[str, int] = {}
    for number, entity in enumerate(article.entities):
        if found := INTRODUCED.match(article.text, entity.end):
            full.setdefault(fold(found[1])[0], number)
    return {
        number: full[name]
        for number, name in enumerate(names)
        if name in full and full[name] < number and len(names[full[name]]) > len(name)
    }
