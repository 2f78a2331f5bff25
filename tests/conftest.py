"""A tiny model with random weights, and articles made on the spot: the tests need no network and no training data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from huggingface_hub import HfApi
from transformers import BertConfig, BertModel

from qingyuan.network import QingyuanConfig, QingyuanModel
from qingyuan.tagger import Tagger
from qingyuan.tokens import SPECIAL_TOKENS, CharacterTokenizer
from qingyuan.training.export import export

ALPHABET = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动西藏自治区禁毒办拉萨市法院，。“”《》,.0123456789abcABC \n"


@pytest.fixture(scope="session")
def tokenizer() -> CharacterTokenizer:
    return CharacterTokenizer([*SPECIAL_TOKENS, *dict.fromkeys(ALPHABET)])


@pytest.fixture(scope="session")
def tiny_encoder(tokenizer):
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        attention_probs_dropout_prob=0.0,
    )
    return BertModel(config, add_pooling_layer=False)


@pytest.fixture(scope="session")
def tagger(tokenizer, tiny_encoder) -> Tagger:
    """Untrained, with heads loud enough that it finds spans everywhere."""
    torch.manual_seed(1)
    config = QingyuanConfig(encoder=tiny_encoder.config.to_dict(), window=34, overlap=8)
    model = QingyuanModel(config, tiny_encoder)
    torch.nn.init.normal_(model.tag_head.weight, std=2.0)
    torch.nn.init.normal_(model.topic_head.weight, std=1.0)
    return Tagger(model, tokenizer, device="cpu")


@pytest.fixture
def encoder_folder(tmp_path, tokenizer, tiny_encoder):
    folder = tmp_path / "encoder"
    tiny_encoder.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def exported(tagger, tmp_path_factory):
    """The folder of the same model, with its int8 file beside the weights."""
    return save_and_export(tagger, tmp_path_factory.mktemp("exported"))


def save_and_export(tagger: Tagger, folder: Path) -> Path:
    """The folder, with the weights and the int8 file of a tagger in it."""
    tagger.save_pretrained(folder)
    texts = folder / "texts.jsonl"
    texts.write_text("\n".join(json.dumps({"text": ALPHABET[start:] * 2}) for start in range(0, 60, 3)), encoding="utf-8")
    export(str(folder), check=[], calibrate=[str(texts)])
    texts.unlink()
    return folder


@pytest.fixture
def pushed(monkeypatch):
    """What would go to the hub: the options, and the files by name."""
    seen = {}

    def read(folder):
        return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    def create_repo(self, repo_id, **options):
        seen["repo"] = {"token": self.token, **options}
        return type("Repo", (), {"repo_id": repo_id})

    def upload_folder(self, *, repo_id, folder_path, **options):
        seen.update(repo_id=repo_id, options=options, files=read(folder_path))
        return "the commit"

    monkeypatch.setattr(HfApi, "create_repo", create_repo)
    monkeypatch.setattr(HfApi, "upload_folder", upload_folder)
    return seen
