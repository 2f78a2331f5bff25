"""The int8 model: written where it is as good, refused where it is not."""

from __future__ import annotations

import json
import shutil

import numpy as np
import onnxruntime
import pytest
import torch
from conftest import ALPHABET
from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel
from typer.testing import CliRunner

from qingyuan.checkpoint import ONNX_FILE, WEIGHTS_FILE, CheckpointError
from qingyuan.cli import app
from qingyuan.network import QingyuanConfig, QingyuanModel
from qingyuan.tagger import Tagger
from qingyuan.training import export as exporting
from qingyuan.training.export import ExportError, export
from qingyuan.training.graph import Product, build
from qingyuan.training.quantize import quantize_product


@pytest.fixture
def folder(exported, tmp_path):
    folder = shutil.copytree(exported, tmp_path / "model")
    (folder / ONNX_FILE).unlink()
    return folder


def product(found: Product, x: np.ndarray) -> np.ndarray:
    """What ONNX Runtime computes."""
    x = x if found.smooth is None else x * found.smooth
    small = np.clip(np.round(x / found.scale) + found.zero, 0, 255) - found.zero
    return (small * found.scale) @ (found.weight * found.weight_scale) + found.bias


def test_products_stay_near_even_with_one_loud_channel():
    random = np.random.default_rng(0)
    x = random.normal(size=(500, 32)).astype(np.float32)
    x[:, 3] *= 60
    weight = random.normal(size=(32, 16)).astype(np.float32)
    weight[3] /= 60
    bias = random.normal(size=16).astype(np.float32)
    found = quantize_product(weight, bias, x)
    right = x @ weight + bias
    assert found.smooth is not None and found.weight.dtype == np.int8
    assert np.abs(product(found, x) - right).mean() < 0.02 * np.abs(right).mean()
    np.testing.assert_allclose((product(found, x) - right).mean(0), 0, atol=1e-3)


def test_smoothing_is_left_out_where_it_gains_nothing():
    random = np.random.default_rng(0)
    x = random.normal(size=(500, 32)).astype(np.float32)
    found = quantize_product(random.normal(size=(32, 16)).astype(np.float32), np.zeros(16, np.float32), x)
    assert found.smooth is None


def test_the_command_writes_and_tells_what_it_costs(folder, labelled):
    before = {path.name for path in folder.iterdir()}
    options = ["--check", str(labelled), "--calibrate", str(labelled), "--loss", "1"]
    result = CliRunner().invoke(app, ["export", str(folder), *options])
    assert result.exit_code == 0, result.output
    assert "strict F1 1.0000 in float32" in result.output and "logits differ by" in result.output
    assert {path.name for path in folder.iterdir()} == before | {ONNX_FILE}
    assert (folder / ONNX_FILE).stat().st_size < (folder / WEIGHTS_FILE).stat().st_size


def test_too_much_loss_is_refused_and_nothing_written(folder, labelled, monkeypatch):
    def broken(weights, layers, inputs):
        return {name: each._replace(bias=each.bias + 3) for name, each in right(weights, layers, inputs).items()}

    right = exporting.quantize
    monkeypatch.setattr(exporting, "quantize", broken)
    before = {path.name for path in folder.iterdir()}
    with pytest.raises(ExportError, match="more than 0.003 is lost"):
        export(str(folder), [str(labelled)], [str(labelled)])
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("taxonomy", [{"labels": ["SHIP"], "topics": []}, {"labels": [], "topics": ["sea", "land"]}])
def test_models_of_topics_or_labels_alone(tagger, tmp_path, labelled, taxonomy):
    settings = tagger.model.config.to_dict() | {"taxonomy": taxonomy}
    some = Tagger(QingyuanModel(QingyuanConfig.from_dict(settings), tagger.model.encoder), tagger.tokenizer, "cpu")
    some.save_pretrained(tmp_path)
    export(str(tmp_path), [], [str(labelled)])
    small = Tagger.from_pretrained(tmp_path, backend="onnx")
    for full, int8 in zip(some.predict(["西藏自治区", ""]), small.predict(["西藏自治区", ""])):
        assert (full.topic is None) == (int8.topic is None) and len(full.topics) == len(int8.topics)


@pytest.mark.parametrize("family", [(BertConfig, BertModel), (RobertaConfig, RobertaModel)], ids=["bert", "roberta"])
@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
def test_the_float_graph_is_the_network(family, activation):
    config_class, model_class = family
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    config = config_class(vocab_size=50, hidden_act=activation, max_position_embeddings=40, **sizes)
    encoder = model_class(config, add_pooling_layer=False)
    model = QingyuanModel(QingyuanConfig(encoder=config.to_dict()), encoder).eval()
    weights = {name: weight.numpy() for name, weight in model.state_dict().items()}
    graph = build(weights, config.to_dict()).SerializeToString()
    ids = np.random.default_rng(0).integers(5, 50, (3, 20))
    found = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"]).run(None, {"input_ids": ids})
    with torch.no_grad():
        right = model(torch.from_numpy(ids), torch.ones(3, 20, dtype=torch.int64))
    np.testing.assert_allclose(found[0], right.tag_logits.numpy(), atol=1e-4)
    np.testing.assert_allclose(found[1], right.topic_logits.numpy(), atol=1e-4)


def test_encoders_that_are_not_known_are_refused(folder):
    with pytest.raises(ValueError, match="a deberta encoder"):
        build({}, {"model_type": "deberta", "hidden_act": "gelu"})
    with pytest.raises(ValueError, match="with silu"):
        build({}, {"model_type": "bert", "hidden_act": "silu"})


def test_onnx_alone_can_not_be_exported(exported, tmp_path, labelled):
    folder = shutil.copytree(exported, tmp_path / "alone")
    (folder / WEIGHTS_FILE).unlink()
    with pytest.raises(CheckpointError, match="made from it"):
        export(str(folder), [str(labelled)], [str(labelled)])


@pytest.fixture(scope="module")
def labelled(tagger, tmp_path_factory):
    """Texts with the labels that the float32 model gives."""
    path = tmp_path_factory.mktemp("labelled") / "gold.jsonl"
    articles = tagger.predict([ALPHABET[start : start + 50] for start in range(0, 70, 5)])
    path.write_text("\n".join(json.dumps(a.to_dict(), ensure_ascii=False) for a in articles), encoding="utf-8")
    return path
