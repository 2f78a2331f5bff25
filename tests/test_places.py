"""Place names to administrative divisions: chains, short names, and what the article has to settle."""

from __future__ import annotations

import pytest

from qingyuan.places import divisions, link_places

PARENT = {"province": 0, "city": 1, "county": 2}


def path(*names):
    """The division of the last of the names of an article."""
    place = link_places(names)[-1]
    return place and "/".join(place.path)


def test_the_list_is_whole():
    places = {place.code: place for place in divisions()}
    assert len(places) == len(divisions()) > 3000
    for place in places.values():
        assert len(place.path) <= PARENT[place.level] + 1
        assert place.path[0] == places[place.code[:2] + "0000"].name
    assert places["540102"].path == ("西藏自治区", "拉萨市", "城关区") and places["540102"].level == "county"


@pytest.mark.parametrize(
    "name, expected",
    [
        ("西藏自治区", "西藏自治区"),
        ("西藏", "西藏自治区"),
        ("内蒙古", "内蒙古自治区"),
        ("拉萨", "西藏自治区/拉萨市"),
        ("拉萨市城关区", "西藏自治区/拉萨市/城关区"),
        ("拉萨市城关区仙足岛措吉岭文化广场", "西藏自治区/拉萨市/城关区"),
        ("江苏省宜兴市", "江苏省/无锡市/宜兴市"),
        ("成都新津", "四川省/成都市/新津区"),
        ("湖南衡阳", "湖南省/衡阳市"),
        ("延边", "吉林省/延边朝鲜族自治州"),
        ("延边州安图县", "吉林省/延边朝鲜族自治州/安图县"),
        ("北京市朝阳区", "北京市/朝阳区"),
        ("济源市", "河南省/济源市"),
        ("和县", "安徽省/马鞍山市/和县"),
        ("吉林", "吉林省"),
        ("海南", "海南省"),
        ("吉林市", "吉林省/吉林市"),
        ("承德", "河北省/承德市"),
        ("苏州工业园区", "江苏省/苏州市"),
        ("云南省玉溪市澄江县", "云南省/玉溪市/澄江市"),  # a city since 2019
        ("四川宜宾县", "四川省"),  # a district of another name since 2018
    ],
)
def test_a_name_that_tells_all(name, expected):
    assert path(name) == expected


@pytest.mark.parametrize(
    "name",
    ["朝阳区", "鼓楼区", "城关", "城区", "太湖", "九龙", "大同镇", "中山公园", "北京路", "长安街", "加拿大", "仙足岛", "州", "", "😀", "市"],
)
def test_a_name_that_leaves_it_open(name):
    assert path(name) is None


@pytest.mark.parametrize(
    "names, expected",
    [
        (["北京", "朝阳区"], "北京市/朝阳区"),
        (["长春市", "朝阳区"], "吉林省/长春市/朝阳区"),
        (["长春", "北京", "长春", "朝阳区"], "吉林省/长春市/朝阳区"),  # the one named last
        (["福建省", "鼓楼区"], "福建省/福州市/鼓楼区"),
        (["江苏省", "鼓楼区"], None),  # 南京 and 徐州 have one
        (["江苏省", "徐州市", "鼓楼区"], "江苏省/徐州市/鼓楼区"),
        (["南京", "浦口"], "江苏省/南京市/浦口区"),
        (["合肥", "太湖"], None),  # the lake, not 太湖县 of another city
        (["安庆市", "太湖"], "安徽省/安庆市/太湖县"),
        (["河南省永城市", "东城区"], None),  # not the one of 北京
        (["东城区"], "北京市/东城区"),
        (["西安"], "陕西省/西安市"),
        (["辽源市", "西安区"], "吉林省/辽源市/西安区"),
    ],
)
def test_the_article_settles_it(names, expected):
    assert path(*names) == expected


def test_what_settles_it_may_come_later():
    assert [place and place.code for place in link_places(["朝阳区", "长春市"])] == ["220104", "220100"]
