"""Post-training quantisation: for each product of the encoder the scales that keep its output nearest to float32.

Activations get fixed scales from calibration texts, so that scores don't depend on what else is in a batch. Channels
much louder than the others are made softer, and their weights louder (Xiao et al., 2023, "SmoothQuant"); ranges are
clipped where that helps; the mean error that is left goes into the bias (Nagel et al., 2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnxruntime
from onnx import ModelProto, helper

from qingyuan.training.graph import Product, Weights, product_names, product_weights, quantize_columns

ROWS = 32  # tokens remembered of each calibration window
CLIPS = (1.0, 0.85, 0.7, 0.55, 0.4)  # shares of the range that may be kept
SMOOTHINGS = (0.0, 0.5, 0.75)  # how much of a channel's loudness moves into the weights
WORTH = 0.7  # smoothing costs a pass over the activations: it must leave this share of the error at most


def quantize(weights: Weights, layers: int, inputs: Mapping[str, np.ndarray]) -> dict[str, Product]:
    """All products of `layers` layers in int8; `inputs` are what each was seen to multiply, (tokens, channels)."""
    names = product_names(layers)
    products = {name: quantize_product(*product_weights(weights, name), inputs[name]) for name in names}
    for layer in range(layers):
        _soften_values(products, layer)
    return products


def _soften_values(products: dict[str, Product], layer: int) -> None:
    """Smooth the output of attention for nothing: it is a mean of values, which come smoothed from their product."""
    qkv, out = products[f"{layer}.qkv"], products[f"{layer}.out"]
    if out.smooth is not None:
        smooth = np.concatenate([np.ones(2 * len(out.smooth), dtype=np.float32), out.smooth])
        products[f"{layer}.qkv"] = qkv._replace(weight_scale=qkv.weight_scale * smooth, bias=qkv.bias * smooth)
        products[f"{layer}.out"] = out._replace(smooth=None)


def quantize_product(weight: np.ndarray, bias: np.ndarray, x: np.ndarray) -> Product:
    """The best of all smoothings and clips for a product, by its squared error on the inputs `x` (tokens, channels)."""
    plain, *smoothed = (_best_clip(weight, bias, x, _smoothing(weight, x, strength)) for strength in SMOOTHINGS)
    softest = min(smoothed, key=lambda found: found[0])
    return (softest if softest[0] < WORTH * plain[0] else plain)[1]


def _best_clip(weight: np.ndarray, bias: np.ndarray, x: np.ndarray, smooth: np.ndarray | None) -> tuple[float, Product]:
    """The squared error of the best clip, first of what is above zero, then of what is below, and the product."""
    soft = x if smooth is None else x * smooth
    small, columns = quantize_columns(weight if smooth is None else weight / smooth[:, None])
    right, large = x @ weight, small * columns

    def attempt(above: float, below: float) -> tuple[float, Product]:
        scale, zero = _scale(soft, above, below)
        wrong = _round(soft, scale, zero) @ large - right
        mean = wrong.mean(axis=0)
        return float(((wrong - mean) ** 2).mean()), Product(small, columns, bias - mean, scale, zero, smooth)

    _, above = min((attempt(clip, 1.0)[0], clip) for clip in CLIPS)
    return min((attempt(above, clip) for clip in CLIPS), key=lambda found: found[0])


def _smoothing(weight: np.ndarray, x: np.ndarray, strength: float) -> np.ndarray | None:
    if not strength:
        return None
    loud, heavy = (np.maximum(np.abs(part).max(axis=axis), 1e-5) for part, axis in ((x, 0), (weight, 1)))
    smooth = heavy ** (1 - strength) / loud**strength
    return (smooth / np.exp(np.log(smooth).mean())).astype(np.float32)


def _scale(x: np.ndarray, above: float, below: float) -> tuple[np.float32, np.uint8]:
    """Scale and zero point of uint8 for the shares `above` and `below` zero of the range of `x`."""
    low, high = below * min(float(x.min()), 0.0), above * max(float(x.max()), 1e-5)
    scale = (high - low) / 255
    return np.float32(scale), np.uint8(round(-low / scale))


def _round(x: np.ndarray, scale: np.float32, zero: np.uint8) -> np.ndarray:
    """`x` as uint8 has it."""
    return (np.clip(np.round(x / scale) + zero, 0, 255) - zero) * scale


def watch(
    model: ModelProto, layers: int, windows: Sequence[Mapping[str, np.ndarray]], seed: int = 0
) -> dict[str, np.ndarray]:
    """What each product of a float32 graph multiplies, (tokens, channels), when it reads `windows`, one a time.

    A window is what `qingyuan.batches.frame` makes of it.
    """
    names = product_names(layers)
    watched = ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(helper.make_empty_tensor_value_info(f"{name}.input") for name in names)
    session = onnxruntime.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(seed)
    seen: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for window in windows:
        length = window["input_ids"].shape[1]
        inside = random.choice(length, min(ROWS, length), replace=False)
        rows = np.union1d(inside, [0, length - 1])  # the special tokens are the loudest
        inputs = {"input_ids": window["input_ids"]}
        for name, x in zip(names, session.run([f"{name}.input" for name in names], inputs)):
            seen[name].append(x[0, rows])
    return {name: np.concatenate(parts) for name, parts in seen.items()}
