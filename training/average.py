"""An exponential moving average over a training's steps; it generalises better than the last weights do."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

AVERAGE_FILE = "average.safetensors"


class WeightAverage(TrainerCallback):
    """Averages a model's weights after each step; kept in the checkpoints, so that a resumed run has it too."""

    def __init__(self, model: nn.Module, decay: float):
        self.source = model
        # buffers are copied: an average of whole numbers, such as positions, is rounded down at every step
        self._averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=False)

    @property
    def model(self) -> nn.Module:
        """The averaged model."""
        return self._averaged.module

    def on_train_begin(self, args, state, control, **_):
        kept = Path(args.output_dir, f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}", AVERAGE_FILE)
        if state.global_step and kept.is_file():
            self._averaged.load_state_dict(load_file(kept))

    def on_step_end(self, args, state, control, **_):
        self._averaged.update_parameters(self.source)

    def save(self, folder: str | Path) -> None:
        weights = {name: weight.contiguous() for name, weight in self._averaged.state_dict().items()}
        save_file(weights, Path(folder, AVERAGE_FILE))
