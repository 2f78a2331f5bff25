"""The Python examples of the documents run, each section's as one script in an empty folder.

A block counts that stands below a line `<!-- run -->`, or `<!-- run engines -->` where it needs the engines.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENTS = ("docs/integrations.md",)
ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^<!-- run( engines)? -->\n+```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples():
    """By document and section, the scripts, one for those that need engines and one for the others."""
    for document in DOCUMENTS:
        for section in re.split(r"^(?=## )", (ROOT / document).read_text(encoding="utf-8"), flags=re.MULTILINE):
            title = section.partition("\n")[0].lstrip("# ")
            for engines in ("", " engines"):
                if code := "\n".join(block for needs, block in BLOCK.findall(section) if needs == engines):
                    marks = [pytest.mark.engines] if engines else []
                    yield pytest.param(code, id=f"{document}: {title}", marks=marks)


@pytest.mark.parametrize("code", list(examples()))
def test_an_example_runs(code, tmp_path):
    script = tmp_path / "example.py"
    script.write_text(code, encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # as in an activated environment
    options = {"cwd": tmp_path, "env": os.environ | {"PATH": path}, "timeout": 600}
    done = subprocess.run([sys.executable, script.name], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_every_mark_has_its_block():
    for document in DOCUMENTS:
        text = (ROOT / document).read_text(encoding="utf-8")
        assert len(BLOCK.findall(text)) == len(re.findall(r"^<!-- run", text, re.MULTILINE)) > 0
