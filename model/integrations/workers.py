"""A tagger in a process that an engine keeps: loaded once, and with the threads that the engine gave it."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Any

from qingyuan.tagger import Tagger


def load_tagger(model: str, threads: int, **options: Any) -> Tagger:
    """`Tagger.from_pretrained(model, **options)`. `threads` bounds the whole process."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    tagger = Tagger.from_pretrained(model, **options)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    return tagger


kept_tagger = cache(load_tagger)
"""The same, loaded once in a process."""
