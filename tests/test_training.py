"""Data, batches and a whole training run, on a tiny encoder."""

from __future__ import annotations

import json
from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertConfig, BertModel

from qingyuan.article import Article
from qingyuan.network import IGNORED
from qingyuan.tagger import Tagger
from qingyuan.taxonomy import GOVERNMENT_NEWS, Taxonomy
from qingyuan.tokens import SPECIAL_TOKENS
from qingyuan.training import calibration
from qingyuan.training.average import WeightAverage
from qingyuan.training.collator import Collator
from qingyuan.training.config import AugmentConfig, PretrainConfig, TrainConfig
from qingyuan.training.data import article_tags, fitting_records, taxonomy_of, windows_dataset
from qingyuan.training.encoder import load_encoder, read_characters
from qingyuan.training.formats import Record, RecordError
from qingyuan.training.pretrain import MaskedLanguageModel, SpanMaskCollator, pack, pretrain
from qingyuan.training.start import load_start
from qingyuan.training.trainer import train

AGENCY = "拉萨市禁毒办"


def article(times: int = 1, topic: str = "drug_control") -> Article:
    """An agency with a place in it, and a campaign in quotes, over and over."""
    sentence = f"由{AGENCY}主办的“禁毒年”行动。"
    entities = []
    for number in range(times):
        at = number * len(sentence)
        entities += [
            {"start": at + 1, "end": at + 7, "label": "AGENCY"},
            {"start": at + 1, "end": at + 4, "label": "PLACE"},
            {"start": at + 11, "end": at + 14, "label": "CAMPAIGN"},
        ]
    return Article.from_dict({"text": sentence * times, "topic": topic, "entities": entities})


def test_tags_hold_both_layers(tokenizer):
    tags, lost = article_tags(article(), tokenizer(article().text), GOVERNMENT_NEWS)
    assert lost == 0
    assert list(tags[1:7, 0]) == [1, 2, 2, 2, 2, 3]  # begin, inside …, end of the first label
    assert list(tags[1:5, 1]) == [1, 2, 3, 0]
    assert not tags[7:11].any()


def test_windows_have_no_tags_of_spans_that_they_cut(tokenizer):
    long = article(6)
    dataset = windows_dataset([long], tokenizer, GOVERNMENT_NEWS, size=22, overlap=4)
    assert len(dataset) > 4
    for row in dataset:
        tags = np.array(row["tags"])[1:-1, 0]
        known = tags[tags != IGNORED]
        parts = [(tag - 1) % 4 for tag in known if tag > 0]
        assert parts.count(0) == parts.count(2)  # as many spans begin as end
        assert row["length"] == len(row["input_ids"]) <= 22
    assert any(IGNORED in np.array(row["tags"])[1:-1, 0] for row in dataset)


