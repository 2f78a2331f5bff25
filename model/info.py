"""What is installed, and what a model is."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from math import prod
from pathlib import Path

from rich.console import Console
from rich.table import Table

from qingyuan.checkpoint import ONNX_FILE, WEIGHTS_FILE, find_checkpoint, read_config, weights_folder
from qingyuan.tagger import Tagger

PACKAGES = ("qingyuan", "onnxruntime", "torch", "transformers", "tokenizers", "datasets", "scikit-learn", "numpy")


def show_info(model: str, console: Console, device: str = "auto", backend: str = "auto") -> None:
    """Print the versions of what is at work, the backend, and a model's size, labels and topics."""
    folder = find_checkpoint(model)
    tagger = Tagger.from_pretrained(folder, device, backend)
    settings, taxonomy = tagger.backend.settings, tagger.taxonomy
    encoder = read_config(folder)["encoder"]
    facts = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    facts.add_row("versions", ", ".join(f"{name} {_version(name)}" for name in PACKAGES))
    facts.add_row("backend", tagger.backend.describe() + (" – taken by auto" if backend == "auto" else ""))
    facts.add_row("model", str(folder))
    shared = ", shared with the model around it" if settings.inside else ""
    facts.add_row("weights", ", ".join(_sizes(weights_folder(folder))) + shared)
    layers, width = encoder.get("num_hidden_layers", "?"), encoder.get("hidden_size", "?")
    facts.add_row("encoder", f"{encoder['model_type']}, {layers} layers of {width}, {len(tagger.tokenizer):,} tokens")
    facts.add_row("windows", f"{settings.window} tokens, {settings.overlap} shared by neighbours")
    facts.add_row("labels", "  ".join(f"{name.label} {name.zh}" for name in taxonomy.labels) or "none")
    nested = (f"{inner} in {', '.join(outer)}" for inner, outer in taxonomy.nested.items())
    facts.add_row("nested", "; ".join(nested) or "none")
    facts.add_row("topics", "  ".join(f"{name.label} {name.zh}" for name in taxonomy.topics) or "none")
    console.print(facts)


def _sizes(folder: Path) -> list[str]:
    files = [folder / name for name in (WEIGHTS_FILE, ONNX_FILE) if (folder / name).is_file()]
    sizes = [f"{file.name} {file.stat().st_size / 1e6:.1f} MB" for file in files]
    if (folder / WEIGHTS_FILE).is_file():
        sizes.insert(0, f"{_count(folder / WEIGHTS_FILE) / 1e6:.1f} million")
    return sizes


def _count(path: Path) -> int:
    """The weights of a safetensors file, by its header: its length in 8 bytes, then JSON."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return sum(prod(each["shape"]) for name, each in header.items() if name != "__metadata__")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
