"""`qingyuan export`: the ONNX model of a checkpoint, in int8, and the proof that it is as good as float32."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from qingyuan import windows
from qingyuan.article import Article
from qingyuan.backends import load_backend
from qingyuan.backends.onnx import OnnxBackend
from qingyuan.batches import frame
from qingyuan.checkpoint import (
    FAST,
    FAST_FILE,
    ONNX_FILE,
    WEIGHTS_FILE,
    CheckpointError,
    find_checkpoint,
    load_settings,
    load_vocabulary,
    read_config,
    weights_folder,
)
from qingyuan.eval.data import load_evaluation_set
from qingyuan.eval.metrics import strict_f1
from qingyuan.tagger import Tagger
from qingyuan.training.graph import build
from qingyuan.training.quantize import quantize, watch
from qingyuan.training.sources import read_texts

CALIBRATION_TEXTS = 40
LOSS = 0.003  # strict F1 that int8 may cost


class ExportError(ValueError):
    """The int8 model is worse than may be; the message says by how much and what to do."""


@dataclass(frozen=True)
class Check:
    """Strict F1 of float32 and int8 of a model on a source, and the largest and the mean difference of a tag's logits."""

    model: str
    source: str
    float32: float
    int8: float
    largest: float
    mean: float

    def __str__(self) -> str:
        return (
            f"{self.model}, {self.source}: strict F1 {self.float32:.4f} in float32, {self.int8:.4f} in int8; "
            f"logits differ by {self.largest:.2f} at most, {self.mean:.3f} on average"
        )


def export(
    name: str, check: Sequence[str], calibrate: Sequence[str], loss: float = LOSS, texts: int = CALIBRATION_TEXTS
) -> list[Check]:
    """Write `model.int8.onnx` into a checkpoint's folder, if on each source of `check` it costs at most `loss`.

    The file serves the fast model too, if there is an early exit, and is checked for both. Scales are fitted to `texts`
    texts of the sources `calibrate`. Raises `ExportError` where int8 costs more: the folder then stays as it was; and
    `ValueError` for an encoder that can't be exported.
    """
    folder = weights_folder(find_checkpoint(name))
    if not (folder / WEIGHTS_FILE).is_file():
        raise CheckpointError(f"{folder / WEIGHTS_FILE}: missing; the int8 model is made from it")
    config = read_config(folder)
    encoder, exit_layer = config["encoder"], config.get("exit_layer", 0)
    weights = {name: weight.astype(np.float32) for name, weight in load_file(folder / WEIGHTS_FILE).items()}
    layers = encoder["num_hidden_layers"]
    windows_seen = list(calibration_windows(folder, calibrate, texts))
    products = quantize(weights, layers, watch(build(weights, encoder), layers, windows_seen))
    beside = folder / f"{ONNX_FILE}.unchecked"
    beside.write_bytes(build(weights, encoder, products, exit_layer).SerializeToString())
    models = [folder, folder / FAST] if (folder / FAST_FILE).is_file() else [folder]
    try:
        checks = [compare(model, beside, source) for model in models for source in check]
        for each in checks:
            if each.float32 - each.int8 > loss:
                cure = "calibrate with texts like these, allow more with --loss, or run it with backend=torch"
                raise ExportError(f"{each}; more than {loss} is lost: {cure}")
        os.replace(beside, folder / ONNX_FILE)
    finally:
        beside.unlink(missing_ok=True)
    return checks


def calibration_windows(
    folder: Path, sources: Sequence[str], texts: int, seed: int = 0
) -> Iterator[dict[str, np.ndarray]]:
    """Windows of some texts of the sources, chosen by chance, one a time, as the network reads them."""
    settings, tokenizer = load_settings(folder), load_vocabulary(folder)
    pool = list(read_texts(sources).values())
    if not pool:
        raise ValueError(f"no texts to calibrate with in {', '.join(sources) or 'an empty list'}")
    for number in np.random.default_rng(seed).permutation(len(pool))[:texts]:
        ids = tokenizer(pool[number]).ids
        for window in windows.split(len(ids), settings.window - 2, settings.overlap):
            yield frame([ids[slice(*window)]], tokenizer)


def compare(folder: Path, path: Path, source: str) -> Check:
    """float32 and the int8 model at `path` on a source of labelled articles."""
    gold = load_evaluation_set(source).articles
    tokenizer = load_vocabulary(folder)
    full = Tagger(load_backend(folder, "torch", "cpu"), tokenizer)
    small = Tagger(OnnxBackend(path, load_settings(folder)), tokenizer)
    differences = np.abs(tag_logits(full, gold) - tag_logits(small, gold))
    scores = [strict_f1(gold, tagger.predict([article.text for article in gold])) for tagger in (full, small)]
    return Check(folder.name, source, *scores, float(differences.max()), float(differences.mean()))


def tag_logits(tagger: Tagger, articles: Sequence[Article]) -> np.ndarray:
    """Of all tokens, (tokens, tags)."""
    return np.concatenate(tagger.logits([tagger.tokenizer(article.text) for article in articles])[0])
