"""A tagger as a folder that stands alone, and its way to the Hugging Face hub."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from qingyuan.calibration import Calibration
from qingyuan.card import CARD_FILE, write_card
from qingyuan.checkpoint import FAST, FAST_FILE, FILES, TRAINING_FILE, load_settings, weights_folder

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo

    from qingyuan.network import QingyuanModel
    from qingyuan.tagger import Tagger


def save(tagger: Tagger, folder: Path, name: str | None = None) -> None:
    """Write a model of torch as it is now, one of another backend as its folder has it; and the card.

    Raises `ValueError` for a fast model of another backend, which has no file of its own.
    """
    names: tuple[str, ...] = (CARD_FILE,)
    if hasattr(tagger.backend, "model"):
        has_fast = tagger.folder is not None and (tagger.folder / FAST_FILE).is_file()
        calibration = load_settings(tagger.folder / FAST).calibration if has_fast else None
        tagger.model.save_pretrained(folder)
        tagger.tokenizer.save_pretrained(folder)
        save_inside(tagger.model, folder, calibration)
    elif tagger.backend.settings.inside:
        raise ValueError(f"{tagger.folder}: part of the model around it; save that one, or load it with backend='torch'")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        names += FILES
    if tagger.folder:
        _copy(tagger.folder, folder, names)
        _copy(weights_folder(tagger.folder), folder, (TRAINING_FILE,))
    write_card(folder, name=name)


def save_inside(model: QingyuanModel, folder: Path, calibration: Calibration | None = None) -> None:
    """Write the config of the fast model inside a model, if there is one, into the model's folder, in place of any other."""
    from qingyuan.network import early_exit_config

    (folder / FAST_FILE).unlink(missing_ok=True)
    if model.config.exit_layer:
        config = early_exit_config(model.config)
        config.calibration = calibration.to_dict() if calibration else {}
        config.save_pretrained(folder / FAST)


def push(tagger: Tagger, repo_id: str, private: bool | None, token: str | None, **options: Any) -> CommitInfo:
    """Upload a tagger's folder, or what `save` makes of one that has none; see `Tagger.push_to_hub`."""
    from huggingface_hub import HfApi

    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if tagger.folder and weights_folder(tagger.folder) == tagger.folder:
            _copy(tagger.folder, folder, (CARD_FILE, TRAINING_FILE, *FILES))
            write_card(folder, name=repo_id)
        else:
            save(tagger, folder, repo_id)
        api = HfApi(token=token)
        repo_id = api.create_repo(repo_id, private=private, exist_ok=True).repo_id
        options = {"commit_message": "Upload a qingyuan tagger", **options}
        return api.upload_folder(repo_id=repo_id, folder_path=folder, **options)


def _copy(source: Path, folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if (source / name).is_file() and source.resolve() != folder.resolve():
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source / name, folder / name)
