"""The line classifier, its synthetic pages, and the report on pages."""

from __future__ import annotations

import re
from dataclasses import asdict
from itertools import product
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qingyuan.article import Article
from qingyuan.eval.gold_pages import held_out_pages, newspaper_page
from qingyuan.eval.page_habits import HELD_OUT
from qingyuan.eval.pages import build_page_report
from qingyuan.page import RoleModel, split_page
from qingyuan.page.features import Vocabulary, common_rows, dense_features, edge_rows
from qingyuan.page.lines import read_lines
from qingyuan.page.roles import ROLE_OF, STATES, best_path, forbidden_starts, forbidden_steps
from qingyuan.training.leaks import refuse_leaks
from qingyuan.training.page_habits import TRAINING
from qingyuan.training.page_sources import read_sources, take_apart
from qingyuan.training.pages import make_page
from qingyuan.training.roles import PageConfig, RoleNetwork, train_roles


@pytest.fixture(scope="module")
def sources():
    return read_sources(["written/dev"])


@given(arrays(np.float32, (3, len(STATES)), elements=st.floats(-3, 3, width=32)), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_the_path_is_the_best_of_all(scores, seed):
    random = np.random.default_rng(seed)
    start = random.normal(size=len(STATES)) + forbidden_starts()
    steps = random.normal(size=(len(STATES), len(STATES))) + forbidden_steps()

    def total(path) -> float:
        moves = sum(steps[before, state] for before, state in zip(path, path[1:]))
        return start[path[0]] + sum(scores[line, state] for line, state in enumerate(path)) + moves

    assert total(best_path(scores, start, steps)) == pytest.approx(max(map(total, product(STATES, repeat=3))), abs=1e-4)


def test_numpy_runs_the_network_that_torch_trains(sources):
    torch.manual_seed(0)
    lines = read_lines(make_page(sources, TRAINING, Random(3)).text)
    vocabulary = Vocabulary(["^“", "。$", "|。本"], ["我们"])
    dense = dense_features(lines, vocabulary)
    config = PageConfig(output="x", train=[], layers=3)
    network = RoleNetwork(config, dense.mean(0), np.ones(dense.shape[1], np.float32), 3, 1).eval()
    edges, words = (torch.from_numpy(rows(lines, vocabulary))[None] for rows in (edge_rows, common_rows))
    with torch.inference_mode():
        inside = torch.ones(1, len(lines), dtype=torch.bool)
        expected = network.scores(torch.from_numpy(dense)[None], edges, words, inside)[0]
    scores = RoleModel(network.weights(vocabulary)).scores(lines)
    np.testing.assert_allclose(scores, expected, atol=0.05)


def test_a_training_writes_weights_that_split_pages(tmp_path):
    output, sizes = tmp_path / "new" / "roles.npz", {"pages": 40, "dev_pages": 5, "epochs": 5, "batch_size": 3, "longest": 60}
    config = PageConfig(output=output, train=["written/dev"], edge_pages=0.2, **sizes)
    first = train_roles(config)
    assert first["accuracy"] > 0.8  # most lines are of the two commonest roles
    weights = config.output.read_bytes()
    assert len(split_page("标题在此\n正文在此。", RoleModel.load(config.output)).text) == 10
    assert train_roles(config) == first and config.output.read_bytes() == weights


@pytest.mark.parametrize("seed", range(12))
def test_synthetic_pages_know_their_lines_and_names(sources, seed):
    page = make_page(sources, TRAINING, Random(seed))
    assert page == make_page(sources, TRAINING, Random(seed))
    lines = read_lines(page.text)
    assert len(lines) == len(page.states)
    edges = {line.start for line in lines}, {line.end for line in lines}
    for (start, end), source, places in zip(page.articles, page.sources, page.places, strict=True):
        assert start in edges[0] and end in edges[1]
        changed = sum(page.text[there] != source.text[offset] for offset, there in places.items())
        assert all(start <= there < end for there in places.values()) and changed < 0.2 * len(places)


def test_articles_are_taken_apart_and_broken_sentences_mended():
    text = "标题一行\n——副题一行\n第一段的第一句写得很长很长很长很长很长,在这里断\n\n开了。\n小标题四字\n第二段也写得足够长,不会被当作别的东西。\n王明"
    source = take_apart("x", Article(text))
    assert source.read(source.title) == "标题一行" and [source.read(piece) for piece in source.deck] == ["——副题一行"]
    assert [(role, source.read(piece)) for role, piece in source.parts] == [
        ("body", "第一段的第一句写得很长很长很长很长很长,在这里断开了。"),
        ("subhead", "小标题四字"),
        ("body", "第二段也写得足够长,不会被当作别的东西。"),
    ]
    assert take_apart("x", Article("只有一行。")) is None


def test_held_out_habits_are_new_and_none_is_of_the_newspaper_page():
    for name, templates in asdict(TRAINING).items():
        words = {each for each in templates if re.sub(r"\{\w+\}|\s", "", each)}
        assert words.isdisjoint(asdict(HELD_OUT)[name]), name
        refuse_leaks({name: " ".join((*templates, *asdict(HELD_OUT)[name]))})


def test_the_report_is_perfect_on_gold_and_tells_a_moved_border(sources):
    gold = list(held_out_pages(sources, count=4))
    pages = [page.page for page in gold]
    report = build_page_report(gold, pages, pages, model="m", data="d")
    assert report.articles.f1 == report.starts.f1 == report.parts["headline"].f1 == 1
    assert report.spans["raw"].gold > 20 and report.spans["raw"].predicted == 0
    moved = split_page("多出来的一篇\n" + gold[0].text)
    report = build_page_report(gold, [moved, *pages[1:]], pages, model="m", data="d")
    assert report.articles.f1 < 1 and report.to_dict()["articles"]["gold"] == sum(map(len, pages))


def test_gold_names_stand_where_the_page_has_them(sources):
    for gold in held_out_pages(sources, count=3):
        for entity in gold.entities:
            shown = "".join(gold.text[entity.start : entity.end].split())
            assert shown[0] == entity.text[0] and len(shown) <= len(entity.text) + 60
    page = newspaper_page()
    assert len(page.page) == 14 and all(page.text[e.start : e.end] == e.text for e in page.entities)
    assert set(ROLE_OF) >= {part.role for article in page.page for part in article.parts}
