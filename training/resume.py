"""Training that can be stopped anywhere: a resumed run makes the same weights as one that was never stopped.

What is drawn by chance depends on the seed, the epoch and what it is drawn for, not on what was drawn before; the
state of dropout is in the checkpoints. A checkpoint counts when its last file is whole.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from torch.utils.data import Dataset, Sampler
from transformers import Trainer, TrainerCallback
from transformers.trainer import TRAINER_STATE_NAME  # the file that the Trainer writes last
from transformers.trainer_pt_utils import get_length_grouped_indices
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

logger = logging.getLogger(__name__)


class Chance(TrainerCallback):
    """Random numbers that are a function of the seed, the epoch and what they are for; the Trainer tells the epoch."""

    def __init__(self, seed: int):
        self.seed, self.epoch = seed, 0

    def on_epoch_begin(self, args, state, control, **_):
        self.epoch = int(state.epoch or 0)

    def draw(self, what_for: Sequence[int] | np.ndarray = ()) -> np.random.Generator:
        """A generator for these numbers, such as the tokens of a batch."""
        return np.random.default_rng([self.seed, self.epoch, zlib.crc32(np.asarray(what_for, np.int64).tobytes())])


class EpochOrder(Sampler):
    """The rows in an order of each epoch's own, those of like lengths together."""

    def __init__(self, lengths: Sequence[int], batch_size: int, chance: Chance):
        self.lengths, self.batch_size, self.chance = list(lengths), batch_size, chance

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        seed = int(self.chance.draw().integers(1 << 62))
        generator = torch.Generator().manual_seed(seed)
        return iter(get_length_grouped_indices(self.lengths, self.batch_size, generator=generator))


class SaveAfterEvaluation(TrainerCallback):
    """A checkpoint due at the end of an epoch waits for its evaluation, which a resumed run would not make up for."""

    waiting = False

    def on_step_end(self, args, state, control, **_):
        at_end = control.should_training_stop or float(state.epoch).is_integer()
        self.waiting = control.should_save and at_end
        control.should_save = control.should_save and not at_end

    def on_epoch_end(self, args, state, control, **_):
        control.should_save |= self.waiting
        self.waiting = False


class ResumableTrainer(Trainer):
    """Trains in an order that `data_collator.chance` gives; goes on from the last whole checkpoint."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.chance: Chance = self.data_collator.chance
        self.add_callback(self.chance)
        self.add_callback(SaveAfterEvaluation())

    def train(self, resume_from_checkpoint: bool = False, **options):
        """From the start, or from the last checkpoint that is whole; from the start too where there is none."""
        folder = Path(self.args.output_dir)
        checkpoint = last_checkpoint(folder) if resume_from_checkpoint else None
        if resume_from_checkpoint and checkpoint is None:
            logger.warning("%s: no checkpoint to go on from; starting from the beginning", folder)
        if not resume_from_checkpoint and self.is_world_process_zero():
            _put_aside(folder)
        return super().train(resume_from_checkpoint=checkpoint and str(checkpoint), **options)

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler:
        rows = self.train_dataset if train_dataset is None else train_dataset
        lengths = rows["length"] if "length" in rows.column_names else [1] * len(rows)
        return EpochOrder(lengths, self.args.train_batch_size, self.chance)

    def _save_checkpoint(self, *args, **options) -> None:
        """Raises `OSError` where a checkpoint can't be written; the one before it stays."""
        try:
            super()._save_checkpoint(*args, **options)
        except (OSError, RuntimeError, SafetensorError) as error:
            folder = Path(self.args.output_dir)
            unfinished = folder / f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
            shutil.rmtree(unfinished, ignore_errors=True)
            last = last_checkpoint(folder)
            raise OSError(
                f"{unfinished}: can't be written ({_first_line(error)}); free some space and go on with --resume"
                + (f" from {last.name}, which is whole" if last else "")
            ) from error


def last_checkpoint(folder: Path) -> Path | None:
    """The last whole checkpoint in `folder`; those that were cut off are told and taken away."""
    numbered = [path for path in folder.glob(f"{PREFIX_CHECKPOINT_DIR}-*") if path.name.rpartition("-")[2].isdigit()]
    for path in sorted(numbered, key=lambda path: int(path.name.rpartition("-")[2]), reverse=True):
        if _is_whole(path):
            return path
        logger.warning("%s: cut off while it was written; taken away", path)
        shutil.rmtree(path, ignore_errors=True)
    return None


def _is_whole(checkpoint: Path) -> bool:
    try:
        return isinstance(json.loads((checkpoint / TRAINER_STATE_NAME).read_text(encoding="utf-8")), dict)
    except (OSError, ValueError):
        return False


def _put_aside(checkpoints: Path) -> None:
    """Those of an earlier run are kept as `checkpoints.old`: a later resume must not take them for the new run's."""
    if any(checkpoints.glob(f"{PREFIX_CHECKPOINT_DIR}-*")):
        old = checkpoints.with_suffix(".old")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(checkpoints, old)
        logger.warning("%s: of an earlier run; kept as %s", checkpoints, old.name)


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A folder beside the files of `folder`, to write into; they are put in place at the end, or not at all.

    Raises `OSError` where there is no room.
    """
    beside = folder / "unfinished"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        yield beside
    except (OSError, SafetensorError) as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise OSError(f"{folder}: can't be written ({_first_line(error)}); the files that were there stay") from error
    for file in [path for path in beside.rglob("*") if path.is_file()]:
        place = folder / file.relative_to(beside)
        place.parent.mkdir(exist_ok=True)
        os.replace(file, place)
    shutil.rmtree(beside)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
