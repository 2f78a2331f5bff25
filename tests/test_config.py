"""Configurations are typed, and their errors name the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from qingyuan.training.config import ConfigError, DistilConfig, PretrainConfig, TrainConfig
from qingyuan.training.roles import PageConfig

CONFIGS = Path(__file__).parent.parent / "configs"
SMALLEST = "model: default\noutput: out\ntrain: [a.jsonl]\ndev: [b.jsonl]\n"


@pytest.fixture
def config(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.name)
def test_the_configs_that_are_shipped_can_be_read(path):
    kinds = {"pretrain": PretrainConfig, "distil": DistilConfig, "page": PageConfig}
    assert kinds.get(path.stem, TrainConfig).load(path).output


def test_overrides_reach_into_rooms_and_are_typed(config):
    loaded = TrainConfig.load(config(SMALLEST), ["trainer.epochs=2", "train=[c.jsonl, d.jsonl]", "augment.mask=0"])
    assert loaded.trainer.epochs == 2 and loaded.train == ["c.jsonl", "d.jsonl"] and loaded.augment.mask == 0


def test_an_unknown_key_is_told_with_its_nearest_neighbour(config):
    with pytest.raises(ConfigError, match=r"config.yaml: unknown key windw; did you mean window\?"):
        TrainConfig.load(config(SMALLEST + "windw: 3\n"))
    with pytest.raises(ConfigError, match=r"unknown key trainer.epoch; did you mean trainer.epochs\?"):
        TrainConfig.load(config(SMALLEST), ["trainer.epoch=3"])


@pytest.mark.parametrize(
    "text, told",
    [
        (SMALLEST + "window: wide\n", "window: .*integer"),
        (SMALLEST + "augment: {mask: 2}\n", "augment.mask"),
        ("model: default\n", "output"),
        ("- a\n- b\n", "wants `key: value` lines"),
        ("model: [\n", "not YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(config, text, told):
    with pytest.raises(ConfigError, match=told):
        TrainConfig.load(config(text))


def test_a_missing_file_and_a_broken_override_are_told(config):
    with pytest.raises(ConfigError, match="nowhere.yaml: no such file"):
        TrainConfig.load("nowhere.yaml")
    with pytest.raises(ConfigError, match="looks like trainer.seed=1"):
        TrainConfig.load(config(SMALLEST), ["seed"])
