"""A smaller model cut out of a trained one: the strongest channels, heads and units of some of its layers.

A student that starts so learns much faster than one that starts from nothing (Muralidharan et al., 2024, "Compact
language models via pruning and knowledge distillation"; there strength is measured on texts, here on the weights).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from qingyuan.network import QingyuanConfig, QingyuanModel


@torch.no_grad()
def shrink(
    model: QingyuanModel,
    layers: Sequence[int] | None = None,
    width: int | None = None,
    intermediate: int | None = None,
) -> QingyuanModel:
    """A new model with the encoder's `layers` alone, `width` channels and `intermediate` units in each feed-forward part;
    without an early exit.

    Heads keep their size, so that their number falls with the width. The encoder is a BERT or built like one.
    Raises `ValueError` for what it does not have.
    """
    whole = model.encoder.config
    if not hasattr(getattr(model.encoder, "encoder", None), "layer"):
        raise ValueError(f"only encoders built like BERT can be cut, not a {type(model.encoder).__name__}")
    kept = list(range(whole.num_hidden_layers)) if layers is None else list(layers)
    width, intermediate = width or whole.hidden_size, intermediate or whole.intermediate_size
    head_size = whole.hidden_size // whole.num_attention_heads
    if not kept or not all(0 <= layer < whole.num_hidden_layers for layer in kept):
        raise ValueError(f"layers: {kept}, but the encoder's layers are 0 to {whole.num_hidden_layers - 1}")
    if width > whole.hidden_size or width % head_size:
        raise ValueError(f"width: {width}, but it is a multiple of {head_size} (a head) and {whole.hidden_size} at most")
    if intermediate > whole.intermediate_size:
        raise ValueError(f"intermediate: {intermediate}, but the encoder has {whole.intermediate_size} units")

    config = QingyuanConfig.from_dict(model.config.to_dict())
    config.encoder = {
        **config.encoder,
        "num_hidden_layers": len(kept),
        "hidden_size": width,
        "num_attention_heads": width // head_size,
        "intermediate_size": intermediate,
    }
    config.exit_layer = 0
    small = QingyuanModel(config)
    weights = model.state_dict()
    channels = _strongest(_channel_strength(model), width)
    sources = [model.encoder.encoder.layer[layer] for layer in kept]
    rows = [_head_rows(source, width // head_size, head_size) for source in sources]
    units = [_units(source, intermediate) for source in sources]
    for name, target in small.state_dict().items():
        source_name, inner = name, None
        if name.startswith("encoder.encoder.layer."):
            place, part = name.removeprefix("encoder.encoder.layer.").split(".", 1)
            source_name = f"encoder.encoder.layer.{kept[int(place)]}.{part}"
            inner = (rows if "attention" in part else units)[int(place)]
        target.copy_(_cut(name, weights[source_name], channels, inner))
    return small


def _cut(name: str, weight: torch.Tensor, channels: torch.Tensor, inner: torch.Tensor | None) -> torch.Tensor:
    """The part of a weight between kept channels, and kept units or rows of heads (`inner`)."""
    if name == "topic_head.weight":  # reads [CLS] and the mean, side by side
        return weight[:, torch.cat([channels, channels + weight.shape[1] // 2])]
    if name.endswith("_head.bias"):
        return weight
    if name.endswith("_head.weight") or "_embeddings" in name:
        return weight[:, channels]
    if ".query." in name or ".key." in name or ".value." in name or ".intermediate." in name:
        weight = weight[inner]
        return weight[:, channels] if weight.ndim == 2 else weight
    weight = weight[channels]  # what leads back to the channels, and norms
    return weight[:, inner] if weight.ndim == 2 else weight


def _channel_strength(model: QingyuanModel) -> torch.Tensor:
    """How much of each channel, as the norms let it through, the weights that read it take, (width,)."""
    scale = model.encoder.embeddings.LayerNorm.weight.square()
    strength = torch.zeros_like(scale)
    for layer in model.encoder.encoder.layer:
        attention = layer.attention
        for reader in (attention.self.query, attention.self.key, attention.self.value):
            strength = strength + scale * reader.weight.square().sum(0)
        strength = strength + attention.output.LayerNorm.weight.square() * layer.intermediate.dense.weight.square().sum(0)
        scale = layer.output.LayerNorm.weight.square()
    return strength + scale * model.tag_head.weight.square().sum(0)


def _units(layer: torch.nn.Module, count: int) -> torch.Tensor:
    into, out_of = layer.intermediate.dense.weight, layer.output.dense.weight
    return _strongest(into.norm(dim=1) * out_of.norm(dim=0), count)


def _head_rows(layer: torch.nn.Module, count: int, size: int) -> torch.Tensor:
    """The rows of the strongest heads."""
    value, output = layer.attention.self.value.weight, layer.attention.output.dense.weight
    strength = value.norm(dim=1).view(-1, size).norm(dim=1) * output.norm(dim=0).view(-1, size).norm(dim=1)
    return (_strongest(strength, count)[:, None] * size + torch.arange(size)).flatten()


def _strongest(strength: torch.Tensor, count: int) -> torch.Tensor:
    return strength.topk(count).indices.sort().values
