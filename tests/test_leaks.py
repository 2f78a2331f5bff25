"""The evaluation page stays out of training."""

from __future__ import annotations

import pytest

from qingyuan.eval.page import page_articles
from qingyuan.training.leaks import LeakError, find_leaks, refuse_leaks, without_leaks
from qingyuan.training.overlap import runs_of, shared_run
from qingyuan.training.sources import LIKE, read_records, shipped_records

LEARNED = ("written/train", "written/more", "written/names", "written/forms", "web/train", "web/more")


def test_a_run_of_the_page_is_found_and_a_shorter_one_is_not():
    text = page_articles()[1][0].text
    start = text.index("是一场没有硝烟的持久战")
    run = text[start - 4 : start + 8]
    assert [leak.kind for leak in find_leaks({"mine": f"他说,{run}。"})] == ["run"]
    assert find_leaks({"mine": run[:11]}) == []


def test_titles_of_laws_and_names_of_agencies_may_be_shared():
    assert find_leaks({"mine": "依照《中华人民共和国禁毒法》,最高人民法院第三巡回法庭"}) == []


def test_a_rare_name_is_found():
    assert [(leak.kind, leak.shared) for leak in find_leaks({"mine": "记者陈子琪报道"})] == [("name", "陈子琪")]


def test_leaks_are_refused_with_their_place():
    with pytest.raises(LeakError, match="own.jsonl:7.*陈子琪"):
        refuse_leaks({"own.jsonl:6": "无关", "own.jsonl:7": "记者陈子琪报道"})
    assert without_leaks({"a": "无关", "b": "记者陈子琪报道"}) == {"a": "无关"}


def test_what_is_shipped_for_training_does_not_leak():
    records = read_records(LEARNED)
    assert len(records) == 685 + 481 + 304 + 150 + 1135 + 1530
    refuse_leaks({record.where: record.article.text for record in records})


def test_what_is_learned_shares_no_run_with_what_is_held_out():
    runs = runs_of([each["text"] for source in ("written/dev", "web/dev") for each in shipped_records(source)], LIKE)
    learned = (each for source in LEARNED for each in shipped_records(source))
    assert not [each["id"] for each in learned if shared_run(each["text"], runs, LIKE)]
