"""A checkpoint's folder: `config.json`, the weights, and the tokenizer's file. No pickle is ever read.

The weights are `model.safetensors`, to run and to train on, or `model.int8.onnx`, to run on a CPU, or both. A model
with an early exit has a folder `fast` inside its own, for the fast model that ends there: only a `config.json`, as the
weights are those of the folder around it. Nothing here imports torch or transformers before it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qingyuan.calibration import Calibration
from qingyuan.taxonomy import Taxonomy
from qingyuan.tokens import CHARACTERS_FILE, SUBWORDS_FILE, Tokenizer, load_tokenizer

if TYPE_CHECKING:
    from qingyuan.network import QingyuanModel

MODEL_TYPE = "qingyuan"
WEIGHTS_FILE = "model.safetensors"
ONNX_FILE = "model.int8.onnx"
TRAINING_FILE = "training.yaml"  # the config a checkpoint was trained with
DEFAULT, FAST = "default", "fast"
FAST_FILE = f"{FAST}/config.json"
EXIT = "exit_"  # begins the names of the weights that only the fast model reads
EARLY = "early"  # the input of a graph with an early exit that tells whether to take it
# all that a checkpoint may need
FILES = (
    "config.json",
    WEIGHTS_FILE,
    ONNX_FILE,
    CHARACTERS_FILE,
    SUBWORDS_FILE,
    "tokenizer_config.json",
    FAST_FILE,
)
SHIPPED = Path(__file__).parent / "weights"
_SHIPPED = {DEFAULT: SHIPPED / DEFAULT, FAST: SHIPPED / DEFAULT / FAST}


class CheckpointError(ValueError):
    """A folder or hub name that is not a whole checkpoint of ours; the message names the file and the cure."""


@dataclass(frozen=True)
class Settings:
    """What tagging needs of a checkpoint's config; see `qingyuan.network.QingyuanConfig`."""

    taxonomy: Taxonomy
    window: int
    overlap: int
    calibration: Calibration
    inside: bool = False

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Settings:
        """Raises `ValueError` for values that make no sense."""
        window, overlap = config["window"], config["overlap"]
        longest = config["encoder"].get("max_position_embeddings", window)
        if not 0 <= overlap < window - 2 <= longest - 2:
            raise ValueError(f"windows of {window} tokens, {overlap} shared, don't fit an encoder that reads {longest}")
        calibration = Calibration.from_dict(config.get("calibration") or {})
        taxonomy = Taxonomy.from_dict(config["taxonomy"])
        return cls(taxonomy, window, overlap, calibration, bool(config.get("inside")))


def load_checkpoint(name: str | Path = DEFAULT) -> tuple[QingyuanModel, Tokenizer]:
    """The model, in float32, and the tokenizer of a folder, a hub name, or a model in the package.

    Raises `CheckpointError`.
    """
    folder = find_checkpoint(name)
    return load_model(folder), load_vocabulary(folder)


def load_model(folder: Path) -> QingyuanModel:
    """The model of a folder, in float32. Raises `CheckpointError`."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from qingyuan.network import QingyuanConfig, QingyuanModel, early_exit_weights

    path = weights_folder(folder) / WEIGHTS_FILE
    if not path.is_file():
        raise CheckpointError(f"{path}: missing; {ONNX_FILE} alone only runs, with backend=onnx")
    load_settings(folder)
    with _told_as(folder / "config.json"):
        model = QingyuanModel(QingyuanConfig.from_pretrained(folder)).float()
    with _told_as(path, SafetensorError):
        weights = load_file(path)
        if model.config.inside:
            weights = early_exit_weights(weights, model.state_dict())
            model.config.inside = False  # from here on it is a model of its own
        model.load_state_dict(weights)
        if not all(torch.isfinite(weight).all() for weight in weights.values()):
            raise ValueError("some weights are no numbers")
    return model


def load_settings(folder: Path) -> Settings:
    """What the config of a folder says of tagging. Raises `CheckpointError`."""
    config = read_config(folder)
    with _told_as(folder / "config.json"):
        return Settings.from_config(config)


def load_vocabulary(folder: Path) -> Tokenizer:
    """The tokenizer of a folder, with a token for each row of the encoder's embedding. Raises `CheckpointError`."""
    config = read_config(folder)
    folder = weights_folder(folder)
    of_characters = (folder / CHARACTERS_FILE).is_file()
    with _told_as(folder / (CHARACTERS_FILE if of_characters else SUBWORDS_FILE)):
        tokenizer = load_tokenizer(folder)
        rows = config["encoder"].get("vocab_size", len(tokenizer))
        if len(tokenizer) > rows or of_characters and len(tokenizer) < rows:
            raise ValueError(f"{len(tokenizer)} tokens for an encoder of {rows}")
    return tokenizer


