"""Run in a slim environment: tags with the shipped ONNX model, without torch and its company."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

HEAVY = ("torch", "transformers", "datasets", "sklearn", "accelerate")
TEXT = "6月1日，由江苏省禁毒办、苏州市禁毒办联合主办的“全民禁毒宣传月”启动仪式在苏州市举行。"

if __name__ == "__main__":
    assert not (found := [name for name in HEAVY if find_spec(name)]), f"not slim: {', '.join(found)} installed"
    from qingyuan import Tagger

    tagger = Tagger.from_pretrained()
    article = tagger.predict(TEXT)
    assert tagger.backend.name == "onnx" and article.topic.label == "drug_control", article
    assert "江苏省禁毒办" in [entity.text for entity in article.entities], article
    fast = Tagger.from_pretrained("fast").predict(TEXT)
    assert fast.topic.label == "drug_control" and fast.entities, fast
    for command in (["predict", "-"], ["predict", "--format", "table", "-"], ["predict", "--page", "-"], ["info"]):
        command = [sys.executable, "-m", "qingyuan.cli", *command]
        done = subprocess.run(command, input=TEXT.encode(), capture_output=True)
        assert done.returncode == 0 and done.stdout, (command, done.stderr.decode())
    print("the slim install tags")
