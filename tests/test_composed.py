"""Composed pages: read with their roles, set in styles, and scored."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.eval.gold_pages import COMPOSED_FILE, composed_pages, load_gold_pages
from qingyuan.eval.page import PAGE
from qingyuan.eval.pages import build_page_report, evaluate_pages
from qingyuan.page.lines import read_lines
from qingyuan.page.roles import BODY_JOINED, HEADLINE, WEIGHTS, forbidden_starts, forbidden_steps
from qingyuan.training.composed import read_composed, typeset
from qingyuan.training.leaks import refuse_leaks
from qingyuan.training.overlap import runs_of, shared_run
from qingyuan.training.page_style import choose_style

TEXT = """\
\ufeff= 一

O\t2024年3月5日 A06
B\t接上版的一段，到此为止。

H\t凌晨三点的求助电话
h\t民警两小时找回走失老人
Y\t本报记者 李晓明
B\t本报讯 昨日凌晨，一位老人走失，民警
C\t民警在路口寻找。
+\t在两小时后找到了他。
S\t家人致谢
B\t家人送来锦旗。
= 二
H\t只有一篇
B\t正文在此，很短。
"""
RUN = 60  # characters; sentences of statutes are shared
CLEAN = {"stray_breaks": 0, "trailing": 0, "lost_ends": 0, "stray_spaces": 0, "lost_characters": 0}
CLEAN |= {"marks": "as they are", "straight_quotes": False, "newline": "\n", "ragged": 0, "hangs": False}
DEV = read_composed("composed/dev")


@pytest.fixture
def pages(tmp_path):
    (tmp_path / "mine.txt").write_text(TEXT, encoding="utf-8")
    return read_composed(tmp_path / "mine.txt")


def style(**options):
    return replace(choose_style(Random(0)), **CLEAN | {"column": 0, "headline_column": 0} | options)


def test_pages_keep_their_roles_articles_and_empty_lines(pages):
    assert [page.name for page in pages] == ["mine.txt: 一", "mine.txt: 二"]
    assert [row.article for row in pages[0].rows] == [-1, 0, 1, 1, 1, 1, -1, 1, 1, 1]
    assert [row.blanks for row in pages[0].rows[:4]] == [1, 0, 1, 0]
    settings_of_blanks = set()
    for seed in range(20):
        page = pages[0].set_in(style(blanks="none"), Random(seed))
        lines = read_lines(page.text)
        assert [line.text for line in lines] == [row.text for row in pages[0].rows]
        assert page.states == [row.state for row in pages[0].rows]
        assert page.articles == [(lines[1].start, lines[1].end), (lines[2].start, lines[-1].end)]
        settings_of_blanks.add(tuple(line.blanks for line in lines)[1:])
    assert settings_of_blanks == {(0, 1, 0, 0, 0, 0, 0, 0, 0), (0,) * 9}  # as written, and as the style has it


def test_what_follows_from_another_page_has_articles_of_its_own(pages):
    both = pages[0].and_then(pages[1])
    assert [row.article for row in both.rows[-3:]] == [1, 2, 2]
    assert len(both.set_in(style(), Random(0)).articles) == 3
    found = {len(page.articles) for page in typeset(pages, 40, 0)}
    assert max(found) == 3 and len({len(page.articles) for page in typeset(pages, 40, 0, whole=True)}) == 2


def test_wrapped_paragraphs_have_their_empty_lines_before_them_alone(pages):
    page = pages[0].set_in(style(column=8.0, indent="", blanks="lines"), next(r for r in map(Random, range(9)) if _as_written(r)))
    lines = read_lines(page.text)
    assert len(lines) > len(pages[0].rows) and page.states.count(BODY_JOINED) > 1
    assert {number for number, line in enumerate(lines) if line.blanks} == {page.states.index(HEADLINE)}
    assert "".join(line.text for line in lines) == "".join(row.text for row in pages[0].rows)


def _as_written(random: Random) -> bool:
    """Whether its first draw keeps the empty lines; the draw is given back."""
    state = random.getstate()
    is_so = random.random() < 0.5
    random.setstate(state)
    return is_so


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_a_part_of_a_page_is_a_run_of_whole_articles(seed):
    page = Random(seed).choice(DEV)
    part = page.some_of_it(Random(seed))
    texts, whole = [row.text for row in part.rows], [row.text for row in page.rows]
    starts = [at for at in range(len(whole)) if whole[at : at + len(texts)] == texts]
    assert starts
    sizes, all_sizes = (Counter(row.article for row in each.rows if row.article >= 0) for each in (part, page))
    first = page.rows[starts[0]].article
    assert sizes == {number - first: all_sizes[number] for number in range(first, first + len(sizes))}


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_a_set_page_knows_the_state_of_each_line_and_allows_its_path(seed):
    (page,) = typeset([Random(seed).choice(DEV)], 1, seed)
    assert len(read_lines(page.text)) == len(page.states)
    steps = forbidden_steps()
    assert forbidden_starts()[page.states[0]] == 0
    assert all(steps[before, state] == 0 for before, state in zip(page.states, page.states[1:]))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("= 一\nH\t标题\nX\t文\n", ":3: .*no line of a page"),
        ("= 一\nH\t标题\nB 没有制表符\n", ":3: .*a tab and the text"),
        ("= 一\nB\t \n", ":2: "),
        ("H\t标题\n", ":1: .*before a page"),
        ("= 一\nH\t标题\n\nB\t文\nh\t副题\n", ":5: .*H or h"),
        ("= 一\n+\t文\n", ":2: .*goes on with"),
        ("= 一\nH\t标题\n= 一\nB\t文\n", ":3: a second page"),
        ("= 一\n= 二\nB\t文\n", "一: no page stands here"),
        ("\n", "bad.txt: no page stands here"),
    ],
)
def test_what_is_no_page_is_named_with_the_cure(tmp_path, text, wrong):
    (tmp_path / "bad.txt").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=wrong):
        read_composed(tmp_path / "bad.txt")


def test_pages_that_are_scored_are_not_learned():
    learned, scored = read_composed("composed/train"), read_composed(PAGE / COMPOSED_FILE)
    assert (len(learned), len(DEV), len(scored)) == (431, 32, 32)
    runs = runs_of((page.text for page in scored), RUN)
    assert not [page.name for page in (*learned, *DEV) if shared_run(page.text, runs, RUN)]
    refuse_leaks({page.name: page.text for page in (*learned, *DEV, *scored)})


def test_scores_are_of_borders_and_roles_alone(tmp_path):
    (tmp_path / "mine.txt").write_text(TEXT, encoding="utf-8")
    assert len(load_gold_pages(str(tmp_path / "mine.txt"))) == 6  # each in three styles
    assert evaluate_pages(data=str(tmp_path / "mine.txt"), roles=WEIGHTS).articles.gold == 9
    with pytest.raises(ValueError, match="composed"):
        load_gold_pages("nothing")
    gold = list(composed_pages(times=1))
    pages = [page.page for page in gold]
    report = build_page_report(gold, pages, pages, model="m", data="composed")
    assert report.articles.f1 == report.parts["byline"].f1 == 1 and report.articles.gold > 150
    assert report.spans is report.topics is report.to_dict()["spans"] is None
