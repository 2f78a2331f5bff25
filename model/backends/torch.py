"""PyTorch, on a CPU or a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

import numpy as np
import torch

from qingyuan.backends.base import Backend, Scores
from qingyuan.checkpoint import Settings
from qingyuan.network import QingyuanModel


class TorchBackend(Backend):
    """Runs a model as it stands, which may still be learning, or a copy of it in another `dtype`."""

    name = "torch"
    padded = True

    def __init__(self, model: QingyuanModel, device: object = "auto", dtype: torch.dtype | None = None):
        device = torch.device(best_device() if device == "auto" else device)
        on_gpu = device.type == "cuda"
        # two workers: while one waits for its scores the next pass is already queued
        super().__init__(Settings.from_config(model.config.to_dict()), device, workers=2 if on_gpu else 1)
        self.budget = 1 << 16 if on_gpu else 1 << 12
        self.model = model.eval() if dtype else model.to(device).eval()
        self._network = deepcopy(model).to(device, dtype) if dtype else self.model

    @torch.inference_mode()
    def run(self, inputs: Mapping[str, np.ndarray]) -> Scores:
        output = self._network(**{name: self._to_device(array) for name, array in inputs.items()})
        return Scores(output.tag_logits.float().cpu().numpy(), output.topic_logits.float().cpu().numpy())

    def _to_device(self, array: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(array)
        if self.device.type == "cuda":
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)

    def describe(self) -> str:
        where = f"{self.device}, {torch.get_num_threads()} threads"
        if self.device.type == "cuda":
            where = f"{self.device}, {torch.cuda.get_device_name(self.device)}"
        return f"torch ({torch.__version__}, {str(self._network.dtype).removeprefix('torch.')}), {where}"


def best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def fast_dtype(device: object) -> torch.dtype | None:
    """bfloat16 on a GPU that computes in it; none, the weights' own, elsewhere: on most CPUs it is slower."""
    return torch.bfloat16 if torch.device(device).type == "cuda" and torch.cuda.is_bf16_supported() else None
