"""Our short training configuration, as `transformers.TrainingArguments`."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import TrainingArguments

from qingyuan.training.config import TrainerConfig


def training_arguments(config: TrainerConfig, output: Path, **more) -> TrainingArguments:
    """What `config` says, for a run that keeps its checkpoints under `output`/checkpoints."""
    saving = {"save_strategy": "epoch"}
    if config.save_every:
        saving = {"save_strategy": "steps", "save_steps": config.save_every}
    return TrainingArguments(
        output_dir=str(output / "checkpoints"),
        num_train_epochs=config.epochs,
        max_steps=config.steps or -1,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        warmup_steps=config.warmup,
        weight_decay=config.weight_decay,
        lr_scheduler_type="linear",
        use_cpu=not torch.accelerator.is_available(),
        bf16=_bf16(config.bf16),
        seed=config.seed,
        dataloader_num_workers=config.workers,
        dataloader_pin_memory=torch.cuda.is_available(),
        logging_steps=20,
        save_total_limit=2,
        report_to="none",
        **{**saving, **more},
    )


def _bf16(wanted: bool | str) -> bool:
    if wanted != "auto":
        return bool(wanted)
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    return bool(getattr(torch.cpu, "get_capabilities", dict)().get("amx_bf16"))
