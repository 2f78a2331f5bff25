"""Which backend serves a checkpoint on this machine."""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
from pathlib import Path

from qingyuan.backends.base import Backend
from qingyuan.checkpoint import ONNX_FILE, WEIGHTS_FILE, CheckpointError, find_checkpoint, load_model, load_settings, weights_folder

BACKENDS = ("auto", "torch", "onnx")


def load_backend(name: str | Path, backend: str = "auto", device: object = "auto") -> Backend:
    """The network of a checkpoint.

    `auto` is torch where there is a CUDA device, or another device than the CPU is asked for; else ONNX Runtime
    where the checkpoint has its file; else torch. Raises `CheckpointError`, and `ValueError` for a backend that
    doesn't exist or doesn't know the device.
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend: {backend!r} is none of {', '.join(BACKENDS)}")
    if backend == "onnx" and str(device) not in ("auto", "cpu"):
        raise ValueError(f"the onnx backend runs on the CPU, not on {device}; take backend=torch")
    folder = find_checkpoint(name)
    home = weights_folder(folder)
    if backend == "auto":
        backend = "onnx" if _onnx_is_best(home, str(device)) else "torch"
    if backend == "onnx":
        from qingyuan.backends.onnx import OnnxBackend

        if not (home / ONNX_FILE).is_file():
            raise CheckpointError(f"{home / ONNX_FILE}: missing; make it with `qingyuan export {home}`")
        return OnnxBackend(home / ONNX_FILE, load_settings(folder))
    try:
        from qingyuan.backends.torch import TorchBackend, best_device, fast_dtype
    except ModuleNotFoundError as error:
        needs = "the torch backend needs torch and transformers; pip install qingyuan"
        raise ModuleNotFoundError(f"{error}: {needs}") from error
    device = best_device() if device == "auto" else device
    return TorchBackend(load_model(folder), device, fast_dtype(device))


def _onnx_is_best(folder: Path, device: str) -> bool:
    if device not in ("auto", "cpu") or not (folder / ONNX_FILE).is_file() or find_spec("onnxruntime") is None:
        return False
    can_torch = (folder / WEIGHTS_FILE).is_file() and find_spec("torch") is not None
    if device == "cpu" or not can_torch or not _has_cuda_driver():
        return True
    from qingyuan.backends.torch import best_device

    return best_device() == "cpu"


def _has_cuda_driver() -> bool:
    """A look at the driver spares machines without a GPU the import of torch, the slowest part of a start."""
    for library in ("libcuda.so.1", "nvcuda.dll"):
        try:
            ctypes.CDLL(library)
        except OSError:
            continue
        return True
    return False
