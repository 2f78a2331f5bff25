"""What is installed, and what a model is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import torch
from rich.console import Console
from rich.table import Table

from qingyuan.checkpoint import find_checkpoint
from qingyuan.tagger import Tagger

PACKAGES = ("qingyuan", "torch", "transformers", "tokenizers", "datasets", "scikit-learn", "numpy")


def show_info(model: str, console: Console) -> None:
    """Print the versions of what is at work, the device, and a model's size, labels and topics."""
    folder = find_checkpoint(model)
    tagger = Tagger.from_pretrained(folder)
    network, taxonomy = tagger.model, tagger.taxonomy
    encoder = network.encoder.config
    facts = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    facts.add_row("versions", ", ".join(f"{name} {_version(name)}" for name in PACKAGES))
    facts.add_row("device", _device(tagger.device))
    facts.add_row("model", str(folder))
    size = (folder / "model.safetensors").stat().st_size / 1e6
    weights = sum(weight.numel() for weight in network.parameters()) / 1e6
    facts.add_row("weights", f"{weights:.1f} million, {size:.1f} MB on disk")
    layers, width = getattr(encoder, "num_hidden_layers", "?"), encoder.hidden_size
    facts.add_row("encoder", f"{encoder.model_type}, {layers} layers of {width}, {len(tagger.tokenizer):,} tokens")
    facts.add_row("windows", f"{network.config.window} tokens, {network.config.overlap} shared by neighbours")
    facts.add_row("labels", "  ".join(f"{name.label} {name.zh}" for name in taxonomy.labels) or "none")
    facts.add_row("nested", "; ".join(f"{inner} in {', '.join(outer)}" for inner, outer in taxonomy.nested.items()) or "none")
    facts.add_row("topics", "  ".join(f"{name.label} {name.zh}" for name in taxonomy.topics) or "none")
    console.print(facts)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _device(device: torch.device) -> str:
    if device.type == "cuda":
        return f"{device}, {torch.cuda.get_device_name(device)}"
    return f"{device}, {torch.get_num_threads()} threads" + ("" if torch.cuda.is_available() else " (no CUDA device found)")