@given(st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_what_chance_changes_leaves_the_spans_whole(tokenizer, seed):
    augment = AugmentConfig(mask=0.3, half_width=1, straight_quotes=0.5, broken_lines=1)
    rows = list(windows_dataset([article(2)], tokenizer, GOVERNMENT_NEWS, size=60, overlap=4))
    batch = Collator(tokenizer, augment, longest=60, seed=seed)(rows)
    tags = batch["tags"][0, :, 0].numpy()
    parts = [(tag - 1) % 4 for tag in tags if tag > 0]
    assert parts.count(0) == parts.count(2) == 4
    # between a begin and its end stands nothing but insides
    opened = False
    for tag in tags:
        part = (tag - 1) % 4 if tag > 0 else None
        assert opened == (part in (1, 2))
        opened = part == 0 or (part == 1)
    ids = batch["input_ids"][0]
    assert ids[0] == tokenizer.cls_id and tokenizer.vocabulary.index("，") not in ids


def test_without_augment_nothing_is_changed(tokenizer):
    rows = list(windows_dataset([article(), article(2)], tokenizer, GOVERNMENT_NEWS, size=60, overlap=4))
    batch = Collator(tokenizer)(rows)
    assert batch["input_ids"][0, : rows[0]["length"]].tolist() == rows[0]["input_ids"]
    assert batch["attention_mask"].sum(1).tolist() == [row["length"] for row in rows]
    assert (batch["tags"][0, rows[0]["length"] :] == IGNORED).all()


def test_labels_the_taxonomy_lacks_are_told_by_place():
    records = [
        Record("1", article(), "a.jsonl:1"),
        Record("2", article(topic="gardening"), "a.jsonl:2"),
        Record("3", Article.from_dict({"text": "西藏", "entities": [{"start": 0, "end": 2, "label": "GPE"}]}), "a.jsonl:3"),
    ]
    told = []
    assert [record.id for record in fitting_records(records, GOVERNMENT_NEWS, told.append)] == ["1"]
    assert [str(error).split(";")[0] for error in told] == ["a.jsonl:2: unknown topic 'gardening'", "a.jsonl:3: unknown label 'GPE'"]
    with pytest.raises(RecordError, match="a.jsonl:2"):
        fitting_records(records, GOVERNMENT_NEWS)


def test_a_taxonomy_can_be_read_off_the_data():
    taxonomy = taxonomy_of([article()])
    assert taxonomy.label_names == ("AGENCY", "PLACE", "CAMPAIGN") and taxonomy.topic_names == ("drug_control",)
    assert taxonomy.nested == {"PLACE": ("AGENCY",)}


def test_a_bert_becomes_a_character_model_that_computes_the_same():
    vocabulary = {token: row for row, token in enumerate([*SPECIAL_TOKENS, "西", "##藏", "藏", "「", "the"])}
    torch.manual_seed(0)
    bert = BertModel(
        BertConfig(vocab_size=10, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16),
        add_pooling_layer=False,
    ).eval()
    before = bert(torch.tensor([[2, 5, 7, 3]])).last_hidden_state
    tokenizer = read_characters(bert, vocabulary, more="滘")
    ids = [tokenizer.cls_id, *tokenizer("西藏").ids, tokenizer.sep_id]
    torch.testing.assert_close(bert(torch.tensor([ids])).last_hidden_state, before)
    assert "##藏" not in tokenizer.vocabulary and "the" not in tokenizer.vocabulary
    assert {"“", "\n", "A", "滘"} <= set(tokenizer.vocabulary)
    assert bert.config.vocab_size == len(tokenizer) == len(bert.get_input_embeddings().weight)


def write_jsonl(path, articles) -> str:
    path.write_text("".join(json.dumps(a.to_dict(), ensure_ascii=False) + "\n" for a in articles), encoding="utf-8")
    return str(path)


@pytest.fixture
def config(tmp_path, encoder_folder):
    topics = ["drug_control", "court"]
    articles = [article(1 + number % 3, topics[number % 2]) for number in range(24)]
    return TrainConfig(
        model=str(encoder_folder),
        output=tmp_path / "out",
        train=[write_jsonl(tmp_path / "train.jsonl", articles)],
        dev=[write_jsonl(tmp_path / "dev.jsonl", articles[:6])],
        window=64,
        overlap=8,
        check_leaks=False,
        trainer={"epochs": 12, "batch_size": 4, "learning_rate": 5e-3, "head_learning_rate": 2e-2, "ema": 0.5},
    )


def test_a_training_learns_and_writes_a_model_that_tags(config):
    scores = train(config)
    assert scores["eval_f1"] > 0.9
    tagger = Tagger.from_pretrained(config.output, device="cpu")
    found = [entity.span for entity in tagger.predict(article().text).entities]
    assert found == [entity.span for entity in article().entities]
    assert (config.output / "training.yaml").is_file()


def test_training_goes_on_from_a_model_with_other_labels(config, tmp_path):
    train(config)
    own = Taxonomy.from_dict({"labels": ["CAMPAIGN", "SHIP"]})
    campaigns = Article.from_dict({**article().to_dict(), "topics": [], "topic": None, "entities": [{"start": 11, "end": 14, "label": "CAMPAIGN"}]})
    path = write_jsonl(tmp_path / "own.jsonl", [campaigns])
    tuned = config.model_copy(
        update={"model": str(config.output), "output": tmp_path / "own", "train": [path], "dev": [path], "taxonomy": own.to_dict()}
    )
    tuned.trainer.epochs = 1
    tuned.trainer.learning_rate = tuned.trainer.head_learning_rate = 1e-6
    train(tuned)
    tagged = Tagger.from_pretrained(tuned.output).predict(article().text)
    assert (11, 14, "CAMPAIGN") in [entity.span for entity in tagged.entities]  # that part of the head came along
    assert tagged.topic is None


def test_frozen_layers_stay_as_they_are_and_the_others_learn(config, tmp_path):
    config.trainer.epochs = 1
    train(config)
    begun = Tagger.from_pretrained(config.output, backend="torch").model.encoder.state_dict()
    config = config.model_copy(update={"model": str(config.output), "output": tmp_path / "on", "freeze": 1, "half_precision": False})
    frozen, free = load_start(config, Taxonomy.from_dict({"labels": ["CAMPAIGN"]}), ())[0].encoder.encoder.layer
    shares = [{module.p for module in layer.modules() if isinstance(module, torch.nn.Dropout)} for layer in (frozen, free)]
    assert shares == [{0.0}, {0.0, config.dropout}]
    train(config)
    after = Tagger.from_pretrained(config.output, backend="torch").model.encoder.state_dict()
    changed = {name for name in after if not torch.equal(after[name], begun[name])}
    assert changed and all(name.startswith("encoder.layer.1.") for name in changed)
    with pytest.raises(ValueError, match="freeze: 9 layers, but .* has 2"):
        train(config.model_copy(update={"freeze": 9}))


def test_a_bare_encoder_is_not_frozen(config):
    with pytest.raises(ValueError, match="freeze: .* is an encoder alone"):
        train(config.model_copy(update={"freeze": 1}))


def test_topics_alone_can_be_learned(config):
    config.taxonomy = {"topics": ["drug_control", "court"]}
    config.trainer.epochs = 1
    train(config)
    result = Tagger.from_pretrained(config.output).predict("法院")
    assert result.entities == () and {topic.label for topic in result.topics} == {"drug_control", "court"}


def test_a_bad_record_stops_the_run_or_is_left_out_as_the_config_says(config, tmp_path):
    path = tmp_path / "train.jsonl"
    path.write_text(path.read_text("utf-8") + '{"text": 5}\n', encoding="utf-8")
    with pytest.raises(RecordError, match=r"train.jsonl:25"):
        train(config)
    config.on_bad_record = "skip"
    config.trainer.epochs = 1
    train(config)


def test_the_average_follows_the_weights_and_leaves_positions_alone(tagger):
    model = deepcopy(tagger.model)
    average = WeightAverage(model, decay=0.997)
    average.on_step_end(None, None, None)  # the first step is taken as it is
    start = model.tag_head.bias.detach().clone()
    with torch.no_grad():
        model.tag_head.bias += 1
    for _ in range(20):
        average.on_step_end(None, None, None)
    torch.testing.assert_close(average.model.tag_head.bias, start + (1 - 0.997**20))
    positions = model.encoder.embeddings.position_ids
    assert torch.equal(average.model.encoder.embeddings.position_ids, positions)


def test_a_resumed_training_goes_on_from_its_last_checkpoint(config):
    config.trainer.epochs = 1
    train(config)
    config.trainer.epochs = 3
    train(config, resume=True)
    (state,) = config.output.glob("checkpoints/checkpoint-18/trainer_state.json")
    epochs = [log["epoch"] for log in json.loads(state.read_text())["log_history"] if "eval_f1" in log]
    assert epochs == [1, 2, 3]


def test_pretraining_writes_an_encoder_that_training_takes(config, tmp_path):
    texts = write_jsonl(tmp_path / "texts.jsonl", [article(3)] * 8)
    pretrain(
        PretrainConfig(
            encoder=config.model, output=tmp_path / "adapted", texts=[texts], dev_texts=[texts], window=32,
            trainer={"steps": 4, "batch_size": 2, "save_every": 2},
        )
    )  # fmt: skip
    adapted, tokenizer = load_encoder(str(tmp_path / "adapted"))
    start, _ = load_encoder(config.model)
    assert len(tokenizer) == adapted.config.vocab_size
    assert not torch.equal(adapted.get_input_embeddings().weight, start.get_input_embeddings().weight)
    goes_on = MaskedLanguageModel(adapted)
    goes_on.load_head(str(tmp_path / "adapted"))
    assert goes_on.bias.any()  # a new output layer has none
    fresh = MaskedLanguageModel(start)
    fresh.load_head(config.model)
    assert not fresh.bias.any()


def test_masks_cover_about_their_share_and_spare_the_special_tokens(tokenizer):
    dataset = pack(["西藏自治区禁毒办在拉萨市" * 30] * 20, tokenizer, window=64)
    assert all(row["input_ids"][0] == tokenizer.cls_id and len(row["input_ids"]) <= 64 for row in dataset)
    batch = SpanMaskCollator(tokenizer, len(tokenizer), share=0.2, longest=5, seed=0)(list(dataset))
    masked = batch["labels"] != -100
    assert 0.15 < masked.float().mean() < 0.25
    assert not torch.isin(batch["labels"][masked], torch.tensor([tokenizer.cls_id, tokenizer.sep_id])).any()
    hidden = batch["input_ids"][masked] == tokenizer.mask_id
    assert 0.7 < hidden.float().mean() < 0.9


def test_an_encoder_that_pretraining_wrote_is_loaded_as_it_is(encoder_folder, tokenizer):
    encoder, loaded = load_encoder(str(encoder_folder))
    assert loaded.vocabulary == tokenizer.vocabulary
    assert encoder.config.attention_probs_dropout_prob == 0


def test_calibration_finds_the_temperature_and_the_scale_that_made_the_data():
    random = np.random.default_rng(0)
    logits = random.normal(size=(4000, 5)) * 2
    labels = np.array([random.choice(5, p=p) for p in np.exp(logits / 2) / np.exp(logits / 2).sum(1, keepdims=True)])
    assert calibration.fit_temperature(logits, labels) == pytest.approx(2, rel=0.15)
    odds = random.normal(size=8000) * 2
    right = random.random(8000) < 1 / (1 + np.exp(-(0.5 * odds + 1)))
    scale, shift = calibration.fit_spans(1 / (1 + np.exp(-odds)), right)
    assert (scale, shift) == (pytest.approx(0.5, abs=0.1), pytest.approx(1, abs=0.1))


def test_the_threshold_drops_what_costs_more_than_it_brings():
    scores = np.linspace(0, 1, 101)
    assert calibration.best_threshold(scores, scores > 0.32, gold=68) == pytest.approx(0.35)
    assert calibration.best_threshold(scores, np.ones(101, dtype=bool), gold=101) == 0
