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
from qingyuan.page.features import dense_features
from qingyuan.page.lines import read_lines
from qingyuan.page.reading import HEAD, PADDING, SEAM, TAIL, UNKNOWN, character_rows, reading, rows_of
from qingyuan.page.roles import ROLE_OF, STATES, WEIGHTS, best_path, forbidden_starts, forbidden_steps
from qingyuan.training.leaks import refuse_leaks
from qingyuan.training.page_habits import TRAINING
from qingyuan.training.page_parts import Filler
from qingyuan.training.page_sources import read_sources, take_apart
from qingyuan.training.pages import make_page
from qingyuan.training.role_network import RoleNetwork, starting_embedding
from qingyuan.training.roles import PageConfig, train_roles


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
    known, common = "。，“的是在本报记者法院市县月日", {"我们"}
    dense, characters = dense_features(lines, common), character_rows(lines, rows_of(known))
    embedding = starting_embedding(rows_of(known), 8, "", 0)
    sizes = {"hidden": 32, "channels": 16, "layers": 3, "dropout": 0.1}
    network = RoleNetwork(embedding, dense.mean(0), np.ones(dense.shape[1], np.float32), **sizes).eval()
    with torch.inference_mode():
        inside = torch.ones(1, len(lines), dtype=torch.bool)
        expected = network.scores(torch.from_numpy(dense)[None], torch.from_numpy(characters)[None], inside)[0]
    scores = RoleModel(network.weights(known, common)).scores(lines)
    np.testing.assert_allclose(scores, expected, atol=0.05)


def test_a_line_is_read_at_both_ends_and_across_the_break_before_it():
    first, second = character_rows(read_lines("甲乙\n丙" + "丁" * 30 + "甲天"), rows_of("甲乙丙丁"))
    assert first[:3].tolist() == [2, 3, PADDING] and first[HEAD : HEAD + TAIL].tolist() == [PADDING] * (TAIL - 2) + [2, 3]
    assert second[HEAD - 1] == 5 and second[HEAD + TAIL - 2 : HEAD + TAIL].tolist() == [2, UNKNOWN]
    seam = second[HEAD + TAIL :].tolist()
    assert seam == [PADDING] * (SEAM - 2) + [2, 3] + [4] + [5] * (SEAM - 1)


def test_a_page_of_any_length_is_read_in_parts():
    random = np.random.default_rng(0)
    rows = random.integers(0, 9, (2500, HEAD + TAIL + 2 * SEAM))
    w = {"character": random.normal(size=(9, 4)), "head": random.normal(size=(3 * 4, 5)), "head_bias": random.normal(size=5)}
    w |= {"tail": w["head"], "tail_bias": w["head_bias"], "seam": random.normal(size=(2 * SEAM * 4, 5)), "seam_bias": np.ones(5)}
    read = reading(rows, w)
    assert read.shape == (2500, 15)
    for line in (0, 1023, 1024, 2499):
        np.testing.assert_allclose(read[line], reading(rows[line : line + 1], w)[0])


def test_learning_goes_on_from_just_the_weights_that_were_saved():
    weights = dict(np.load(WEIGHTS))
    again = RoleNetwork.from_weights(weights, 0.1).weights(weights["characters"].tolist(), weights["common"].tolist())
    assert again.keys() == weights.keys()
    for name, array in weights.items():
        np.testing.assert_array_equal(again[name], array)


def test_names_on_pages_are_those_of_the_articles_and_others(sources):
    fill = Filler(TRAINING, sources, Random(0))
    names = ["".join(fill("{name}").split()) for _ in range(300)]
    known = sum(name in set(sources.persons) for name in names)
    assert 120 < known < 240 and len(set(names)) > 150


def test_the_embedding_begins_with_what_an_encoder_knows():
    known = starting_embedding(rows_of("县市天\U000f0001"), 16, "default", 0)
    chance = starting_embedding(rows_of("县市天\U000f0001"), 16, "", 0)
    county, city, sky = known[2:5] / np.linalg.norm(known[2:5], axis=1, keepdims=True)
    assert county @ city > county @ sky
    assert (known[[PADDING, UNKNOWN, 5]] == chance[[PADDING, UNKNOWN, 5]]).all() and not known[PADDING].any()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"text"])
def test_a_file_that_holds_no_weights_is_named_with_the_cure(tmp_path, content):
    (tmp_path / "roles.npz").write_bytes(content)
    with pytest.raises(ValueError, match="roles.npz: .*train-page"):
        RoleModel.load(str(tmp_path / "roles.npz"))


@pytest.mark.parametrize("name", ["head", "common", "mean", "out"])
def test_weights_that_lack_an_array_or_have_another_shape_are_refused(tmp_path, name):
    weights = dict(np.load(WEIGHTS))
    np.savez(tmp_path / "less.npz", **{key: array for key, array in weights.items() if key != name})
    np.savez(tmp_path / "other.npz", **weights | {"mean": weights["mean"][1:]})
    for file in ("less.npz", "other.npz"):
        with pytest.raises(ValueError, match=f"{file}: .*train-page"):
            RoleModel.load(tmp_path / file)


def test_a_training_writes_weights_that_split_pages(tmp_path):
    output, sizes = tmp_path / "new" / "roles.npz", {"pages": 40, "dev_pages": 5, "epochs": 5, "batch_size": 3, "longest": 60}
    composed = {"composed": ["composed/dev"], "composed_dev": ["composed/dev"], "composed_times": 1}
    config = PageConfig(output=output, train=["written/dev"], encoder="", character_pages=3, **sizes, **composed)
    first = train_roles(config)
    assert first["accuracy"] > 0.8  # most lines are of the two commonest roles
    weights = config.output.read_bytes()
    assert len(split_page("标题在此\n正文在此。", RoleModel.load(config.output)).text) == 10
    assert train_roles(config) == first and config.output.read_bytes() == weights
    on = config.model_copy(update={"start": str(output), "output": tmp_path / "on.npz", "epochs": 1, "learning_rate": 1e-6})
    assert train_roles(on)["accuracy"] == pytest.approx(first["accuracy"], abs=0.02)  # it begins where the first one ended
    (tmp_path / "none.npz").write_bytes(b"")
    with pytest.raises(ValueError, match="none.npz: .*train-page"):
        train_roles(config.model_copy(update={"start": str(tmp_path / "none.npz")}))


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
