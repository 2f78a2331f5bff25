"""Made-up people, dates and other fillings of the templates in `page_habits`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from qingyuan.page.cohesion import bigrams
from qingyuan.page.features import SURNAMES
from qingyuan.training.page_habits import Habits
from qingyuan.training.page_sources import Pool, Source, sentences

_SURNAMES = sorted(SURNAMES)
_COMMON = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文志海燕红梅晓东春雷鹏飞宇浩然子轩梓涵思远佳怡雨欣嘉豪晨曦若彤俊峰立新永"
    "生德福荣光辉天成长青山林森云龙凤珍珠翠莲彩虹月圆圆丹丹琳琳莹雪冰洁雅婷欢乐安宁康健世博学良正义忠诚信礼智仁孝廉耻达通顺利祥瑞"
)
_ELSEWHERE = ("阿依古丽·买买提", "扎西达瓦", "才让卓玛", "巴特尔", "欧阳雪", "司马靖", "乌云其木格", "尼玛次仁", "努尔兰·叶尔江", "诸葛云", "端木青")
_WEEKDAYS = "一二三四五六日"
_NUMERALS = "一二三四五六七八九十"
_CLAUSE = re.compile(r"[\u4e00-\u9fff“”]{4,15}")


def person(random: Random) -> str:
    """A made-up name."""
    if random.random() < 0.04:
        return random.choice(_ELSEWHERE)
    surname = random.choice(_COMMON) if random.random() < 0.7 else random.choice(_SURNAMES)
    return _set_wide(surname + "".join(random.choice(_GIVEN) for _ in range(random.choice((1, 2, 2, 2)))), random)


def _set_wide(name: str, random: Random) -> str:
    """A name of two characters sometimes with space between them, as newspapers do."""
    return name if len(name) != 2 or random.random() < 0.8 else name[0] + random.choice((" ", "　", "  ")) + name[1]


def clauses(source: Source) -> list[str]:
    """Stretches of an article's paragraphs without punctuation that could stand as a subhead."""
    found = []
    for role, piece in source.parts:
        if role == "body":
            found += [match[0] for match in _CLAUSE.finditer(source.read(piece)) if match.start()]
    return found


class Filler:
    """Fills templates; what a page's templates share, such as its newspaper and its date, stays the same on a page."""

    def __init__(self, habits: Habits, pool: Pool, random: Random):
        self._random, self._pool, self._habits = random, pool, habits
        self._space = random.choice((" ", " ", " ", "　", "  "))
        self._year, self._month, self._day = random.randint(1998, 2027), random.randint(1, 12), random.randint(1, 28)
        self._mark = random.choice(habits.marks)
        self._paper = random.choice(habits.papers).format(place=self._place())

    def __call__(self, template: str, **given: str) -> str:
        fills = {
            "name": self._person,
            "other": self._person,
            "third": self._person,
            "place": self._place,
            "paper": lambda: self._paper,
            "sentence": self._sentence,
            "clause": self._clause,
            "year": lambda: self._year,
            "month": lambda: self._month,
            "day": lambda: self._day,
            "hour": lambda: f"{self._random.randint(0, 23):02}",
            "minute": lambda: f"{self._random.randint(0, 59):02}",
            "weekday": lambda: self._random.choice(_WEEKDAYS),
            "n": lambda: self._random.randint(1, 16),
            "title": lambda: self._one_of(self._habits.titles),
            "job": lambda: self._one_of(self._habits.jobs),
            "mark": lambda: self._mark,
            "gap": lambda: self._random.choice(self._habits.gaps),
            "word": lambda: self._one_of(self._habits.words),
            "phone": lambda: self._random.randint(100, 9_999_999),
        }
        wanted = {name: fill() for name, fill in fills.items() if "{" + name + "}" in template}
        return template.replace(" ", self._space).format(**wanted, **given)

    def subhead(self, section: str, length: int) -> str:
        """Of some phrases of other articles one that is like its section and has some `length` characters."""
        some = self._random.sample(self._pool.phrases, min(60, len(self._pool.phrases))) or [self._clause()]

        def fitness(phrase: str) -> int:
            return sum(gram in section for gram in bigrams(phrase)) - abs(len(phrase) - length)

        return max(some, key=fitness)

    def _one_of(self, words: Sequence[str]) -> str:
        """One of the words, or any other: there are more than a list holds."""
        if self._random.random() < 0.65:
            return self._random.choice(words)
        return self._clause()[: self._random.randint(2, 5)]

    def _person(self) -> str:
        """One of the articles' persons, or a made-up one: the characters that names are made of fill no list."""
        if self._pool.persons and self._random.random() < 0.6:
            return _set_wide(self._random.choice(self._pool.persons), self._random)
        return person(self._random)

    def _place(self) -> str:
        places = [e.text for e in self._random.choice(self._pool).entities if e.label == "PLACE" and len(e.text) < 5]
        return self._random.choice(places) if places else "城关"

    def _sentence(self) -> str:
        source = self._random.choice(self._pool)
        bodies = [piece for role, piece in source.parts if role == "body"]
        for _ in range(4):
            text = source.read(self._random.choice(sentences(source, self._random.choice(bodies))))
            if 12 <= len(text) <= 90:
                return text
        return source.read(source.title) + "。"

    def _clause(self) -> str:
        source = self._random.choice(self._pool)
        found = clauses(source)
        return self._random.choice(found) if found else source.read(source.title)


def numbered(number: int) -> dict[str, str]:
    """The numbers `{i}` and `{k}` of a subhead's template."""
    return {"i": _NUMERALS[min(number, 9)], "k": str(number + 1)}
