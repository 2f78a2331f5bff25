"""A model's folder that is cut off, tampered with or foreign gives one error that names the file; none is unpickled."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

import qingyuan
from qingyuan.checkpoint import SHIPPED, CheckpointError
from qingyuan.cli import app
from qingyuan.tagger import Tagger

CONFIG, WEIGHTS, CHARACTERS = "config.json", "model.safetensors", "characters.json"


def cut(name, size):
    return name, lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:size])


def text(name, content):
    return name, lambda folder: (folder / name).write_text(content, encoding="utf-8")


def settings(**changed):
    def change(folder):
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        (folder / CONFIG).write_text(json.dumps({**config, **changed}), encoding="utf-8")

    return CONFIG, change


def weights(change):
    def changed(folder):
        tensors = load_file(folder / WEIGHTS)
        change(tensors)
        save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})

    return WEIGHTS, changed


def characters(change):
    def changed(folder):
        vocabulary = json.loads((folder / CHARACTERS).read_text("utf-8"))
        (folder / CHARACTERS).write_text(json.dumps(change(vocabulary)), encoding="utf-8")

    return CHARACTERS, changed


DAMAGE = {
    "config cut off": cut(CONFIG, -30),
    "config empty": cut(CONFIG, 0),
    "config a list": text(CONFIG, "[1]"),
    "config of no text": (CONFIG, lambda folder: (folder / CONFIG).write_bytes(b"\xff\x00")),
    "taxonomy a number": settings(taxonomy=5),
    "taxonomy with labels of numbers": settings(taxonomy={"labels": 5}),
    "encoder a number": settings(encoder=5),
    "encoder unknown": settings(encoder={"model_type": "nonsense"}),
    "calibration unknown": settings(calibration={"nonsense": 1}),
    "calibration of words": settings(calibration={"span_scale": "x"}),
    "calibration divides by nothing": settings(calibration={"topic_temperature": 0}),
    "window a word": settings(window="x"),
    "window below nothing": settings(window=-4),
    "window longer than the encoder": settings(window=100_000),
    "overlap as wide as the window": settings(overlap=32),
    "other labels": (WEIGHTS, settings(taxonomy={"labels": ["A"], "topics": ["b"]})[1]),
    "another encoder": (WEIGHTS, settings(encoder={"model_type": "bert"})[1]),
    "weights empty": cut(WEIGHTS, 0),
    "weights cut off in the header": cut(WEIGHTS, 100),
    "weights cut off at the end": cut(WEIGHTS, -1),
    "weights longer": (WEIGHTS, lambda folder: (folder / WEIGHTS).open("ab").write(b"x")),
    "weights a pickle": (WEIGHTS, lambda folder: torch.save({"a": 1}, folder / WEIGHTS)),
    "weights of something else": (WEIGHTS, lambda folder: save_file({"a": torch.zeros(3)}, folder / WEIGHTS)),
    "a weight missing": weights(lambda tensors: tensors.pop("tag_head.weight")),
    "a weight too many": weights(lambda tensors: tensors.update(more=torch.zeros(2))),
    "a weight of another shape": weights(lambda tensors: tensors.update({"topic_head.bias": torch.zeros(3)})),
    "a weight without a number": weights(lambda tensors: tensors["tag_head.weight"][0].fill_(float("nan"))),
    "characters cut off": cut(CHARACTERS, -30),
    "characters an object": text(CHARACTERS, "{}"),
    "characters too few": characters(lambda vocabulary: vocabulary[:-1]),
    "characters too many": characters(lambda vocabulary: [*vocabulary, "龘"]),
    "characters are words": characters(lambda vocabulary: [*vocabulary[:-1], "西藏"]),
}


@pytest.fixture
def folder(tagger, tmp_path) -> Path:
    tagger.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_folder_is_one_error_that_names_the_file(folder, damage):
    name, change = damage
    change(folder)
    with pytest.raises(CheckpointError) as error:
        Tagger.from_pretrained(folder)
    assert str(error.value).startswith(f"{folder / name}: ") and "\n" not in str(error.value)


def test_a_damaged_folder_is_one_line_on_the_command_line(folder):
    cut(WEIGHTS, -1)[1](folder)
    result = CliRunner().invoke(app, ["predict", "-", "--model", str(folder)], input="西藏")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {folder / WEIGHTS}: ") and result.stderr.count("\n") == 1


ALONE = """
import pickle, socket, sys

def refuse(*_, **__):
    raise AssertionError("no pickle and no network at predict time")

class Refused:
    __init__ = refuse

for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, refuse)
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
import torch
from qingyuan import Tagger, predict
pickle.load, pickle.loads, pickle.Unpickler, torch.load = refuse, refuse, Refused, refuse
texts = ["6月1日，由江苏省禁毒办主办的“全民禁毒宣传月”启动仪式在苏州市举行。", ""]
tagger = Tagger.from_pretrained(*sys.argv[1:])
assert [article.text for article in tagger.predict(texts)] == texts
print(predict(texts[0]).topic.label)
"""


def test_no_network_is_asked_and_nothing_unpickled(folder):
    result = subprocess.run([sys.executable, "-c", ALONE, str(folder)], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "drug_control\n"


def test_no_code_of_others_is_trusted():
    package = Path(qingyuan.__file__).parent
    sources = [path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in ("training", "eval")]
    assert len(sources) > 15
    for word in ("trust_remote_code", "import pickle", "torch.load", "allow_pickle=True"):
        assert not [path for path in sources if word in path.read_text("utf-8")], word


@pytest.mark.parametrize("folder", sorted(filter(Path.is_dir, SHIPPED.iterdir())), ids=lambda folder: folder.name)
def test_the_shipped_weights_are_those_of_their_checksums(folder):
    """After new weights, in their folder: `sha256sum $(find * -type f ! -name README.md ! -name SHA256SUMS) > SHA256SUMS`."""
    listed = dict(reversed(line.split(maxsplit=1)) for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines())
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("SHA256SUMS", "README.md")
    }
    assert found == listed, test_the_shipped_weights_are_those_of_their_checksums.__doc__
