"""Measures what pandas, datasets, Ray, Spark, spaCy and the HTTP service leave of the tagger's speed.

    pip install -e '.[engines]'
    python benchmarks/engines.py --write docs/integrations.md

Each has one worker with as many threads as the bare tagger, batches of 64, and the same articles: those of
`written/train`, over and over. Whoever reads and writes files does so, Parquet to Parquet. Start-up does not count: a
speed is that of the articles that a long job has more than a short one. Long and short jobs of an engine and of the
bare tagger take turns, each in a process of its own, and the best of each counts. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import tables

from qingyuan import Tagger
from qingyuan.backends.onnx import usable_cores
from qingyuan.training.sources import shipped_records

BATCH = 64
TARGET = 0.85
COLUMN = "正文"
MODEL = {"backend": "onnx", "device": "cpu"}

Job = Callable[[Path, Path], int]
"""Tags the articles of a Parquet file, perhaps into another place, and tells how many it tagged."""


def read_texts(source: Path) -> list[str]:
    return pq.read_table(source)[COLUMN].to_pylist()


def batches(texts: list[str]) -> Iterator[list[str]]:
    return (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))


def count_tagged(target: Path) -> int:
    return pq.read_table(target, columns=["topic"])["topic"].drop_null().length()


@contextmanager
def bare(threads: int) -> Iterator[Job]:
    tagger = Tagger.from_pretrained(**MODEL)
    yield lambda source, _: sum(len(tagger.predict(batch)) for batch in batches(read_texts(source)))


@contextmanager
def pandas_frames(threads: int) -> Iterator[Job]:
    import pandas

    tagger = Tagger.from_pretrained(**MODEL)

    def job(source: Path, target: Path) -> int:
        df = pandas.read_parquet(source)
        parts = [tagger.predict_frame(df[start : start + BATCH]) for start in range(0, len(df), BATCH)]
        pandas.concat(parts).to_parquet(target)
        return count_tagged(target)

    yield job


@contextmanager
def datasets_map(threads: int) -> Iterator[Job]:
    import datasets

    tagger = Tagger.from_pretrained(**MODEL)
    datasets.disable_progress_bars()
    datasets.disable_caching()

    def job(source: Path, target: Path) -> int:
        dataset = datasets.Dataset.from_parquet(str(source), cache_dir=str(source.parent))
        dataset.map(tagger.map_batch, batched=True, batch_size=BATCH, fn_kwargs={"text": COLUMN}).to_parquet(target)
        return count_tagged(target)

    yield job


@contextmanager
def ray_data(threads: int) -> Iterator[Job]:
    import ray

    from qingyuan.integrations.ray import tag_dataset

    ray.init(num_cpus=threads + 2, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False

    def job(source: Path, target: Path) -> int:
        dataset = ray.data.read_parquet(str(source))
        tag_dataset(dataset, COLUMN, num_cpus=threads, batch_size=BATCH, **MODEL).write_parquet(str(target))
        return count_tagged(target)

    yield job
    ray.shutdown()


@contextmanager
def spark(threads: int) -> Iterator[Job]:
    from pyspark.sql import SparkSession

    from qingyuan.integrations.spark import tag_dataframe

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(f"local[{threads}]").config("spark.task.cpus", threads)
    builder = builder.config("spark.sql.execution.arrow.maxRecordsPerBatch", BATCH).config("spark.ui.enabled", False)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")

    def job(source: Path, target: Path) -> int:
        tag_dataframe(session.read.parquet(str(source)), COLUMN, **MODEL).write.parquet(str(target))
        return count_tagged(target)

    yield job
    session.stop()


@contextmanager
def spacy_pipe(threads: int) -> Iterator[Job]:
    import spacy

    nlp = spacy.blank("zh")
    nlp.add_pipe("qingyuan", config=MODEL)
    yield lambda source, _: sum(bool(doc.cats) for doc in nlp.pipe(read_texts(source), batch_size=BATCH))


@contextmanager
def service(threads: int) -> Iterator[Job]:
    """Two clients, so that one batch waits while another is tagged."""
    from concurrent.futures import ThreadPoolExecutor

    import httpx

    command = [sys.executable, "-m", "qingyuan.cli", "serve", "--port", "0", "--backend", "onnx", "--device", "cpu"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    address = server.stdout.readline().split()[-1]

    def send(batch: list[str]) -> int:
        answer = client.post("/predict", json={"texts": batch}, timeout=600).raise_for_status()
        return sum("topic" in article for article in answer.json()["articles"])

    try:
        with httpx.Client(base_url=address) as client, ThreadPoolExecutor(2) as clients:
            yield lambda source, _: sum(clients.map(send, batches(read_texts(source))))
    finally:
        server.terminate()
        server.wait()


CONTENDERS = {
    "pandas": pandas_frames,
    "datasets.map": datasets_map,
    "Ray Data": ray_data,
    "Spark": spark,
    "spaCy, nlp.pipe": spacy_pipe,
    "qingyuan serve, two clients": service,
}


def work(contender: Callable, threads: int, connection) -> None:
    """Run the jobs that come through the connection, and send back the seconds of each."""
    with contender(threads) as job, tempfile.TemporaryDirectory() as folder:
        for number in itertools.count():
            if (source := connection.recv()) is None:
                break
            begin = time.perf_counter()
            tagged = job(source, Path(folder, f"{number}.parquet"))
            seconds = time.perf_counter() - begin
            assert tagged == pq.read_metadata(source).num_rows, f"{tagged} articles came out of {source}"
            connection.send(seconds)


class Worker:
    """A contender in its process."""

    def __init__(self, contender: Callable, threads: int, short: Path, long: Path):
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(contender, threads, theirs))
        self.process.start()
        theirs.close()
        self.least = {short: float("inf"), long: float("inf")}
        self.connection.send(short)  # to warm up
        self.connection.recv()

    def take_turn(self) -> None:
        for source, least in self.least.items():
            self.connection.send(source)
            self.least[source] = min(least, self.connection.recv())

    def end(self) -> float:
        """Seconds that the long job takes more than the short one."""
        self.connection.send(None)
        self.process.join()
        short, long = self.least.values()
        return long - short


def measure(options: argparse.Namespace) -> dict[str, tuple[float, float]]:
    """For each contender its articles a second, and those of the bare tagger that took turns with it."""
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    texts = [record["text"] for record in shipped_records("written/train")]
    speeds = {}
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for count in (options.short, options.long):
            files.append(Path(folder, f"{count}.parquet"))
            pq.write_table(pa.table({COLUMN: list(itertools.islice(itertools.cycle(texts), count))}), files[-1])
        for name in options.only or CONTENDERS:
            workers = [Worker(contender, options.threads, *files) for contender in (CONTENDERS[name], bare)]
            for _ in range(options.passes):
                for worker in workers:
                    worker.take_turn()
            speeds[name] = tuple((options.long - options.short) / worker.end() for worker in workers)
            print(f"{name}: {speeds[name][0] / speeds[name][1]:.0%} of the bare tagger", file=sys.stderr)
    return speeds


def report(speeds: dict[str, tuple[float, float]], options: argparse.Namespace) -> str:
    head = "articles a second", "through it", "bare tagger", f"ratio, wanted ≥ {TARGET:.0%}"
    rows = [(name, f"{mine:.1f}", f"{alone:.1f}", f"{mine / alone:.0%}") for name, (mine, alone) in speeds.items()]
    what = f"{options.long - options.short} articles of `written/train`, batches of {BATCH}, best of {options.passes}"
    return f"{tables.processor()}, {options.threads} threads; {what}.\n\n{tables.table(head, rows)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=CONTENDERS, help="may be given several times")
    parser.add_argument("--threads", type=int, default=usable_cores(), help="of each contender; all cores if not given")
    parser.add_argument("--short", type=int, default=BATCH * 2, help="articles of the short job")
    parser.add_argument("--long", type=int, default=BATCH * 22, help="articles of the long job")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--write", type=Path, help="put the table into this Markdown file, between its markers")
    options = parser.parse_args()
    result = report(measure(options), options)
    print(result)
    if options.write:
        tables.fill(options.write, result, begin="<!-- engines -->")


if __name__ == "__main__":
    main()
