"""The network: one pass of an encoder gives the tags of every token, layer by layer, and the topic."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.utils import ModelOutput

from qingyuan.checkpoint import EXIT
from qingyuan.tags import tag_count
from qingyuan.taxonomy import GOVERNMENT_NEWS, Taxonomy

IGNORED = -100


class QingyuanConfig(PretrainedConfig):
    """What a checkpoint is: its encoder, its taxonomy, how it reads long texts, and how its scores are calibrated.

    `window` counts tokens, the two special ones included; neighbours share `overlap`. `calibration` is that of
    `qingyuan.calibration.Calibration`. `exit_layer` is the layer after which heads of their own tell tags and topic early,
    0 for none; their loss weighs `exit_weight`. A model `inside` is one that ends at the exit of another and has its weights
    there; see `qingyuan.checkpoint`.
    """

    model_type = "qingyuan"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        taxonomy: dict[str, Any] | None = None,
        window: int = 512,
        overlap: int = 64,
        dropout: float = 0.1,
        topic_weight: float = 0.1,
        exit_layer: int = 0,
        exit_weight: float = 0.5,
        inside: bool = False,
        calibration: dict[str, float] | None = None,
        **kwargs,
    ):
        self.encoder = encoder or {"model_type": "bert"}
        self.taxonomy = taxonomy or GOVERNMENT_NEWS.to_dict()
        self.window = window
        self.overlap = overlap
        self.dropout = dropout
        self.topic_weight = topic_weight
        self.exit_layer = exit_layer
        self.exit_weight = exit_weight
        self.inside = inside
        self.calibration = calibration or {}
        super().__init__(**kwargs)


@dataclass
class QingyuanOutput(ModelOutput):
    """`tag_logits`: (windows, tokens, tags of all layers); `topic_logits`: (windows, topics);
    `hidden`: the encoder's last states, (windows, tokens, width)."""

    loss: torch.Tensor | None = None
    tag_logits: torch.Tensor | None = None
    topic_logits: torch.Tensor | None = None
    hidden: torch.Tensor | None = None


