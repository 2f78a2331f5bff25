"""Frames and datasets: every row comes back with its tags, or with what was wrong with it."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys

import datasets
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest
from conftest import ALPHABET
from datasets.fingerprint import Hasher

from qingyuan.article import Article, Entity, Place, nest
from qingyuan.checkpoint import ONNX_FILE, CheckpointError
from qingyuan.integrations.columns import COLUMNS, ENTITY, LINKED, arrow_type, tag_table
from qingyuan.tagger import Tagger

TEXT = "西藏自治区禁毒办，拉萨市法院"


@pytest.fixture(scope="session", autouse=True)
def caches(tmp_path_factory):
    datasets.config.HF_DATASETS_CACHE = tmp_path_factory.mktemp("datasets")
    datasets.disable_progress_bars()


def row_of(article):
    return [article.topic.label, article.topic.score, article.to_dict()["entities"]]


def test_the_columns_are_those_of_the_article(tagger):
    entities = tagger.predict(TEXT).to_dict()["entities"]
    assert entities and all(list(entity) == list(ENTITY) for entity in entities)


class Linking(Tagger):
    """A tagger that links, and always finds the same."""

    link = True

    def __init__(self):
        outer = Entity(0, 8, "AGENCY", TEXT[:8], place=Place("540000", ("西藏自治区",), "province"))
        self.article = Article(TEXT, (), nest([outer, Entity(9, 12, "AGENCY", TEXT[9:12], refers_to=outer)]))

    def stream(self, texts, *_, **__):
        return (self.article for _ in texts)


def test_the_columns_of_a_tagger_that_links_are_those_of_the_article():
    tagger = Linking()
    entities = tagger.article.to_dict()["entities"]
    assert {name for entity in entities for name in entity} == set(LINKED)
    wanted = [dict.fromkeys(LINKED) | entity for entity in entities]
    table = {"正文": [None, TEXT]}
    assert tagger.predict_frame(pd.DataFrame(table))["entities"][1] == wanted
    assert tagger.predict_frame(pl.DataFrame(table))["entities"].to_list() == [None, wanted]
    assert tag_table(tagger, pa.table(table), "正文")["entities"].to_pylist() == [None, wanted]
    options = {"batched": True, "batch_size": 1, "fn_kwargs": {"text": "正文"}}
    tagged = datasets.Dataset.from_dict(table).map(tagger.map_batch, **options)
    assert tagged["entities"][:] == [None, wanted]
    assert tagged.features.arrow_schema.field("entities").type == arrow_type([LINKED])


def test_pandas_keeps_rows_index_and_columns(tagger):
    df = pd.DataFrame({"号": [4, 5, 6], "正文": [TEXT, ALPHABET, ""]}, index=[7, 7, 3])
    before = df.copy()
    tagged = tagger.predict_frame(df)
    pd.testing.assert_frame_equal(df, before)
    pd.testing.assert_frame_equal(tagged[["号", "正文"]], before)
    assert list(tagged.columns) == ["号", "正文", *COLUMNS] and tagged["error"].isna().all()
    for number, article in enumerate(tagger.predict([TEXT, ALPHABET])):
        assert tagged.iloc[number][["topic", "topic_score", "entities"]].tolist() == row_of(article)
    assert pd.isna(tagged["topic"].iloc[2]) and tagged["entities"].iloc[2] == []


def test_polars_keeps_rows_and_columns(tagger):
    df = pl.DataFrame({"号": [4, 5], "正文": [TEXT, ALPHABET]})
    tagged = tagger.predict_frame(df)
    assert tagged[["号", "正文"]].equals(df) and tagged.columns == ["号", "正文", *COLUMNS]
    for number, article in enumerate(tagger.predict([TEXT, ALPHABET])):
        assert list(tagged.row(number)[2:]) == [*row_of(article), None]


@pytest.mark.parametrize(
    "bad, told",
    [
        *((null, "null") for null in (None, float("nan"), pd.NA, pd.NaT)),
        (7, "int: 7"),
        (b"a", "bytes: b'a'"),
        (["text"], "list: ['text']"),
    ],
)
def test_a_row_of_pandas_without_text_is_told_and_the_others_go_on(tagger, bad, told):
    tagged = tagger.predict_frame(pd.DataFrame({"t": pd.Series([TEXT, bad, TEXT], dtype=object)}), text="t")
    assert tagged["error"].isna().tolist() == [True, False, True]
    assert told in tagged["error"][1] and tagged["entities"][1] is None and pd.isna(tagged["topic"][1])
    assert tagged["entities"][0] == tagged["entities"][2] != []


def test_rows_of_polars_without_text_are_told(tagger):
    tagged = tagger.predict_frame(pl.DataFrame({"正文": [None, TEXT]}))
    assert tagged["error"].to_list() == ["no text but null", None]
    assert tagged["entities"].is_null().to_list() == [True, False]
    assert tagger.predict_frame(pl.DataFrame({"正文": [1, 2]}))["error"].null_count() == 0


@pytest.mark.parametrize("library", [pd, pl])
def test_an_empty_frame_has_the_types_of_a_full_one(tagger, library):
    df = library.DataFrame({"正文": [TEXT]})
    full, empty = tagger.predict_frame(df), tagger.predict_frame(df[:0])
    assert len(empty) == 0 and list(empty.dtypes) == list(full.dtypes)


@pytest.mark.parametrize("library", [pd, pl])
def test_threshold_reaches_the_tagger(tagger, library):
    tagged = tagger.predict_frame(library.DataFrame({"t": [TEXT]}), "t", threshold=1)
    assert list(tagged["entities"][0]) == []


@pytest.mark.parametrize("library", [pd, pl])
def test_columns_that_do_not_fit_are_named(tagger, library):
    with pytest.raises(ValueError, match="no column '正文': the nearest is '文' of 标题, 文"):
        tagger.predict_frame(library.DataFrame({"标题": ["x"], "文": ["x"]}))
    with pytest.raises(ValueError, match="a column topic, error already"):
        tagger.predict_frame(library.DataFrame({"正文": ["x"], "error": ["x"], "topic": ["x"]}))


def test_two_columns_of_one_name_are_told(tagger):
    with pytest.raises(ValueError, match="2 columns are named '正文'"):
        tagger.predict_frame(pd.DataFrame([["x", "y"]], columns=["正文", "正文"]))


@pytest.mark.parametrize(
    "frame, told", [(pl.LazyFrame({"正文": ["x"]}), "collect"), ({"正文": ["x"]}, "builtins dict")]
)
def test_what_is_no_frame_is_told(tagger, frame, told):
    with pytest.raises(TypeError, match=told):
        tagger.predict_frame(frame)


def test_frames_go_to_parquet_and_back(tagger, tmp_path):
    table = {"正文": [None, TEXT]}
    tagger.predict_frame(pd.DataFrame(table)).to_parquet(tmp_path / "pandas.parquet")
    tagger.predict_frame(pl.DataFrame(table)).write_parquet(tmp_path / "polars.parquet")
    rows = [pyarrow.parquet.read_table(path).to_pylist() for path in sorted(tmp_path.iterdir())]
    assert rows[0] == rows[1] and rows[0][1]["entities"] == tagger.predict(TEXT).to_dict()["entities"]


@pytest.mark.parametrize("num_proc", [None, 2])
def test_datasets_map(tagger, num_proc):
    texts = [None, "", TEXT, ALPHABET, None, TEXT]
    dataset = datasets.Dataset.from_dict({"正文": texts})
    options = {"batched": True, "batch_size": 1, "fn_kwargs": {"text": "正文"}}
    tagged = dataset.map(tagger.map_batch, num_proc=num_proc, **options)
    assert tagged["正文"][:] == texts
    assert [error is None for error in tagged["error"]] == [False, True, True, True, False, True]
    for row in tagged:
        if row["正文"]:
            assert [row["topic"], row["topic_score"], row["entities"]] == row_of(tagger.predict(row["正文"]))
    assert tagged.features.arrow_schema.field("entities").type == arrow_type([ENTITY])


def test_datasets_map_names_the_column(tagger):
    with pytest.raises(ValueError, match="no column 'text': the nearest is '正文'"):
        datasets.Dataset.from_dict({"正文": [TEXT]}).map(tagger.map_batch, batched=True)


HASH = """
import sys
from datasets.fingerprint import Hasher
from qingyuan import Tagger
print(Hasher.hash(Tagger.from_pretrained(sys.argv[1], "cpu", sys.argv[2]).map_batch))
"""


def test_a_tagger_hashes_alike_used_or_not_and_in_every_process(exported):
    for backend in ("torch", "onnx"):
        tagger = Tagger.from_pretrained(exported, "cpu", backend)
        before = Hasher.hash(tagger.map_batch)
        tagger.predict([TEXT, ALPHABET])
        assert Hasher.hash(tagger.map_batch) == before
        command = [sys.executable, "-c", HASH, exported, backend]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == before


def test_other_weights_in_the_same_folder_hash_otherwise_and_are_refused_where_a_tagger_is_sent(exported, tmp_path):
    folder = shutil.copytree(exported, tmp_path / "model")
    tagger = Tagger.from_pretrained(folder, backend="onnx")
    before, sent = Hasher.hash(tagger.map_batch), pickle.dumps(tagger)
    assert pickle.loads(sent).predict(TEXT) == tagger.predict(TEXT)
    with open(folder / ONNX_FILE, "ab") as file:
        file.write(b"\n")
    assert Hasher.hash(tagger.map_batch) != before
    with pytest.raises(CheckpointError, match="not the weights"):
        pickle.loads(sent)
    (folder / ONNX_FILE).unlink()
    with pytest.raises(CheckpointError, match="No such file"):
        pickle.loads(sent)
