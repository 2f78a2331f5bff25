"""The pipeline of transformers gives what the tagger gives."""

import pytest
import torch
from datasets import Dataset
from transformers import pipeline
from transformers.pipelines.pt_utils import KeyDataset

from qingyuan.integrations.huggingface import TASK, ArticleTaggingPipeline
from qingyuan.tagger import Tagger

TEXTS = ["西藏自治区禁毒办在拉萨市。", "", "拉萨市法院" * 40, "中国人大", "😀\ud800法院"]


@pytest.fixture(scope="module")
def folder(tagger, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    tagger.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def pipe(folder):
    return pipeline(TASK, model=folder, device="cpu")


@pytest.fixture(scope="module")
def expected(tagger):
    return [rounded(article.to_dict()) for article in tagger.predict(TEXTS)]


def rounded(article):
    """Windows of other lengths in a batch change the last digits of scores."""
    scored = "entities", "topics"
    return article | {key: [{**each, "score": round(each["score"], 3)} for each in article[key]] for key in scored}


def check(found, expected):
    assert list(map(rounded, found)) == expected


def test_one_text(pipe, expected):
    assert rounded(pipe(TEXTS[0])) == expected[0]
    assert expected[0]["entities"] and pipe("") == {"text": "", "topic": None, "topics": [], "entities": []}


@pytest.mark.parametrize("options", [{}, {"batch_size": 2}, {"batch_size": 3}, {"batch_size": 2, "num_workers": 1}])
def test_lists(pipe, expected, options):
    found = pipe(TEXTS, **options)
    assert isinstance(found, list)
    check(found, expected)


def test_other_collections(pipe, expected):
    check(pipe(tuple(TEXTS)), expected)
    check(pipe(iter(TEXTS)), expected)
    assert pipe([]) == []


def test_generators_are_read_as_they_are_asked(pipe, expected):
    read = []
    found = pipe((read.append(text) or text for text in TEXTS), batch_size=2)
    assert rounded(next(iter(found))) == expected[0] and len(read) < len(TEXTS)


def test_datasets(pipe, expected):
    whole = Dataset.from_dict({"text": TEXTS[:4]})
    check(pipe(KeyDataset(whole, "text"), batch_size=2), expected[:4])
    check(pipe(whole["text"]), expected[:4])


def test_threshold(pipe, folder):
    score = sorted(each["score"] for each in pipe(TEXTS[0])["entities"])[-1]
    assert all(each["score"] >= score for each in pipe(TEXTS[0], threshold=score)["entities"])
    strict = pipeline(TASK, model=folder, device="cpu", threshold=1.0)
    assert strict(TEXTS[0])["entities"] == [] and strict(TEXTS[0], threshold=0.0)["entities"]


def test_device_and_dtype(folder):
    pipe = pipeline(TASK, model=str(folder), device="cpu", dtype=torch.bfloat16)
    assert pipe.device == torch.device("cpu") and pipe.dtype is torch.bfloat16
    assert pipeline(TASK, model=folder, device="cpu").dtype is torch.float32


def test_what_is_no_text_is_told(pipe):
    with pytest.raises(TypeError, match="not Dataset; of a dataset, give one column"):
        pipe(Dataset.from_dict({"text": TEXTS[:1]}))


def test_a_model_in_memory_wants_its_tokenizer(tagger, expected):
    bare = ArticleTaggingPipeline(model=tagger.model, tokenizer=tagger.tokenizer, device="cpu")
    assert rounded(bare(TEXTS[0])) == expected[0]
    with pytest.raises(ValueError, match="give its tokenizer"):
        ArticleTaggingPipeline(model=tagger.model, device="cpu")


def test_a_dictionary(folder):
    pipe = pipeline(TASK, model=folder, device="cpu", dictionary={"仙足岛": "PLACE"})
    assert "仙足岛" in [each["text"] for each in pipe("来到仙足岛。")["entities"]]


def test_a_saved_pipeline_is_a_checkpoint_without_code(pipe, tmp_path, expected):
    pipe.save_pretrained(tmp_path)
    assert not list(tmp_path.glob("*.py"))
    assert rounded(Tagger.from_pretrained(tmp_path, device="cpu").predict(TEXTS[0]).to_dict()) == expected[0]
