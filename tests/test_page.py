"""Pages split into articles: nothing is lost, nothing is moved, and broken names are found whole."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from qingyuan.article import Article, Entity
from qingyuan.cli import app
from qingyuan.inputs import Input
from qingyuan.page import Page, RoleModel, split_page, tag_articles
from qingyuan.page.assemble import assemble
from qingyuan.page.lines import read_lines
from qingyuan.page.roles import (
    BODY,
    BODY_JOINED,
    BYLINE,
    CAPTION,
    HEADLINE,
    HEADLINE_NEXT,
    OTHER,
    STATES,
    SUBHEAD,
    WEIGHTS,
)

FIRST = (
    "河口法庭搬进果园 三户果农握手言和",
    "本报讯(记者 周立新)5月9日上午,河口县人民法院果园巡回法庭开庭,审理一起拖了两年的灌溉用水纠纷。三户果农坐在苹果树下,听法官把账一笔一笔算清。",
    "“水从谁家地头过,钱就该怎么分。”法官孙兰说。经过三个小时的调解,当事人当场签下协议,约定由村委会统一管水、按亩收费,此前垫付的水泵钱一个月内还清。",
    "据了解,该院今年已开展巡回审判46场,就地化解纠纷39件。",
)
SECOND = (
    "东岭税务上门辅导个体户",
    "东岭县税务局近日组织业务骨干走进商业街,为个体工商户讲解增值税优惠政策,现场帮助二十余户经营者完成申报,"
    "解答发票开具、登记变更等问题六十多个。",
    "下一步,该局将把上门辅导固定下来,每月安排一次,让经营者少跑路、早受益。",
    "(林小芳)",
)
STRANGE = "中法院。,“”（）、:1a ·\n\r\t\u3000\u2028\x0c\x0b\x85\x00\ud800\u200d\u202e🏛️\ufeff"
hostile = st.text(st.sampled_from(STRANGE), max_size=80)


def wrap(text: str, columns: int) -> str:
    return "\n".join(text[start : start + columns] for start in range(0, len(text), columns))


def titles(page: Page) -> list[str | None]:
    return [article.title and article.title.text for article in page]


class Names:
    """A tagger that finds given names and nothing else."""

    def __init__(self, *names: str):
        self.names = names

    def stream(self, texts, batch_size=32, threshold=None):
        for text in texts:
            found = [(text.index(name), name) for name in self.names if name in text]
            yield Article(text, (), tuple(Entity(at, at + len(name), "AGENCY", name) for at, name in found))


def check_places(page: Page) -> None:
    """Every character that isn't white space stands in one article's text or in one piece of furniture."""
    owners = np.zeros(len(page.text), dtype=int)
    for article in page:
        assert (np.diff(article.offsets) > 0).all()
        for offset, character in zip(article.offsets, article.text, strict=True):
            given = page.text[offset]
            assert character == given or character in "\n " and given.isspace()
            owners[offset] += not given.isspace()
        assert article.start == article.offsets[0] and article.end == article.offsets[-1] + 1
        assert "\n".join(part.text for part in article.parts).split() == article.text.split()
    for part in page.furniture:
        owners[part.start : part.end] += [not c.isspace() for c in page.text[part.start : part.end]]
    assert owners.tolist() == [int(not c.isspace()) for c in page.text]


@given(hostile, st.data())
def test_every_character_has_one_place_whatever_the_roles(text, data):
    lines = read_lines(text)
    states = data.draw(st.lists(st.sampled_from(STATES), min_size=len(lines), max_size=len(lines)))
    check_places(assemble(text, lines, states))


@settings(max_examples=60, deadline=None)
@given(hostile)
def test_any_text_is_a_page(text):
    page = split_page(text)
    check_places(page)
    assert json.loads(json.dumps(page.to_dict()))["articles"] == page.to_dict()["articles"]


@pytest.mark.parametrize("text", ["", " \n\u3000\r\n\t"])
def test_a_page_of_white_space_has_no_articles(text):
    assert split_page(text) == [] and split_page(text).furniture == ()


def test_other_things_than_text_are_refused():
    with pytest.raises(TypeError, match="not bytes"):
        split_page("页".encode())


@pytest.mark.parametrize("separator", ["\n", "\n\n"])
@pytest.mark.parametrize("article", [FIRST, SECOND])
def test_a_page_of_one_article_passes_unharmed(article, separator):
    text = separator.join(article)
    (only,) = split_page(text)
    assert only.text == text and (only.start, only.end) == (0, len(text))
    assert only.title.text == article[0]


@pytest.mark.parametrize("columns", [None, 13, 22])
@pytest.mark.parametrize("indent", ["", "\t", "\u3000\u3000", "    "])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\n\n"])
def test_two_articles_are_told_apart_in_any_layout(columns, indent, newline):
    def lay(paragraph: str) -> str:
        return indent + (wrap(paragraph, columns) if columns else paragraph)

    rows = [row for article in (FIRST, SECOND) for row in (article[0], *map(lay, article[1:]))]
    page = split_page(newline.join("\n".join(rows).split("\n")))
    assert titles(page) == [FIRST[0], SECOND[0]]
    assert [part.text for article in page for part in article.body] == [*FIRST[1:], *SECOND[1:3]]
    assert [part.text for part in page[1].byline] == [SECOND[3]]


def test_a_name_cut_by_a_break_is_found_whole_and_runs_across_it():
    text = "税务下乡\n东岭县税务\n  局近日下乡。"
    page = assemble(text, read_lines(text), [HEADLINE, BODY, BODY_JOINED])
    (tagged,) = next(tag_articles(Names("东岭县税务局"), [page]))
    (entity,) = tagged.entities
    assert entity.text == "东岭县税务局"
    assert text[entity.start : entity.end] == "东岭县税务\n  局"
    assert tagged.to_dict()["entities"][0]["start"] == entity.start


def test_furniture_that_cuts_a_sentence_is_kept_apart():
    text = "税务下乡\n东岭县税务\n第3版\n局近日下乡。"
    page = assemble(text, read_lines(text), [HEADLINE, BODY, OTHER, BODY_JOINED])
    assert page[0].text == "税务下乡\n东岭县税务局近日下乡。"
    assert page.to_dict()["furniture"] == [{"role": "other", "start": 11, "end": 14, "text": "第3版"}]
    check_places(page)


def test_two_latin_words_stay_two_and_a_number_stays_one():
    text = "讲座\n现场发放 Legal\nAid 手册2\n50册。"
    page = assemble(text, read_lines(text), [HEADLINE, BODY, BODY_JOINED, BODY_JOINED])
    assert page[0].body[0].text == "现场发放 Legal Aid 手册250册。"


def test_parts_go_by_their_roles():
    lines = ["上题", "正题", "本报记者 王明", "一段。", "小标题", "二段。", "图为现场", "王明", "下一篇", "三段。"]
    states = [HEADLINE, HEADLINE_NEXT, BYLINE, BODY, SUBHEAD, BODY, CAPTION, BYLINE, HEADLINE, BODY]
    text = "\n".join(lines)
    first, second = page = assemble(text, read_lines(text), states)
    assert first.title.text == text[first.title.start : first.title.end] == "上题\n正题"
    assert [part.text for part in first.byline] == ["本报记者 王明", "王明"]
    assert [part.text for part in first.subheads] == ["小标题"]
    assert [part.text for part in first.body] == ["一段。", "二段。"]
    assert text[first.start : first.end].endswith("王明") and second.title.text == "下一篇"
    assert [(part.role, part.text) for part in page.furniture] == [("caption", "图为现场")]


def test_a_page_may_begin_in_the_middle_of_an_article():
    text = "前文的末句。\n\n新的一篇\n正文。"
    untitled, titled = assemble(text, read_lines(text), [BODY, BODY, HEADLINE, BODY][1:])
    assert untitled.title is None and untitled.to_dict()["title"] is None
    assert titled.start == text.index("新")


def test_the_tagger_gives_places_in_the_page(tagger):
    text = "\r\n".join((*FIRST, *SECOND))
    page = tagger.predict_page(text)
    entities = [entity for article in page for entity in article.entities]
    assert len(entities) > 20
    for entity in entities:
        assert "".join(text[entity.start : entity.end].split()) == "".join(entity.text.split())
    assert all(article.topic.label == article.topics[0].label for article in page)


def test_work_grows_with_the_page_and_no_faster():
    def calls(copies: int) -> int:
        count = 0

        def step(frame, event, argument):
            nonlocal count
            count += event in ("call", "c_call")

        text = "\n".join(wrap(row, 14) for row in (*FIRST, *SECOND)) + "\n"
        sys.setprofile(step)
        try:
            split_page(text * copies)
        finally:
            sys.setprofile(None)
        return count

    split_page("暖身")
    small, large = calls(10), calls(40)
    assert large < 4.2 * small


def test_splitting_needs_neither_torch_nor_sklearn():
    code = "import sys, qingyuan; qingyuan.split_page('标题\\n正文。'); print({'torch', 'sklearn'} & {*sys.modules})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def test_the_command_writes_a_line_a_page(tagger, tmp_path):
    model, path = tmp_path / "model", tmp_path / "page.txt"
    tagger.save_pretrained(model)
    path.write_text("\n".join((*FIRST, *SECOND)), encoding="utf-8")
    arguments = ["predict", str(path), "--page", "--model", str(model)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (page,) = map(json.loads, result.stdout.splitlines())
    assert [article["title"]["text"] for article in page["articles"]] == [FIRST[0], SECOND[0]]
    assert all(article["topic"] for article in page["articles"]) and page["furniture"] == []
    table = CliRunner().invoke(app, [*arguments, "--format", "table"])
    assert SECOND[0] in table.output.split("╭")[2].split("\n")[0]


def test_pages_are_split_by_the_classifier_that_is_named(tagger, tmp_path):
    model, path, roles = tmp_path / "model", tmp_path / "page.txt", tmp_path / "roles.npz"
    tagger.save_pretrained(model)
    path.write_text("\n".join((*FIRST, *SECOND)), encoding="utf-8")
    weights = dict(np.load(WEIGHTS))
    weights["out_bias"][HEADLINE] = -1000  # it sees no headlines
    np.savez(roles, **weights)
    arguments = ["predict", str(path), "--model", str(model), "--roles"]
    result = CliRunner().invoke(app, [*arguments, str(roles), "--page"])
    (article,) = json.loads(result.stdout)["articles"]
    assert article["title"] is None
    assert titles(tagger.predict_page(path.read_text(encoding="utf-8"), roles=RoleModel.load(roles))) == [None]
    assert CliRunner().invoke(app, [*arguments, str(roles)]).exit_code == 2
    np.savez(roles, mean=weights["mean"])
    result = CliRunner().invoke(app, [*arguments, str(roles), "--page"])
    assert result.exit_code == 2 and "roles.npz" in result.stderr and "train-page" in result.stderr


def test_pages_that_fail_half_way_leave_what_was_before_and_the_error(tagger):
    def pages():
        yield split_page("\n".join(FIRST))
        raise RuntimeError("the disk is gone")

    tagged = tag_articles(tagger, pages())
    assert next(tagged)[0].article.text
    with pytest.raises(RuntimeError, match="the disk is gone"):
        next(tagged)


@pytest.mark.parametrize("options", [[], ["--page"]])
def test_a_command_whose_inputs_fail_does_not_end_as_if_all_were_well(tagger, tmp_path, monkeypatch, options):
    def inputs(*_):
        yield Input("one", "\n".join(FIRST))
        raise RuntimeError("the disk is gone")

    tagger.save_pretrained(tmp_path / "model")
    monkeypatch.setattr(sys.modules["qingyuan.cli.predict"], "read_inputs", inputs)
    done = CliRunner().invoke(app, ["predict", *options, "--model", str(tmp_path / "model"), "x.jsonl"])
    assert done.exit_code == 1 and str(done.exception) == "the disk is gone"
    assert len(done.stdout.splitlines()) == 1
