"""The batcher under asyncio: who asked gets the answer, in whatever company it was tagged."""

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingyuan.article import Article
from qingyuan.service.batching import Batcher, Busy
from qingyuan.service.limits import Limits


class Recording:
    """Says of each text the threshold it was given, and keeps the batches; `gate` holds it up."""

    def __init__(self):
        self.batches, self.threads = [], set()
        self.gate = threading.Event()
        self.gate.set()

    def predict(self, texts, threshold=None):
        self.batches.append(list(texts))
        self.threads.add(threading.get_ident())
        self.gate.wait(10)
        if any("bad" in text for text in texts):
            raise RuntimeError("bad")
        return [Article(f"{text}|{threshold}") for text in texts]


def run(work, **limits):
    """`work(batcher, tagger)` in a loop of its own; its result, and the tagger."""

    async def inside():
        tagger = Recording()
        batcher = Batcher(tagger, Limits(**limits))
        try:
            return await work(batcher, tagger), tagger
        finally:
            tagger.gate.set()
            batcher.close()
            assert (batcher.texts, batcher.characters) == (0, 0)

    return asyncio.run(inside())


def texts_of(results):
    return [result if isinstance(result, Exception) else result.text for result in results]


async def turns(count=20):
    """Let others run."""
    for _ in range(count):
        await asyncio.sleep(0)


async def held_up(batcher, tagger, *texts):
    """A request for each text, all of them in the batch that the closed gate holds up."""
    tagger.gate.clear()
    requests = [asyncio.ensure_future(batcher.tag([text])) for text in texts]
    while not tagger.batches:
        await asyncio.sleep(0.001)
    return requests


REQUEST = st.tuples(
    st.lists(st.sampled_from(["a", "bb", "ccc", "dddddddd", "bad", ""]), max_size=6),
    st.sampled_from([None, 0.5, 0.9]),
    st.integers(0, 3),  # turns of the loop that it comes late
    st.booleans(),  # whether its client gives up
)


@settings(max_examples=60, deadline=None)
@given(st.lists(REQUEST, max_size=25), st.integers(1, 8), st.integers(1, 20))
def test_each_gets_its_own_in_order(requests, batch_texts, batch_characters):
    async def work(batcher, tagger):
        async def ask(texts, threshold, late, gives_up):
            await turns(late)
            asking = asyncio.ensure_future(batcher.tag(texts, threshold=threshold))
            if gives_up:
                await turns(late)
                asking.cancel()
            try:
                return await asking
            except asyncio.CancelledError:
                return None

        found = await asyncio.gather(*(ask(*request) for request in requests))
        assert (batcher.texts, batcher.characters) == (0, 0)
        return found

    found, tagger = run(work, batch_texts=batch_texts, batch_characters=batch_characters)
    for (texts, threshold, _, gives_up), results in zip(requests, found):
        if results is None:
            assert gives_up
            continue
        assert len(results) == len(texts)
        for text, result in zip(texts, results):
            assert isinstance(result, RuntimeError) if text == "bad" else result.text == f"{text}|{threshold}"
    assert len(tagger.threads) <= 1
    for batch in tagger.batches:
        assert len(batch) <= batch_texts and (len(batch) == 1 or sum(map(len, batch)) <= batch_characters)


def test_a_lone_text_does_not_wait_and_those_that_come_meanwhile_are_one_batch():
    async def work(batcher, tagger):
        (first,) = await held_up(batcher, tagger, "first")
        others = [asyncio.ensure_future(batcher.tag([f"other {number}"])) for number in range(5)]
        await turns()
        tagger.gate.set()
        await asyncio.gather(first, *others)

    _, tagger = run(work)
    assert tagger.batches == [["first"], [f"other {number}" for number in range(5)]]


def test_those_that_come_in_the_same_moment_are_one_batch():
    async def work(batcher, tagger):
        return await asyncio.gather(*(batcher.tag([str(number)]) for number in range(30)))

    found, tagger = run(work)
    assert tagger.batches == [[str(number) for number in range(30)]]
    assert [texts_of(results) for results in found] == [[f"{number}|None"] for number in range(30)]


def test_a_bad_text_spoils_no_other_request():
    async def work(batcher, tagger):
        return await asyncio.gather(batcher.tag(["a", "bad"]), batcher.tag(["b"], threshold=0.5), batcher.tag(["c"]))

    (mixed, b, c), _ = run(work)
    assert mixed[0].text == "a|None" and str(mixed[1]) == "bad"
    assert texts_of(b + c) == ["b|0.5", "c|None"]


def test_texts_of_a_cancelled_request_are_not_tagged_and_make_room():
    async def work(batcher, tagger):
        (first,) = await held_up(batcher, tagger, "first")
        given_up = asyncio.ensure_future(batcher.tag(["given up", "given up"]))
        await turns()
        with pytest.raises(Busy):
            await batcher.tag(["no room"])
        given_up.cancel()
        await turns()
        second = asyncio.ensure_future(batcher.tag(["second"]))
        await turns()
        tagger.gate.set()
        return await first + await second

    found, tagger = run(work, texts=3, waiting_texts=3)
    assert texts_of(found) == ["first|None", "second|None"]
    assert tagger.batches == [["first"], ["second"]]


def test_a_request_cancelled_while_it_is_tagged_leaves_the_rest_of_its_batch():
    async def work(batcher, tagger):
        given_up, stays = await held_up(batcher, tagger, "given up", "stays")
        given_up.cancel()
        await turns()
        tagger.gate.set()
        return await stays

    found, tagger = run(work)
    assert tagger.batches == [["given up", "stays"]] and texts_of(found) == ["stays|None"]


def test_room_is_counted_in_characters_too():
    async def work(batcher, tagger):
        waiting = asyncio.ensure_future(batcher.tag(["a" * 60]))
        await turns(2)
        with pytest.raises(Busy) as refused:
            await batcher.tag(["a" * 41])
        assert refused.value.seconds >= 1
        await waiting
        return await batcher.tag(["a" * 41])

    run(work, characters=100, waiting_characters=100)


def test_closing_drops_what_waits():
    async def work(batcher, tagger):
        (first,) = await held_up(batcher, tagger, "first")
        second = asyncio.ensure_future(batcher.tag(["second"]))
        await turns()
        tagger.gate.set()
        batcher.close()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert texts_of(await first) == ["first|None"]

    _, tagger = run(work)
    assert tagger.batches == [["first"]]
