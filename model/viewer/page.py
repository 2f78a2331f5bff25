"""How a page for a browser is put together: one file that holds its style, its scripts and its data."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
_UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def asset(name: str, folder: Path = _FOLDER) -> str:
    """A file of the viewer, or of another `folder`."""
    return (folder / name).read_text(encoding="utf-8")


def fill(template: str, *, title: str, style: str, script: str, data: Any) -> str:
    """The template with its four placeholders filled; no title and no text of the data can become markup."""
    parts = {
        "title": escape(title),
        "style": style,
        "script": script,
        "data": json.dumps(data, ensure_ascii=False).translate(_UNSAFE),
    }
    # In one pass, so that a text which reads like a placeholder stays a text.
    page = re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)
    # A lone surrogate has no UTF-8; the stand-in keeps all offsets.
    return re.sub("[\ud800-\udfff]", "\ufffd", page)
