"""A training that is stopped, killed or runs out of disk goes on as if nothing had happened."""

from __future__ import annotations

import json
import random
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
import yaml
from safetensors.torch import load_file
from transformers import Trainer
from typer.testing import CliRunner

from qingyuan.cli import app
from qingyuan.training.config import PretrainConfig, TrainConfig
from qingyuan.training.pretrain import pretrain
from qingyuan.training.resume import last_checkpoint, written_whole
from qingyuan.training.trainer import save, train

STEPS = 21  # three epochs of seven


@pytest.fixture(scope="module")
def settings(tmp_path_factory, tokenizer, tiny_encoder):
    """All that draws by chance is on: dropout, order, augmentation; checkpoints within epochs and at their ends."""
    folder = tmp_path_factory.mktemp("resume")
    tiny_encoder.save_pretrained(folder / "encoder")
    tokenizer.save_pretrained(folder / "encoder")
    sentence = "由拉萨市禁毒办主办的“禁毒年”行动。"
    spans = [{"start": 1, "end": 7, "label": "AGENCY"}, {"start": 1, "end": 4, "label": "PLACE"}]
    records = [
        {"text": sentence * (1 + number % 3), "topic": ("drug_control", "court")[number % 2], "entities": spans}
        for number in range(28)
    ]
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    (folder / "train.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "dev.jsonl").write_text("".join(lines[:6]), encoding="utf-8")
    return {
        "model": str(folder / "encoder"),
        "train": [str(folder / "train.jsonl")],
        "dev": [str(folder / "dev.jsonl")],
        "window": 64,
        "overlap": 8,
        "check_leaks": False,
        "augment": {"mask": 0.3, "broken_lines": 0.5},
        "trainer": {"epochs": 3, "batch_size": 4, "learning_rate": 5e-3, "ema": 0.8, "save_every": 3},
    }


@pytest.fixture(scope="module")
def unbroken(settings, tmp_path_factory) -> Path:
    output = tmp_path_factory.mktemp("unbroken") / "out"
    train(TrainConfig(**settings, output=output))
    return output


class Stopped(Exception):
    pass


def stop_after(steps: int, monkeypatch) -> None:
    step = Trainer.training_step

    def counted(self, *args, **options):
        if self.state.global_step == steps:
            raise Stopped
        return step(self, *args, **options)

    monkeypatch.setattr(Trainer, "training_step", counted)


def files(output: Path) -> dict[str, bytes]:
    """All that a training is for, byte by byte; `training.yaml` names the output folder."""
    made = [path for path in output.iterdir() if path.is_file() and path.name != "training.yaml"]
    return {path.name: path.read_bytes() for path in made}


def states(output: Path) -> dict:
    """The weights and the average of the last step."""
    last = output / "checkpoints" / f"checkpoint-{STEPS}"
    return {f"{name}: {key}": value.tolist()
            for name in ("model.safetensors", "average.safetensors")
            for key, value in load_file(last / name).items()}  # fmt: skip


@pytest.mark.parametrize("step, workers", [(2, 0), (7, 0), (12, 1)])
def test_a_stopped_training_makes_the_weights_of_an_unbroken_one(
    settings, unbroken, tmp_path, monkeypatch, step, workers
):
    config = TrainConfig(**settings, output=tmp_path / "out")
    config.trainer.workers = workers
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_after(step, patch)
        train(config)
    train(config, resume=True)
    assert states(config.output) == states(unbroken)
    assert files(config.output) == files(unbroken)


def test_a_training_killed_at_any_moment_makes_the_weights_of_an_unbroken_one(settings, unbroken, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({**settings, "output": str(tmp_path / "out")}), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "qingyuan.cli", "train", str(config)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    first = tmp_path / "out" / "checkpoints" / f"checkpoint-{random.choice([3, 6, 7, 9, 12, 14, 15])}"
    while not first.exists() and process.poll() is None:
        time.sleep(0.001)
    time.sleep(random.choice([0, 0.005, 0.02]))  # while the checkpoint is written, or behind it
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    train(TrainConfig.load(config), resume=True)
    assert states(tmp_path / "out") == states(unbroken)
    assert files(tmp_path / "out") == files(unbroken)


def test_a_stopped_pretraining_makes_the_weights_of_an_unbroken_one(settings, tmp_path, monkeypatch):
    def config(name):
        return PretrainConfig(
            encoder=settings["model"], output=tmp_path / name, texts=settings["train"], dev_texts=settings["dev"],
            window=32, trainer={"steps": 12, "batch_size": 4, "save_every": 4},
        )  # fmt: skip

    pretrain(config("unbroken"))
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_after(10, patch)
        pretrain(config("stopped"))
    pretrain(config("stopped"), resume=True)
    assert files(tmp_path / "stopped") == files(tmp_path / "unbroken")


def checkpoint(folder: Path, step: int, state: str = "{}") -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "trainer_state.json").write_text(state, encoding="utf-8")
    return path


def test_a_checkpoint_that_was_cut_off_is_told_and_the_one_before_it_taken(tmp_path, caplog):
    whole = checkpoint(tmp_path, 9)
    cut_off = checkpoint(tmp_path, 10, '{"global_step": 1')
    empty = checkpoint(tmp_path, 11)
    (empty / "trainer_state.json").unlink()
    assert last_checkpoint(tmp_path) == whole
    assert not cut_off.exists() and not empty.exists()
    assert "checkpoint-10: cut off" in caplog.text and "checkpoint-11: cut off" in caplog.text
    assert last_checkpoint(tmp_path / "none") is None


def test_the_checkpoint_says_last_that_it_is_whole(unbroken):
    last = unbroken / "checkpoints" / f"checkpoint-{STEPS}"
    written = {path.name: path.stat().st_mtime_ns for path in last.iterdir()}
    assert {"model.safetensors", "optimizer.pt", "average.safetensors", "rng_state.pth"} <= written.keys()
    assert max(written, key=written.get) == "trainer_state.json"


def test_files_are_put_in_place_together_or_not_at_all(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(OSError, match="No space left.*files that were there stay"), written_whole(tmp_path) as folder:
        (folder / "a").write_text("new")
        raise OSError(28, "No space left on device")
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and (tmp_path / "a").read_text() == "old"
    with written_whole(tmp_path) as folder:
        (folder / "a").write_text("new")
        (folder / "b").write_text("new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "new", "b": "new"}


def test_a_new_run_puts_the_checkpoints_of_an_earlier_one_aside(settings, tmp_path, monkeypatch):
    old = checkpoint(tmp_path / "out" / "checkpoints", 9999)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_after(0, patch)
        train(TrainConfig(**settings, output=tmp_path / "out"))
    assert not old.exists() and (tmp_path / "out" / "checkpoints.old" / "checkpoint-9999").is_dir()


@contextmanager
def full_disk():
    """No file can grow beyond 20,000 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_the_last_good_checkpoint_stays(settings, unbroken, tmp_path, monkeypatch):
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({**settings, "output": str(tmp_path / "out")}), encoding="utf-8")
    write = Trainer._save_checkpoint

    def full_at_the_second(self, *args, **options):
        with full_disk() if self.state.global_step > 3 else nullcontext():
            write(self, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_save_checkpoint", full_at_the_second)
        result = CliRunner().invoke(app, ["train", str(config)])
    assert result.exit_code == 2
    told = result.stderr.splitlines()[-1]
    assert "checkpoint-6: can't be written" in told and "--resume from checkpoint-3, which is whole" in told
    assert [path.name for path in (tmp_path / "out" / "checkpoints").iterdir()] == ["checkpoint-3"]
    train(TrainConfig.load(config), resume=True)  # there is room again
    assert files(tmp_path / "out") == files(unbroken)


def test_a_full_disk_leaves_the_best_model_so_far(tmp_path, tagger):
    output = tmp_path / "out"
    tagger.save_pretrained(output)
    before = files(output)
    with full_disk(), pytest.raises(OSError, match="out: can't be written .*the files that were there stay"):
        with written_whole(output) as folder:
            save(tagger, folder, half_precision=False)
    assert files(output) == before and not (output / "unfinished").exists()