class QingyuanModel(PreTrainedModel):
    """An encoder with a linear layer for the tags, and one over `[CLS]` and the mean of the tokens for the topic.

    With an `exit_layer` a second pair of them reads the states after that layer: `early_exit` is the model that ends there.
    """

    config_class = QingyuanConfig
    base_model_prefix = "encoder"
    _supports_sdpa = True

    def __init__(self, config: QingyuanConfig, encoder: PreTrainedModel | None = None):
        super().__init__(config)
        taxonomy = Taxonomy.from_dict(config.taxonomy)
        if encoder is None:
            encoder = AutoModel.from_config(AutoConfig.for_model(**config.encoder))
            encoder.pooler = None
        width = encoder.config.hidden_size
        self.layer_sizes = [tag_count(labels) for labels in taxonomy.layers]
        self.encoder = encoder
        self.dropout = nn.Dropout(config.dropout)
        heads = {"tag_head": (width, sum(self.layer_sizes)), "topic_head": (2 * width, len(taxonomy.topics))}
        for name, (read, told) in heads.items():
            setattr(self, name, nn.Linear(read, told))
            if config.exit_layer:
                setattr(self, EXIT + name, nn.Linear(read, told))
        self.post_init()

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        tags: torch.Tensor | None = None,
        topics: torch.Tensor | None = None,
    ) -> QingyuanOutput:
        """Score windows; with labels, tell the loss too.

        `input_ids` and `attention_mask` have the shape (windows, tokens), `tags` (windows, tokens, layers)
        and `topics` (windows,); -100 stands where nothing is known.
        """
        with self._watch_exit() as seen:
            hidden = self.encoder(input_ids, attention_mask=attention_mask).last_hidden_state
        told = self._read(hidden, attention_mask, self.tag_head, self.topic_head)
        loss = self._loss(*told, tags, topics)
        if seen and loss is not None:
            early_told = self._read(seen[0], attention_mask, self.exit_tag_head, self.exit_topic_head)
            # it does better with both (Phuong and Lampert, 2019, "Distillation-based training for multi-exit architectures")
            late = [logits.detach().float().softmax(-1) for logits in self.split_logits(*told)]
            early_loss = self._loss(*early_told, tags, topics) + self.soft_loss(early_told, late, attention_mask > 0)
            loss = loss + self.config.exit_weight * early_loss / 2
        return QingyuanOutput(loss, *told, hidden)

    def early_exit(self) -> QingyuanModel:
        """A copy of what is read up to the early exit. Raises `ValueError` for a model without one."""
        if not self.config.exit_layer:
            raise ValueError("this model has no early exit; train one with `exit_layer`")
        model = QingyuanModel(early_exit_config(self.config))
        model.config.inside = False
        model.load_state_dict(early_exit_weights(self.state_dict(), model.state_dict()))
        return model.to(self.device)

    @contextmanager
    def _watch_exit(self) -> Iterator[list[torch.Tensor]]:
        """The states after the exit's layer, (windows, tokens, width), once the encoder has run; none without an exit.

        The hidden states that transformers returns on demand leave hooks behind with which a model can't be pickled.
        """
        seen: list[torch.Tensor] = []
        if not self.config.exit_layer:
            yield seen
            return
        layer = self.encoder.encoder.layer[self.config.exit_layer - 1]
        hook = layer.register_forward_hook(lambda _, __, out: seen.append(out[0] if isinstance(out, tuple) else out))
        try:
            yield seen
        finally:
            hook.remove()

    def _read(
        self, hidden: torch.Tensor, attention_mask: torch.Tensor, tag_head: nn.Module, topic_head: nn.Module
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The logits of the tags and of the topics that two heads see in hidden states, (windows, tokens, width)."""
        return tag_head(self.dropout(hidden)), topic_head(self.dropout(self._summary(hidden, attention_mask)))

    @staticmethod
    def _summary(hidden: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """`[CLS]` and the mean of all tokens, (windows, 2 × width)."""
        present = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * present).sum(1) / present.sum(1)
        return torch.cat([hidden[:, 0], mean], dim=-1)

    def _loss(
        self,
        tag_logits: torch.Tensor,
        topic_logits: torch.Tensor,
        tags: torch.Tensor | None,
        topics: torch.Tensor | None,
    ) -> torch.Tensor | None:
        """The mean cross-entropy of a tag, summed over the layers, plus `topic_weight` times that of the topic."""
        if tags is None and topics is None:
            return None
        loss = tag_logits.new_zeros((), dtype=torch.float32)
        if tags is not None:
            for layer, logits in enumerate(tag_logits.split(self.layer_sizes, dim=-1)):
                loss = loss + _cross_entropy(logits, tags[..., layer])
        if topics is not None and topic_logits.shape[-1]:
            loss = loss + self.config.topic_weight * _cross_entropy(topic_logits, topics)
        return loss

    def split_logits(self, tag_logits: torch.Tensor, topic_logits: torch.Tensor) -> list[torch.Tensor]:
        """Logits that compete with each other, apart: those of each layer's tags, then those of the topics."""
        return [*tag_logits.split(self.layer_sizes, dim=-1), topic_logits]

    def soft_loss(
        self,
        told: tuple[torch.Tensor, torch.Tensor],
        targets: Sequence[torch.Tensor],
        present: torch.Tensor,
        temperature: float = 1.0,
    ) -> torch.Tensor:
        """As the loss on labels, with the probabilities that another model gives to each part in their place.

        `told` are the logits of the tags and of the topics, `targets` are as `split_logits` has the parts, `present`,
        (windows, tokens), tells what is no padding.
        """
        (*tags, topics), (*tag_targets, topic_targets) = self.split_logits(*told), targets
        loss = self.config.topic_weight * soft_cross_entropy(topics, topic_targets, temperature)
        for logits, target in zip(tags, tag_targets):
            loss = loss + soft_cross_entropy(logits[present], target[present], temperature)
        return loss


def early_exit_config(config: QingyuanConfig) -> QingyuanConfig:
    """That of the model inside which ends at the early exit, not calibrated yet."""
    early = QingyuanConfig.from_dict(config.to_dict())
    early.encoder = {**config.encoder, "num_hidden_layers": config.exit_layer}
    early.exit_layer, early.inside, early.calibration = 0, True, {}
    return early


def early_exit_weights(weights: Mapping[str, torch.Tensor], names: Iterable[str]) -> dict[str, torch.Tensor]:
    """Of a whole model's weights those that the early exit reads, by the `names` that they have in it.

    Raises `KeyError` for a model without an exit.
    """
    return {name: weights[name if name.startswith("encoder.") else EXIT + name] for name in names}


def soft_cross_entropy(logits: torch.Tensor, targets: torch.Tensor, temperature: float = 1.0) -> torch.Tensor:
    """The mean over rows, both (rows, classes), times temperature² so that gradients keep their size (Hinton et al., 2015)."""
    if not logits.shape[-1]:
        return logits.new_zeros(())
    return -(targets * (logits.float() / temperature).log_softmax(-1)).sum(-1).mean() * temperature**2


def _cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean over what is known; 0 where nothing is."""
    known = (labels != IGNORED).sum().clamp(min=1)
    total = nn.functional.cross_entropy(
        logits.float().flatten(0, -2), labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    return total / known


if hasattr(os, "register_at_fork"):
    # OpenMP's threads don't outlive a fork, and a child that waits for them hangs
    os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))

AutoConfig.register(QingyuanConfig.model_type, QingyuanConfig)
AutoModel.register(QingyuanConfig, QingyuanModel)
