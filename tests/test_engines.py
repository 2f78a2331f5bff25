"""Ray, Spark and spaCy: real engines on this machine, with a tiny model. `python -m pytest -m engines`."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ALPHABET

from qingyuan.article import Article, Entity, Place, nest
from qingyuan.integrations.columns import COLUMNS, arrow_type, kinds_of_columns
from qingyuan.tagger import Tagger

pytestmark = pytest.mark.engines

TEXT = "西藏自治区禁毒办，拉萨市法院"
TEXTS = [TEXT, None, "", ALPHABET, TEXT * 9, None, *(ALPHABET[start:] for start in range(20))]


@pytest.fixture
def articles(tmp_path):
    """A folder of two Parquet files; the column `字节` holds no texts but bytes."""
    folder = tmp_path / "articles"
    folder.mkdir()
    for part in range(2):
        texts = TEXTS[part::2]
        as_bytes = [text and text.encode() for text in texts]
        table = pa.table({"号": range(part, len(TEXTS), 2), "正文": texts, "字节": as_bytes})
        pq.write_table(table, folder / f"{part}.parquet")
    return folder


def assert_tagged(folder, exported, text="正文"):
    """The Parquet in `folder` holds every row, with the tags that a tagger gives, or with its error."""
    table = pq.read_table(folder).sort_by("号")
    assert table.column_names == ["号", "正文", "字节", *COLUMNS]
    assert table.schema.field("error").type == pa.string()
    assert table["号"].to_pylist() == list(range(len(TEXTS))) and table["正文"].to_pylist() == TEXTS
    tagger = Tagger.from_pretrained(exported, "cpu")
    for row in table.to_pylist():
        if not isinstance(row[text], str):
            told = "null" if row[text] is None else "byte"
            assert told in row["error"] and row["topic"] is row["topic_score"] is row["entities"] is None
            continue
        tags = tagger.predict(row[text]).to_dict()
        assert row["error"] is None and row["topic"] == tags["topic"]
        assert len(row["entities"]) == len(tags["entities"])
        for found, wanted in zip(row["entities"], tags["entities"]):
            assert found == wanted | {"score": pytest.approx(wanted["score"], abs=1e-3)}


@pytest.fixture(scope="module")
def ray():
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield ray
    ray.shutdown()


class TestRay:
    @pytest.mark.parametrize("text", ["正文", "字节"])
    def test_parquet_in_and_out(self, ray, articles, exported, tmp_path, text):
        from qingyuan.integrations.ray import tag_dataset

        dataset = ray.data.read_parquet(str(articles))
        tagged = tag_dataset(dataset, text, concurrency=2, batch_size=4, model=str(exported))
        tagged.write_parquet(str(tmp_path / "tagged"))
        assert_tagged(tmp_path / "tagged", exported, text)

    @pytest.mark.parametrize("cpus", [0.5, 2])
    def test_an_actor_has_the_threads_that_ray_gives_it(self, ray, exported, cpus):
        from qingyuan.integrations.ray import TagArticles

        class Threads(TagArticles):
            def __call__(self, batch):
                return {"threads": [self.tagger.backend.threads], "device": [str(self.tagger.device)]}

        options = {"model": str(exported), "backend": "onnx"}
        dataset = ray.data.from_items([{"正文": TEXT}])
        rows = dataset.map_batches(Threads, fn_constructor_kwargs=options, num_cpus=cpus, concurrency=1).take_all()
        assert rows == [{"threads": max(1, int(cpus)), "device": "cpu"}]

    def test_columns_that_do_not_fit_are_named_before_an_actor_starts(self, ray):
        from qingyuan.integrations.ray import tag_dataset

        with pytest.raises(ValueError, match="no column '正文': the nearest is 'text'"):
            tag_dataset(ray.data.from_items([{"text": TEXT}]))

    def test_another_format_of_batches_is_told(self, ray):
        from qingyuan.integrations.ray import TagArticles

        with pytest.raises(TypeError, match="batch_format"):
            TagArticles.__call__(SimpleNamespace(), {"正文": [TEXT]})


@pytest.fixture(scope="module")
def spark():
    pytest.importorskip("pyspark")
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", False)
    spark = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", 4).getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    yield spark
    spark.stop()


class TestSpark:
    @pytest.mark.parametrize("text", ["正文", "字节"])
    def test_parquet_in_and_out(self, spark, articles, exported, tmp_path, text):
        from qingyuan.integrations.spark import tag_dataframe

        tagged = tag_dataframe(spark.read.parquet(str(articles)), text, model=str(exported))
        tagged.write.parquet(str(tmp_path / "tagged"))
        assert_tagged(tmp_path / "tagged", exported, text)

    def test_a_worker_loads_the_model_once_and_with_its_threads(self, spark, exported):
        from qingyuan.integrations.spark import schema_of, tag_partition

        df = spark.createDataFrame([(TEXT,)] * 12, "`正文` string").repartition(6)
        tag = tag_partition(model=str(exported), backend="onnx")
        for _ in range(2):
            assert df.mapInArrow(tag, schema_of(df)).count() == 12

        def look(batches):
            from qingyuan.integrations.workers import kept_tagger

            list(batches)
            threads = kept_tagger(str(exported), 1, backend="onnx", device="cpu").backend.threads
            loads = kept_tagger.cache_info()
            again = loads.misses - loads.currsize
            yield pa.RecordBatch.from_pydict({"hits": [loads.hits], "again": [again], "threads": [threads]})

        rows = df.mapInArrow(look, "hits bigint, again bigint, threads bigint").collect()
        assert max(row.hits for row in rows) > 1 and {(row.again, row.threads) for row in rows} == {(0, 1)}

    @pytest.mark.parametrize("link", [False, True])
    def test_the_schema_is_that_of_the_arrow_columns(self, spark, link):
        from pyspark.sql.pandas.types import to_arrow_schema

        from qingyuan.integrations.spark import schema_of

        schema = to_arrow_schema(schema_of(spark.createDataFrame([(TEXT,)], "`正文` string"), link=link))
        wanted = {name: arrow_type(kind) for name, kind in kinds_of_columns(link).items()}
        assert {name: schema.field(name).type for name in COLUMNS} == wanted

    def test_a_dictionary_that_workers_could_not_read_is_told(self, spark):
        from qingyuan.integrations.spark import tag_partition

        with pytest.raises(TypeError, match="dictionary: a file"):
            tag_partition(dictionary={"拉萨市": "PLACE"})

    def test_columns_that_do_not_fit_are_named_before_a_job_starts(self, spark):
        from qingyuan.integrations.spark import schema_of

        with pytest.raises(ValueError, match="a column topic already"):
            schema_of(spark.createDataFrame([(TEXT, "x")], "`正文` string, topic string"))


@pytest.fixture(scope="module")
def nlp(exported):
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("zh")
    nlp.add_pipe("qingyuan", config={"model": str(exported), "device": "cpu"})
    return nlp


class TestSpacy:
    def assert_annotated(self, doc, article, key="qingyuan"):
        """For a text without whitespace."""
        spans, outer = doc.spans[key], [e for e in article.entities if e.parent is None]
        assert [(s.text, s.label_) for s in spans] == [(e.text, e.label) for e in article.entities]
        assert [(e.start_char, e.end_char, e.label_) for e in doc.ents] == [e.span for e in outer]
        assert spans.attrs["scores"] == pytest.approx([e.score for e in article.entities], abs=1e-3)
        assert doc.cats == pytest.approx({topic.label: topic.score for topic in article.topics}, abs=1e-3)

    def test_a_doc_gets_spans_ents_and_cats(self, nlp, exported):
        tagger = Tagger.from_pretrained(exported, "cpu")
        texts = [TEXT, "".join(ALPHABET.split()), "", TEXT * 9]
        for text, doc in zip(texts, nlp.pipe(texts, batch_size=2), strict=True):
            self.assert_annotated(doc, tagger.predict(text))
            self.assert_annotated(nlp(text), tagger.predict(text))

    def test_names_of_whitespace_are_no_spans(self, nlp, exported):
        text = " \n西藏 自治区  拉萨市\n" + ALPHABET
        names = [e.text.strip() for e in Tagger.from_pretrained(exported, "cpu").predict(text).entities]
        doc = nlp(text)
        spans = [span.text.strip() for span in doc.spans["qingyuan"]]
        assert list(filter(None, spans)) == list(filter(None, names))
        assert all(ent.text for ent in doc.ents)

    def test_processes_and_bytes_keep_all(self, nlp, exported):
        from spacy.tokens import Doc

        article = Tagger.from_pretrained(exported, "cpu").predict(TEXT)
        for doc in nlp.pipe([TEXT] * 3, n_process=2, batch_size=1):
            self.assert_annotated(Doc(nlp.vocab).from_bytes(doc.to_bytes()), article)

    def test_disk_keeps_the_settings(self, nlp, exported, tmp_path):
        import spacy

        other = spacy.blank("zh")
        config = {"model": str(exported), "device": "cpu", "spans_key": "names", "threshold": 0.9}
        other.add_pipe("qingyuan", config=config)
        other.to_disk(tmp_path / "nlp")
        doc = spacy.load(tmp_path / "nlp")(TEXT)
        self.assert_annotated(doc, Tagger.from_pretrained(exported, "cpu").predict(TEXT, threshold=0.9), "names")
        assert len(doc.spans["names"]) < len(nlp(TEXT).spans["qingyuan"])

    def test_a_name_inside_a_token_is_widened_and_its_offsets_stay(self, exported):
        import spacy

        nlp = spacy.blank("en")  # a token is what stands between spaces
        nlp.add_pipe("qingyuan", config={"model": str(exported), "device": "cpu"})
        text = f"拉萨市 {TEXT}"
        entities = [e for e in Tagger.from_pretrained(exported, "cpu").predict(text).entities if " " not in e.text]
        doc = nlp(text)
        spans = doc.spans["qingyuan"]
        kept = [(span, *offsets) for span, offsets in zip(spans, spans.attrs["offsets"])]
        kept = [(span, start, end) for span, start, end in kept if " " not in text[start:end]]
        assert [(start, end) for _, start, end in kept] == [(e.start, e.end) for e in entities]
        assert all(span.start_char <= start and end <= span.end_char for span, start, end in kept)
        assert any(span.text != text[start:end] for span, start, end in kept)

    def test_nested_names_are_spans_not_ents_and_displacy_draws_both(self):
        import spacy
        from spacy import displacy

        from qingyuan.integrations.spacy import QingyuanComponent

        place = Place("540000", ("西藏自治区",), "province")
        entities = nest([Entity(0, 8, "AGENCY", TEXT[:8], 0.9), Entity(0, 5, "PLACE", TEXT[:5], 0.8, place=place)])
        article = Article(TEXT, (), entities)
        tagger = SimpleNamespace(predict=lambda *_, **__: article)
        doc = QingyuanComponent(tagger, "qingyuan", None)(spacy.blank("zh")(TEXT))
        assert [(span.text, span.kb_id_) for span in doc.spans["qingyuan"]] == [(TEXT[:8], ""), (TEXT[:5], "540000")]
        self.assert_annotated(doc, article)
        page = displacy.render(doc, style="span", options={"spans_key": "qingyuan"}, jupyter=False)
        assert "AGENCY" in page and "PLACE" in page
        assert displacy.render(doc, style="ent", jupyter=False).count("<mark") == 1
