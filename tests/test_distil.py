"""Distillation: cutting a student out of a model, and teaching it what the model says."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import load_file

from qingyuan.checkpoint import load_checkpoint
from qingyuan.network import soft_cross_entropy
from qingyuan.tagger import Tagger
from qingyuan.taxonomy import Taxonomy
from qingyuan.tokens import SPECIAL_TOKENS, CharacterTokenizer
from qingyuan.training.config import DistilConfig
from qingyuan.training.distil import Teachers, distil, relation_loss
from qingyuan.training.shrink import shrink

TEXTS = ["西藏自治区禁毒办在拉萨市法院。", "《法院》“禁毒年”动,对人民的生活大有作用。", "拉萨市主办2024年禁毒会。"]


def scores(model, ids) -> list[torch.Tensor]:
    with torch.no_grad():
        output = model.eval()(ids, torch.ones_like(ids))
        return model.split_logits(output.tag_logits, output.topic_logits)


@pytest.fixture
def ids(tokenizer) -> torch.Tensor:
    return torch.tensor([[tokenizer.cls_id, *tokenizer(TEXTS[0]).ids, tokenizer.sep_id]])


def test_a_cut_that_takes_nothing_away_changes_nothing(tagger, ids):
    whole = shrink(tagger.model, layers=[0, 1], width=32, intermediate=64)
    for same, before in zip(scores(whole, ids), scores(tagger.model, ids)):
        torch.testing.assert_close(same, before)


def test_the_units_that_do_something_stay(tagger, ids):
    model = shrink(tagger.model)
    for layer in model.encoder.encoder.layer:
        layer.output.dense.weight.data[:, ::2] = 0  # every other unit is mute
    half = shrink(model, intermediate=32)
    assert sum(p.numel() for p in half.parameters()) < sum(p.numel() for p in model.parameters())
    for same, before in zip(scores(half, ids), scores(model, ids)):
        torch.testing.assert_close(same, before)


def test_the_channels_and_heads_that_are_read_stay(tagger, ids):
    model = shrink(tagger.model)
    mute = torch.arange(32) % 4 < 2
    embeddings = model.encoder.embeddings
    for table in (embeddings.word_embeddings, embeddings.position_embeddings, embeddings.token_type_embeddings):
        table.weight.data[:, mute] = 0
    for norm in [m for m in model.modules() if isinstance(m, torch.nn.LayerNorm)]:
        norm.weight.data[mute] = norm.bias.data[mute] = 0
    with torch.no_grad():
        model.topic_head.weight.view(-1, 2, 32)[:, :, mute] = 0
    narrow = shrink(model, width=16)
    assert narrow.encoder.config.hidden_size == 16 and narrow.encoder.config.num_attention_heads == 1
    kept = model.encoder.embeddings.word_embeddings.weight[:, ~mute]
    torch.testing.assert_close(narrow.encoder.embeddings.word_embeddings.weight, kept)
    torch.testing.assert_close(narrow.topic_head.weight, model.topic_head.weight[:, (~mute).repeat(2)])


def test_a_cut_model_is_saved_and_loaded_whole(tagger, ids, tmp_path):
    small = Tagger(shrink(tagger.model, layers=[1], width=16, intermediate=16), tagger.tokenizer, device="cpu")
    small.save_pretrained(tmp_path)
    loaded, _ = load_checkpoint(tmp_path)
    assert len(loaded.encoder.encoder.layer) == 1
    for same, before in zip(scores(loaded, ids), scores(small.model, ids)):
        torch.testing.assert_close(same, before)
    assert len(tagger.model.encoder.encoder.layer) == 2  # the one cut from is left as it was


@pytest.mark.parametrize("cut", [{"layers": [2]}, {"layers": []}, {"intermediate": 65}, {"width": 40}, {"width": 24}])
def test_what_is_not_there_cannot_be_kept(tagger, cut):
    with pytest.raises(ValueError, match=next(iter(cut))):
        shrink(tagger.model, **cut)


def test_the_soft_loss_is_least_where_the_student_says_the_same():
    torch.manual_seed(0)
    teacher = torch.randn(4, 5)
    targets = (teacher / 2).softmax(-1)
    least = soft_cross_entropy(teacher, targets, 2.0)
    torch.testing.assert_close(least, 4 * torch.distributions.Categorical(targets).entropy().mean())
    assert soft_cross_entropy(teacher + torch.randn(4, 5), targets, 2.0) > least


def test_the_hidden_loss_asks_for_the_same_likeness_and_not_for_the_same_channels():
    torch.manual_seed(0)
    teacher = torch.randn(1000, 8)
    turned = teacher @ torch.linalg.qr(torch.randn(16, 8)).Q.T
    assert relation_loss(turned, teacher) < 1e-10
    assert relation_loss(torch.randn(1000, 16), teacher) > 0.01


def test_teachers_vote_by_their_mean_probability(tagger, ids):
    other = shrink(tagger.model, layers=[1])
    votes, _ = Teachers([tagger.model, other])({"input_ids": ids, "attention_mask": torch.ones_like(ids)}, 1.0)
    for vote, one, two in zip(votes, scores(tagger.model, ids), scores(other, ids)):
        torch.testing.assert_close(vote, (one.softmax(-1) + two.softmax(-1)) / 2)


@pytest.fixture
def config(tagger, tmp_path) -> DistilConfig:
    tagger.save_pretrained(tmp_path / "teacher")
    torch.manual_seed(2)
    other = shrink(tagger.model)
    torch.nn.init.normal_(other.tag_head.weight, std=2.0)
    torch.nn.init.normal_(other.topic_head.weight, std=1.0)
    Tagger(other, tagger.tokenizer, device="cpu").save_pretrained(tmp_path / "start")
    labelled = tmp_path / "labelled.jsonl"
    articles = tagger.predict(TEXTS)
    labelled.write_text("".join(json.dumps(a.to_dict(), ensure_ascii=False) + "\n" for a in articles), encoding="utf-8")
    unlabelled = tmp_path / "unlabelled.jsonl"
    unlabelled.write_text("".join(json.dumps({"text": text * 2}) + "\n" for text in TEXTS * 2), encoding="utf-8")
    return DistilConfig(
        model=str(tmp_path / "start"), teachers=[str(tmp_path / "teacher")], output=tmp_path / "student", hidden_weight=0.0,
        train=[str(labelled)], dev=[str(labelled)], texts=[str(unlabelled)], layers=[1], window=34, overlap=8,
        check_leaks=False, gold_weight=0.0, topic_weight=1.0, temperature=1.0, dropout=0.0, augment=dict.fromkeys(["mask", "half_width", "straight_quotes", "broken_lines"], 0.0),
        trainer={"epochs": 8, "batch_size": 3, "learning_rate": 1e-3, "head_learning_rate": 5e-2},
    )  # fmt: skip


def test_a_student_learns_its_teacher_without_a_label(config, tagger, ids):
    distil(config)
    student = shrink(load_checkpoint(config.model)[0], config.layers)
    before = scores(student, ids)
    (last,) = config.output.glob("checkpoints/checkpoint-32/model.safetensors")
    student.load_state_dict(load_file(last))
    for taught, untaught, teacher in zip(scores(student, ids), before, scores(tagger.model, ids)):
        targets = teacher.softmax(-1)
        assert soft_cross_entropy(taught, targets, 1.0) < soft_cross_entropy(untaught, targets, 1.0)
    assert Tagger.from_pretrained(config.output).predict(TEXTS[0]).topics


def test_teachers_that_cannot_be_compared_are_refused(config, tagger, tmp_path):
    other = Tagger(tagger.model, CharacterTokenizer([*SPECIAL_TOKENS, *reversed(tagger.tokenizer.vocabulary[5:])]))
    other.save_pretrained(tmp_path / "other")
    with pytest.raises(ValueError, match="reads other tokens"):
        distil(config.model_copy(update={"teachers": [str(tmp_path / "other")]}))
    own = Taxonomy.from_dict({"labels": ["SHIP"], "topics": ["sea"]})
    with pytest.raises(ValueError, match="other labels or topics"):
        config.train = config.dev = [str(tmp_path / "sea.jsonl")]
        (tmp_path / "sea.jsonl").write_text('{"text": "大有作用", "topic": "sea"}\n')
        distil(config.model_copy(update={"taxonomy": own.to_dict()}))
