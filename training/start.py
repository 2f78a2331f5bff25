"""What a training starts from: an encoder that gets new heads, or a trained model that goes on learning."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from transformers import PretrainedConfig, PreTrainedModel

from qingyuan.checkpoint import EXIT, FAST, find_checkpoint, is_shipped, load_checkpoint
from qingyuan.network import QingyuanConfig, QingyuanModel
from qingyuan.tags import tag_count
from qingyuan.taxonomy import GOVERNMENT_NEWS, Taxonomy
from qingyuan.tokens import Tokenizer
from qingyuan.training.config import TrainConfig
from qingyuan.training.encoder import load_encoder


def load_start(config: TrainConfig, taxonomy: Taxonomy, texts: Iterable[str]) -> tuple[QingyuanModel, Tokenizer]:
    """The model to train and its tokenizer.

    From a qingyuan model the encoder is kept, and of the heads whatever stands for a label or topic that
    `taxonomy` has too. From an encoder the heads are new. `texts` tell which characters an encoder needs.
    Raises `ValueError` for windows, an early exit or frozen layers that the encoder can't have.
    """
    trained = None
    if is_trained(config.model):
        trained, tokenizer = load_checkpoint(config.model)
        encoder = trained.encoder
        _drop_out(encoder, config.dropout)
    else:
        encoder, tokenizer = load_encoder(config.model, config.dropout, texts)
    longest = getattr(encoder.config, "max_position_embeddings", config.window)
    if config.window > longest:
        raise ValueError(f"window: {config.window} tokens, but {config.model} reads {longest} at most")
    if config.freeze:
        _freeze(trained, config)
    settings = QingyuanConfig(
        encoder=_plain(encoder.config),
        taxonomy=taxonomy.to_dict(),
        window=config.window,
        overlap=config.overlap,
        dropout=config.dropout,
        topic_weight=config.topic_weight,
        exit_layer=_exit_layer(config, trained, encoder),
        exit_weight=config.exit_weight,
    )
    model = QingyuanModel(settings, encoder)
    if trained is not None:
        _keep_heads(trained, model)
    return model, tokenizer


def _exit_layer(config: TrainConfig, trained: QingyuanModel | None, encoder: PreTrainedModel) -> int:
    wanted, layers = config.exit_layer, encoder.config.num_hidden_layers
    if wanted is None:
        return trained.config.exit_layer if trained is not None else 0
    if wanted:
        _refuse_other_builds(encoder, "exit_layer")
    if wanted >= layers:
        raise ValueError(f"exit_layer: {wanted}, but an exit lies before the last layer of {config.model}, {layers}")
    return wanted


def _freeze(trained: QingyuanModel | None, config: TrainConfig) -> None:
    """The embeddings and so many layers stay as they are; they read without dropout."""
    if trained is None:  # its embeddings of what it hadn't known begin by chance
        raise ValueError(f"freeze: {config.model} is an encoder alone; freeze layers when a trained model goes on learning")
    encoder = trained.encoder
    _refuse_other_builds(encoder, "freeze")
    if config.freeze > (layers := encoder.config.num_hidden_layers):
        raise ValueError(f"freeze: {config.freeze} layers, but {config.model} has {layers}")
    for part in (encoder.embeddings, *encoder.encoder.layer[: config.freeze]):
        part.requires_grad_(False)
        _drop_out(part, 0.0)


def _refuse_other_builds(encoder: PreTrainedModel, key: str) -> None:
    if not hasattr(getattr(encoder, "encoder", None), "layer"):
        raise ValueError(f"{key}: only layers of encoders built like BERT are known, not those of {type(encoder).__name__}")


def _plain(config: PretrainedConfig) -> dict:
    """What an encoder is, without the place it was loaded from."""
    return {name: value for name, value in config.to_diff_dict().items() if name != "_name_or_path"}


def starting_taxonomy(model: str) -> Taxonomy:
    """That of a trained model, else the one of government news."""
    if is_trained(model):
        return Taxonomy.from_dict(QingyuanConfig.from_pretrained(find_checkpoint(model)).taxonomy)
    return GOVERNMENT_NEWS


def is_trained(model: str) -> bool:
    """Whether a folder or hub name holds a qingyuan model, and not a bare encoder."""
    if model.endswith(f"/{FAST}") and not Path(model).is_dir():  # the fast model inside one of the hub's
        model = str(find_checkpoint(model))
    return is_shipped(model) or PretrainedConfig.get_config_dict(model)[0].get("model_type") == QingyuanConfig.model_type


def _drop_out(encoder: torch.nn.Module, share: float) -> None:
    """The dropout of hidden states; that of attention is 0 in all our encoders and stays so."""
    for module in encoder.modules():
        if isinstance(module, torch.nn.Dropout) and module.p:
            module.p = share


def _keep_heads(trained: QingyuanModel, model: QingyuanModel) -> None:
    """Copy the rows of the heads whose label or topic both models have.

    An early exit after another layer than before starts with what the heads after the last one know.
    """
    old, new = (Taxonomy.from_dict(each.config.taxonomy) for each in (trained, model))
    with torch.no_grad():
        for head, rows_of in (("tag_head", _tag_rows), ("topic_head", _topic_rows)):
            pairs = [(getattr(trained, head), getattr(model, head))]
            if model.config.exit_layer:
                same = model.config.exit_layer == trained.config.exit_layer
                pairs.append((getattr(trained, EXIT + head if same else head), getattr(model, EXIT + head)))
            old_rows, new_rows = rows_of(old), rows_of(new)
            for meaning in old_rows.keys() & new_rows.keys():
                for source, target in pairs:
                    target.weight[new_rows[meaning]] = source.weight[old_rows[meaning]]
                    target.bias[new_rows[meaning]] = source.bias[old_rows[meaning]]


def _tag_rows(taxonomy: Taxonomy) -> dict[tuple, slice]:
    """Where the tags of each layer's labels stand in the head."""
    rows: dict[tuple, slice] = {}
    start = 0
    for layer, labels in enumerate(taxonomy.layers):
        rows[layer, None] = slice(start, start + 1)
        for number, label in enumerate(labels):
            rows[layer, label] = slice(start + 1 + 4 * number, start + 5 + 4 * number)
        start += tag_count(labels)
    return rows


def _topic_rows(taxonomy: Taxonomy) -> dict[tuple, slice]:
    return {("topic", name): slice(number, number + 1) for number, name in enumerate(taxonomy.topic_names)}
