"""One tagger serves threads and processes: each gets what it would get alone."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from conftest import ALPHABET

from qingyuan.checkpoint import ONNX_FILE, find_checkpoint
from qingyuan.tagger import Tagger

TEXT = "6月1日，由江苏省禁毒办、苏州市禁毒办联合主办的“全民禁毒宣传月”启动仪式在苏州市举行。"


def test_eight_threads_get_what_one_gets(tagger):
    texts = [ALPHABET[number % 60 :] + ALPHABET[: number % 50] for number in range(80)]
    alone = [tagger.predict(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(tagger.predict, texts)) == alone
        parts = list(pool.map(lambda start: list(tagger.predict(iter(texts[start::8]), batch_size=1)), range(8)))
    assert [[(a.text, a.entities) for a in part] for part in parts] == [
        [(a.text, a.entities) for a in alone[start::8]] for start in range(8)
    ]


def answer(tagger, texts, queue):
    queue.put([tagger.predict(texts[0]), *tagger.predict(texts[1:], batch_size=1)])


def in_a_child(how: str, tagger, texts: list[str]):
    context = multiprocessing.get_context(how)
    queue = context.Queue()
    child = context.Process(target=answer, args=(tagger, texts, queue))
    child.start()
    try:
        return queue.get(timeout=120)
    finally:
        child.kill()
        child.join()


@pytest.fixture
def two_threads():
    """OpenMP's pool of threads exists once two of them have worked; a forked child lacks it."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["torch", "onnx"])
def shipped(request, monkeypatch):
    """The model in the package; a batch of one makes many passes, which the tagger's own threads share."""
    if request.param == "onnx":
        pytest.importorskip("onnxruntime")
        if not (find_checkpoint("default") / ONNX_FILE).is_file():
            pytest.skip(f"the package has no {ONNX_FILE}")
        monkeypatch.setenv("OMP_NUM_THREADS", "2")  # a pass alone gets threads of its own then
    return Tagger.from_pretrained(backend=request.param)


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_a_forked_child_gets_what_its_parent_gets(shipped, two_threads):
    texts = [TEXT, TEXT * 20]
    mine = [shipped.predict(texts[0]), *shipped.predict(texts[1:], batch_size=1)]
    theirs = in_a_child("fork", shipped, texts)
    assert [[e.span for e in a.entities] for a in theirs] == [[e.span for e in a.entities] for a in mine]
    assert len(mine[1].entities) > 20


def test_a_spawned_child_gets_what_its_parent_gets(tagger):
    texts = [ALPHABET, ALPHABET * 2]
    assert in_a_child("spawn", tagger, texts) == [tagger.predict(texts[0]), *tagger.predict(texts[1:], batch_size=1)]
