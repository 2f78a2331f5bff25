"""Typed configurations: a YAML file plus `key=value` overrides; an unknown key is an error that names its neighbour."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class ConfigError(ValueError):
    """A configuration that can't be used; the message names the file, the key and the cure."""


class Config(BaseModel):
    """Base of all configurations."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def load(cls, path: str | Path, overrides: Iterable[str] = ()):
        """Read `path` and apply overrides such as `trainer.seed=1`; values are read as YAML.

        Raises `ConfigError`.
        """
        try:
            values = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        except FileNotFoundError:
            raise ConfigError(f"{path}: no such file") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: not YAML: {error}") from None
        if not isinstance(values, dict):
            raise ConfigError(f"{path}: wants `key: value` lines, found a {type(values).__name__}")
        for override in overrides:
            _apply(values, override)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ConfigError(f"{path}: " + "; ".join(_explain(cls, e) for e in error.errors())) from None


class TrainerConfig(Config):
    """How a training runs; what isn't here keeps the default of `transformers.TrainingArguments`."""

    epochs: float = 5.0
    steps: int | None = Field(None, description="stop after this many steps instead")
    batch_size: int = Field(12, gt=0, description="windows a device and step")
    learning_rate: float = Field(1.5e-4, gt=0)
    head_learning_rate: float | None = Field(None, description="of the heads; ten times the encoder's if not given")
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps")
    weight_decay: float = 0.01
    ema: float | None = Field(None, gt=0, lt=1, description="decay of an average over the weights, kept as the model")
    bf16: bool | Literal["auto"] = Field("auto", description="auto: on a CUDA GPU that has it, and a CPU with AMX")
    early_stopping: int | None = Field(None, description="epochs without a better dev score before the end")
    seed: int = 0
    workers: int = Field(0, ge=0, description="processes that prepare batches")
    save_every: int | None = Field(None, description="steps between checkpoints; each epoch if not given")


class PretrainConfig(Config):
    """Masked-language-model training of an encoder on unlabelled text."""

    encoder: str = Field(description="folder or hub name")
    output: Path
    texts: list[str] = Field(description="sources of articles; labels are not read")
    dev_texts: list[str] = []
    window: int = Field(512, gt=2, description="tokens in a window, the special ones included")
    mask_share: float = Field(0.2, gt=0, lt=1, description="share of the characters to be guessed")
    longest_mask: int = Field(5, gt=0, description="characters masked in one run, at most")
    dropout: float = Field(0.1, ge=0, lt=1, description="on hidden states; attention has none (twice the speed on CPUs)")
    words: Literal["lac"] | None = Field(None, description="a segmenter whose words and names are learned too")
    words_weight: float = Field(1.0, gt=0, description="of the loss on words, beside that on masked characters")
    trainer: TrainerConfig = TrainerConfig()


class AugmentConfig(Config):
    """Shares of what is changed by chance while training; see `qingyuan.training.collator`."""

    mask: float = Field(0.05, ge=0, lt=1, description="of the tokens: hidden")
    mentions: float = Field(0.0, ge=0, le=1, description="of the mentions: changed for others of one label and form")
    half_width: float = Field(0.3, ge=0, le=1, description="of the windows: full-width punctuation made half-width")
    straight_quotes: float = Field(0.05, ge=0, le=1, description="of the windows: curly quotes made straight")
    broken_lines: float = Field(0.3, ge=0, le=1, description="of the windows: lines broken anywhere")


class TrainConfig(Config):
    """Training of a tagger on labelled articles."""

    model: str = Field(description="encoder or qingyuan model to start from: a folder, a hub name, `default` or `fast`")
    output: Path
    train: list[str] = Field(description="sources of labelled articles")
    dev: list[str] = Field(description="held-out sources: they pick the best epoch and calibrate the scores")
    taxonomy: dict[str, Any] | Literal["from_data"] | None = Field(
        None, description="labels, topics and nested; else the starting model's, else that of government news"
    )
    on_bad_record: Literal["stop", "skip"] = "stop"
    check_leaks: bool = Field(True, description="refuse texts that share something with the evaluation page")
    window: int = Field(512, gt=2, description="tokens in a window, the special ones included")
    overlap: int = Field(64, ge=0, description="tokens that neighbouring windows share")
    dropout: float = Field(0.1, ge=0, lt=1, description="on hidden states; attention has none")
    topic_weight: float = Field(0.1, ge=0, description="of the topic's loss beside that of the tags")
    exit_layer: int | None = Field(
        None, ge=0, description="layer after which the model can end, as a fast one; 0: none; as in `model` if not given"
    )
    exit_weight: float = Field(0.5, ge=0, description="of the early exit's loss")
    freeze: int = Field(0, ge=0, description="layers of a trained model, from below, that stay as they are, its embeddings too")
    half_precision: bool = Field(True, description="store the weights as float16")
    augment: AugmentConfig = AugmentConfig()
    trainer: TrainerConfig = TrainerConfig()


class DistilConfig(TrainConfig):
    """Distillation: a small model, cut out of `model` without its early exit, learns what teachers say of texts with and
    without labels."""

    exit_layer: Literal[0] = Field(0, description="the student is cut out without an exit")
    freeze: Literal[0] = Field(0, description="all of the student learns")
    teachers: list[str] = Field(min_length=1, description="qingyuan models; several vote")
    texts: list[str] = Field([], description="sources of articles whose labels are not read")
    layers: list[int] | None = Field(None, description="layers of the encoder that the student keeps; all if not given")
    width: int | None = Field(None, gt=0, description="its channels, a multiple of a head's; all if not given")
    intermediate: int | None = Field(None, gt=0, description="units inside its feed-forward parts; all if not given")
    temperature: float = Field(2.0, gt=0, description="softens what teachers and student say, the same for both")
    gold_weight: float = Field(0.5, ge=0, description="of the loss on labels, beside the loss against the teachers")
    hidden_weight: float = Field(10.0, ge=0, description="of the distance to the first teacher's hidden states")


def _apply(values: dict, override: str) -> None:
    key, equals, value = override.partition("=")
    if not equals:
        raise ConfigError(f"{override!r}: an override looks like trainer.seed=1")
    *rooms, last = key.split(".")
    for room in rooms:
        values = values.setdefault(room, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{override!r}: {room} holds a value, no further keys")
    values[last] = yaml.safe_load(value)


def _explain(config: type[BaseModel], error: dict) -> str:
    where = ".".join(map(str, error["loc"]))
    if error["type"] != "extra_forbidden":
        return f"{where}: {error['msg']}"
    *rooms, unknown = error["loc"]
    known = _keys(config, rooms)
    near = difflib.get_close_matches(str(unknown), known, n=1, cutoff=0.0)
    return f"unknown key {where}; did you mean {'.'.join([*map(str, rooms), *near])}?"


def _keys(config: type[BaseModel], rooms: Iterable) -> list[str]:
    for room in rooms:
        annotation = config.model_fields[room].annotation if room in config.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        config = annotation
    return list(config.model_fields)