@contextmanager
def _told_as(path: Path, *more: type[Exception]) -> Iterator[None]:
    """What goes wrong in reading `path`, as one line that names it."""
    try:
        yield
    except CheckpointError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError, OSError, *more) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise CheckpointError(f"{path}: can't be used ({reason:.300}); copy the checkpoint again") from error


def is_shipped(name: str | Path) -> bool:
    """Whether a model of this name is in the package."""
    return str(name) in _SHIPPED and (_SHIPPED[str(name)] / "config.json").is_file()


def find_checkpoint(name: str | Path) -> Path:
    """The folder on this machine that holds a checkpoint; one with a hub name is fetched.

    `fast` behind the name of one with an early exit is the fast model inside.
    """
    name = _SHIPPED[str(name)] if is_shipped(name) else name
    if not Path(name).is_dir():
        around, _, last = str(name).rpartition("/")
        if last == FAST and Path(around).is_dir():
            raise CheckpointError(f"{around}: no fast model inside; train it with `exit_layer`")
        hub_name = around if last == FAST and around.count("/") == 1 else str(name)
        if Path(name).is_absolute() or hub_name.count("/") != 1 or hub_name.startswith("."):
            raise CheckpointError(f"{name}: no such folder; a model is a folder, or a hub name such as owner/model")
        folder = _fetch(hub_name)
        return folder if hub_name == str(name) else find_checkpoint(f"{folder}/{FAST}")
    folder = Path(name)
    read_config(folder)
    home = weights_folder(folder)
    for names in ((WEIGHTS_FILE, ONNX_FILE), (CHARACTERS_FILE, SUBWORDS_FILE)):
        if not any((home / name).is_file() for name in names):
            raise CheckpointError(f"{home / names[0]}: missing; copy the whole folder of the checkpoint")
    return folder


def weights_folder(folder: Path) -> Path:
    """Where the weights and the tokenizer of a checkpoint lie: for a fast model in the folder around its own."""
    return folder.resolve().parent if read_config(folder).get("inside") else folder


def read_config(folder: Path) -> dict[str, Any]:
    """A checkpoint's `config.json`. Raises `CheckpointError` where that is none of ours."""
    path = folder / "config.json"
    if not path.is_file():
        raise CheckpointError(f"{path}: missing; is {folder} the folder that a training wrote?")
    with _told_as(path):
        config = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(config, dict) or config.get("model_type") != MODEL_TYPE:
        raise CheckpointError(f"{path}: not a qingyuan model; train one from this encoder with `qingyuan train`")
    return config


def _fetch(name: str) -> Path:
    """Fetch the files of a hub name into the hub's cache."""
    try:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError
    except ModuleNotFoundError:
        cure = "to fetch models by hub name, pip install huggingface_hub"
        raise CheckpointError(f"{name}: no such folder; {cure}") from None
    try:
        config = hf_hub_download(name, "config.json")
        for file in FILES[1:]:
            try:
                hf_hub_download(name, file)
            except EntryNotFoundError:
                pass  # whether enough is there is looked at below
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{name}: neither a folder here nor a model that the hub gives: {error}") from error
    return find_checkpoint(Path(config).parent)
