"""A checkpoint's folder: `config.json`, `model.safetensors` and the tokenizer's file. No pickle is ever read."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from transformers.utils import cached_file

from qingyuan.network import QingyuanConfig, QingyuanModel
from qingyuan.tokens import CHARACTERS_FILE, SUBWORDS_FILE, Tokenizer, load_tokenizer

WEIGHTS_FILE = "model.safetensors"
TRAINING_FILE = "training.yaml"  # the config a checkpoint was trained with
DEFAULT = "default"
SHIPPED = Path(__file__).parent / "weights"


class CheckpointError(ValueError):
    """A folder or hub name that is not a whole checkpoint of ours; the message names the file and the cure."""


def load_checkpoint(name: str | Path = DEFAULT) -> tuple[QingyuanModel, Tokenizer]:
    """The model, in float32, and the tokenizer of a folder, a hub name, or a model in the package.

    Raises `CheckpointError`.
    """
    folder = find_checkpoint(name)
    try:
        model = QingyuanModel.from_pretrained(folder, dtype=torch.float32, use_safetensors=True)
    except (SafetensorError, RuntimeError, ValueError, KeyError) as error:
        raise CheckpointError(f"{folder / WEIGHTS_FILE}: can't be loaded ({error}); copy the checkpoint again") from error
    return model, load_tokenizer(folder)


def find_checkpoint(name: str | Path) -> Path:
    """The folder on this machine that holds a checkpoint; one with a hub name is fetched."""
    name = SHIPPED / DEFAULT if str(name) == DEFAULT else name
    if not Path(name).is_dir():
        if Path(name).is_absolute() or str(name).count("/") != 1 or str(name).startswith("."):
            raise CheckpointError(f"{name}: no such folder; a model is a folder, or a hub name such as owner/model")
        return _fetch(str(name))
    folder = Path(name)
    config = folder / "config.json"
    if not config.is_file():
        raise CheckpointError(f"{config}: missing; is {folder} the folder that a training wrote?")
    if QingyuanConfig.get_config_dict(folder)[0].get("model_type") != QingyuanConfig.model_type:
        raise CheckpointError(f"{config}: not a qingyuan model; train one from this encoder with `qingyuan train`")
    for names in ((WEIGHTS_FILE,), (CHARACTERS_FILE, SUBWORDS_FILE)):
        if not any((folder / name).is_file() for name in names):
            raise CheckpointError(f"{folder / names[0]}: missing; copy the whole folder of the checkpoint")
    return folder


def _fetch(name: str) -> Path:
    """Fetch the files of a hub name into the hub's cache."""
    try:
        config = cached_file(name, "config.json")
        cached_file(name, WEIGHTS_FILE)
        for file in (CHARACTERS_FILE, SUBWORDS_FILE, "tokenizer_config.json"):
            cached_file(name, file, _raise_exceptions_for_missing_entries=False)
    except OSError as error:
        raise CheckpointError(f"{name}: neither a folder here nor a model that the hub gives: {error}") from error
    return find_checkpoint(Path(config).parent)
