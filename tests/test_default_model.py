"""The model in the package: whole, and as good as its card says."""

from __future__ import annotations

import pytest

from qingyuan import predict
from qingyuan.checkpoint import SHIPPED, find_checkpoint
from qingyuan.eval.data import load_evaluation_set
from qingyuan.eval.metrics import strict_f1
from qingyuan.tagger import Tagger, default_tagger


@pytest.mark.parametrize(
    "model, name, least_f1, least_topics",
    [
        ("default", "page", 0.905, 13 / 14),
        ("default", "web", 0.865, 0.82),
        ("default", "written", 0.955, 0.94),
        ("fast", "page", 0.885, 13 / 14),
        ("fast", "web", 0.84, 0.82),
        ("fast", "written", 0.945, 0.94),
    ],
)
def test_the_figures_of_the_card_hold(model, name, least_f1, least_topics):
    gold = load_evaluation_set(name)
    predicted = Tagger.from_pretrained(model).predict([article.text for article in gold.articles])
    assert strict_f1(gold.articles, predicted) >= least_f1
    right = sum(g.topic.label == p.topic.label for g, p in zip(gold.articles, predicted))
    assert right / len(predicted) >= least_topics


def test_an_article_is_tagged_as_the_readme_shows():
    article = predict("6月1日，由江苏省禁毒办、苏州市禁毒办联合主办的“全民禁毒宣传月”启动仪式在苏州市举行。")
    names = [(entity.label, entity.text) for entity in article.entities]
    assert article.topic.label == "drug_control" and article.topic.name_zh == "禁毒"
    assert ("AGENCY", "江苏省禁毒办") in names and ("CAMPAIGN", "全民禁毒宣传月") in names
    (place,) = [entity for entity in article.entities if entity.text == "江苏省"]
    assert place.parent.text == "江苏省禁毒办"


def test_quotes_line_breaks_and_capitals_have_rows_of_their_own():
    tokenizer = default_tagger().tokenizer
    ids = [tokenizer(character).ids[0] for character in "“”‘’\n Aa"]
    assert len(set(ids)) == len(ids) and tokenizer.unk_id not in ids


def test_the_checkpoint_holds_no_pickle():
    files = {path.name for path in find_checkpoint("default").iterdir()}
    assert {"config.json", "model.safetensors", "characters.json", "README.md"} <= files
    assert not any(name.endswith((".bin", ".pt", ".pkl", ".pth")) for name in files)
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 60e6
