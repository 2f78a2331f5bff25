"""The fast model inside a model: it ends after some layers, and lies in the same files."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy

import numpy as np
import pytest
import torch
import yaml
from conftest import ALPHABET, save_and_export

from qingyuan.checkpoint import FAST, CheckpointError, find_checkpoint, load_model
from qingyuan.network import QingyuanConfig, QingyuanModel
from qingyuan.tagger import Tagger
from qingyuan.training.config import TrainConfig
from qingyuan.training.start import load_start
from qingyuan.training.trainer import train

TEXTS = [ALPHABET[:70], ALPHABET[20:45], "市", ""]


def network(encoder, exit_layer: int = 1, exit_weight: float = 0.5) -> QingyuanModel:
    torch.manual_seed(2)
    config = QingyuanConfig(
        encoder=encoder.config.to_dict(), window=34, overlap=8, dropout=0.0, exit_layer=exit_layer, exit_weight=exit_weight
    )
    model = QingyuanModel(config, encoder)
    for name, weight in model.named_parameters():
        if "_head.weight" in name:
            torch.nn.init.normal_(weight, std=2.0)
    return model.eval()


@pytest.fixture(scope="module")
def folder(tiny_encoder, tokenizer, tmp_path_factory):
    """A model with an early exit, its fast model and its int8 file."""
    folder = tmp_path_factory.mktemp("model")
    return save_and_export(Tagger(network(tiny_encoder), tokenizer, device="cpu"), folder)


def logits(tagger: Tagger) -> np.ndarray:
    tags, _ = tagger.logits([tagger.tokenizer(text) for text in TEXTS])
    return np.concatenate(tags)


def test_the_exit_reads_the_states_after_its_layer(tiny_encoder, tokenizer):
    model = network(tiny_encoder)
    ids = torch.from_numpy(tokenizer(ALPHABET[:20]).ids[None])
    mask = torch.ones_like(ids)
    whole = deepcopy(model.encoder)  # hidden states on demand leave hooks behind
    states = whole(ids, attention_mask=mask, output_hidden_states=True).hidden_states[1]
    early = model.early_exit().eval()(ids, mask)
    torch.testing.assert_close(early.tag_logits, model.exit_tag_head(states))
    summary = torch.cat([states[:, 0], states.mean(1)], dim=-1)
    torch.testing.assert_close(early.topic_logits, model.exit_topic_head(summary))


def test_the_exit_learns_from_labels_and_from_the_last_layer(tiny_encoder, tokenizer):
    ids = torch.from_numpy(tokenizer(ALPHABET[:20]).ids[None])
    mask, tags, topics = torch.ones_like(ids), torch.zeros(1, ids.shape[1], 2, dtype=torch.long), torch.tensor([3])
    plain, model = (network(tiny_encoder, exit_weight=weight) for weight in (0, 1))
    late, early = model(ids, mask), model.early_exit().eval()(ids, mask, tags, topics)
    told = early.tag_logits.split(model.layer_sizes, -1)
    heard = late.tag_logits.split(model.layer_sizes, -1)
    apart = sum(-(h.softmax(-1) * t.log_softmax(-1)).sum(-1).mean() for h, t in zip(heard, told))
    apart -= 0.1 * (late.topic_logits.softmax(-1) * early.topic_logits.log_softmax(-1)).sum()
    loss = model(ids, mask, tags, topics).loss
    torch.testing.assert_close(loss, plain(ids, mask, tags, topics).loss + (early.loss + apart) / 2)
    loss.backward()
    assert model.exit_tag_head.weight.grad.abs().sum() > 0


def test_a_model_without_an_exit_says_so(tagger):
    with pytest.raises(ValueError, match="exit_layer"):
        tagger.model.early_exit()


@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_both_models_come_from_one_folder(folder, tiny_encoder, tokenizer, backend):
    whole = network(tiny_encoder)
    for name, right in ((folder, whole), (folder / FAST, whole.early_exit())):
        found = Tagger.from_pretrained(name, backend=backend)
        expected = logits(Tagger(right, tokenizer, device="cpu"))
        near = 1e-4 if backend == "torch" else 0.05 * np.abs(expected).max()
        np.testing.assert_allclose(logits(found), expected, atol=near)
    assert not np.allclose(expected, logits(Tagger(whole, tokenizer, device="cpu")), atol=1)


def test_a_copy_of_the_folder_has_the_fast_model(folder, tmp_path):
    for backend in ("torch", "onnx"):
        Tagger.from_pretrained(folder, backend=backend).save_pretrained(tmp_path / backend)
        again = Tagger.from_pretrained(tmp_path / backend / FAST, backend=backend)
        np.testing.assert_array_equal(logits(again), logits(Tagger.from_pretrained(folder / FAST, backend=backend)))


def test_saving_in_place_keeps_the_calibration_of_the_fast_model(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    config = json.loads((copy / FAST / "config.json").read_text())
    (copy / FAST / "config.json").write_text(json.dumps(config | {"calibration": {"threshold": 0.7}}))
    for place in (copy, tmp_path / "other"):
        Tagger.from_pretrained(copy, backend="torch").save_pretrained(place)
        assert Tagger.from_pretrained(place / FAST, backend="torch").calibration.threshold == 0.7


def test_a_push_takes_the_fast_model_along(folder, pushed):
    Tagger.from_pretrained(folder).push_to_hub("me/court")
    assert "fast/config.json" in pushed["files"] and "model.int8.onnx" in pushed["files"]
    Tagger.from_pretrained(folder / FAST, backend="torch").push_to_hub("me/court")
    assert "model.safetensors" in pushed["files"] and "fast/config.json" not in pushed["files"]


def test_the_fast_model_can_be_saved_alone(folder, tmp_path):
    fast = Tagger.from_pretrained(folder / FAST, backend="torch")
    fast.save_pretrained(tmp_path)
    assert load_model(tmp_path).encoder.config.num_hidden_layers == 1
    np.testing.assert_array_equal(logits(Tagger.from_pretrained(tmp_path, backend="torch")), logits(fast))
    with pytest.raises(ValueError, match="backend='torch'"):
        Tagger.from_pretrained(folder / FAST, backend="onnx").save_pretrained(tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_an_int8_file_from_before_the_exit_is_refused(folder, exported, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    shutil.copyfile(exported / "model.int8.onnx", copy / "model.int8.onnx")
    with pytest.raises(CheckpointError, match="no early exit"):
        Tagger.from_pretrained(copy / FAST, backend="onnx")


def test_names_of_the_hub_may_end_in_fast(folder, monkeypatch):
    asked = []
    monkeypatch.setattr("qingyuan.checkpoint._fetch", lambda name: asked.append(name) or folder)
    assert find_checkpoint("owner/model/fast") == folder / FAST
    assert find_checkpoint("owner/model") == folder and asked == ["owner/model", "owner/model"]
    with pytest.raises(CheckpointError, match="no such folder"):
        find_checkpoint("owner/model/slow")
    find_checkpoint("owner/fast")
    assert asked[2:] == ["owner/fast"]


def test_a_model_with_no_fast_one_inside_says_so(exported, tagger, folder, tmp_path):
    with pytest.raises(CheckpointError, match="no fast model inside"):
        find_checkpoint(f"{exported}/fast")
    copy = shutil.copytree(folder, tmp_path / "copy")
    tagger.save_pretrained(copy)  # over a model that had one
    assert not (copy / FAST / "config.json").exists()
    stale = shutil.copytree(exported, tmp_path / "stale")
    shutil.copytree(folder / FAST, stale / FAST)
    with pytest.raises(CheckpointError, match="exit_"):
        load_model(stale / FAST)


@pytest.fixture
def config(folder, tmp_path):
    sentence = "市公安局"
    entities = [{"start": 0, "end": 4, "label": "AGENCY"}]
    file = tmp_path / "articles.jsonl"
    file.write_text(json.dumps({"text": sentence, "entities": entities, "topic": "policing"}) + "\n", encoding="utf-8")
    values = {"model": str(folder), "output": str(tmp_path / "run"), "train": [str(file)], "dev": [str(file)]}
    return TrainConfig.model_validate(values | {"window": 34, "overlap": 8, "trainer": {"epochs": 1, "ema": 0.5}})


def test_a_training_keeps_the_exit_and_calibrates_it(config):
    scores = train(config)
    assert 0 <= scores["eval_f1_fast"] <= 1
    fast = json.loads((config.output / FAST / "config.json").read_text())
    assert fast["inside"] and fast["encoder"]["num_hidden_layers"] == 1 and fast["calibration"]
    assert yaml.safe_load((config.output / "training.yaml").read_text())["exit_layer"] is None
    Tagger.from_pretrained(config.output / FAST).predict(TEXTS)


def test_a_training_without_the_exit_leaves_no_fast_model_behind(config):
    train(config)
    train(config.model_copy(update={"exit_layer": 0}))
    assert not (config.output / FAST / "config.json").exists()


def test_an_exit_starts_with_what_is_known(config, folder):
    model, _ = load_start(config, taxonomy_of(folder), ())
    torch.testing.assert_close(model.exit_tag_head.weight, load_model(folder).exit_tag_head.weight)
    with pytest.raises(ValueError, match="before the last layer"):
        load_start(config.model_copy(update={"exit_layer": 2}), taxonomy_of(folder), ())


def taxonomy_of(folder):
    return Tagger.from_pretrained(folder, backend="onnx").taxonomy
