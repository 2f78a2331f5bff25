"""Where the network runs: ONNX Runtime with int8 weights on a CPU, or PyTorch on a CPU or GPU."""

from qingyuan.backends.base import Backend, Scores
from qingyuan.backends.choice import BACKENDS, load_backend

__all__ = ["BACKENDS", "Backend", "Scores", "load_backend"]
