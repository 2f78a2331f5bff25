"""Texts that come at the same time are tagged in one batch.

One thread owns the tagger. While it works on a batch, whatever comes waits, and makes up the next one: a lone text is
tagged at once, and the more come, the larger the batches grow. No timer holds anything back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil

from qingyuan.article import Article
from qingyuan.page import Page, split_page, tag_articles
from qingyuan.service.limits import Limits
from qingyuan.tagger import Tagger

Result = Article | Page | Exception
OnBatch = Callable[[int, int, float], None]
"""Told of each batch: its texts, its characters, the seconds it took."""


class Busy(RuntimeError):
    """There is no room to wait; there may be in some `seconds`."""

    def __init__(self, seconds: int):
        super().__init__(f"too much is waiting; try again in {seconds} s")
        self.seconds = seconds


@dataclass(eq=False)
class _Job:
    """A text, and the future of what becomes of it."""

    text: str
    is_page: bool
    threshold: float | None
    result: asyncio.Future[Result]


class Batcher:
    """Tags texts for many tasks of one event loop, first come, first served.

    >>> batcher = Batcher(tagger, Limits())
    >>> articles = await batcher.tag(["拉萨市禁毒办……", "……"])

    All but `_tag` runs in the event loop, so that nothing needs a lock.
    """

    def __init__(self, tagger: Tagger, limits: Limits, on_batch: OnBatch = lambda *_: None):
        self.tagger = tagger
        self.limits = limits
        self.on_batch = on_batch
        self.texts = self.characters = 0
        """Accepted and not answered yet."""
        self._queue: dict[_Job, None] = {}  # ordered, and those who leave it are found at once
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tagger")
        self._is_at_work = False
        self._recent = 10_000.0, 1.0  # characters and their seconds; a guess until there are batches

    async def tag(self, texts: Sequence[str], is_page: bool = False, threshold: float | None = None) -> list[Result]:
        """An article for each text, or a page, in order; the error in the place of one that could not be tagged.

        Raises `Busy` where there is no room for them all. If the caller is cancelled, those that wait are dropped.
        """
        characters = sum(map(len, texts))
        if self._is_over(len(texts), characters):
            raise Busy(self._seconds_to_wait())
        loop = asyncio.get_running_loop()
        jobs = [_Job(text, is_page, threshold, loop.create_future()) for text in texts]
        for job in jobs:
            self._enter(job)
        loop.call_soon(self._begin)  # not now: whoever is ready to run in the same turn comes into the same batch
        return await asyncio.gather(*(job.result for job in jobs))

    def close(self) -> None:
        """Drop what waits, and wait for the batch at work."""
        for job in list(self._queue):
            job.result.cancel()
        self._thread.shutdown()

    def _is_over(self, texts: int, characters: int) -> bool:
        most = self.limits
        return self.texts + texts > most.waiting_texts or self.characters + characters > most.waiting_characters

    def _seconds_to_wait(self) -> int:
        characters, seconds = self._recent
        return max(1, ceil(self.characters * seconds / characters))

    def _enter(self, job: _Job) -> None:
        self._queue[job] = None
        self.texts += 1
        self.characters += len(job.text)
        job.result.add_done_callback(lambda _: self._leave(job))

    def _leave(self, job: _Job) -> None:
        """It is answered, or its caller is gone."""
        self._queue.pop(job, None)
        self.texts -= 1
        self.characters -= len(job.text)

    def _begin(self) -> None:
        """Give the thread its next batch, if it has none and there is one."""
        if self._is_at_work or not (batch := self._take()):
            return
        self._is_at_work = True
        began = time.monotonic()
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._tag, batch)
        work.add_done_callback(lambda done: self._finish(batch, done, time.monotonic() - began))

    def _take(self) -> list[_Job]:
        batch: list[_Job] = []
        characters = 0
        for job in self._queue:
            characters += len(job.text)
            if batch and (len(batch) == self.limits.batch_texts or characters > self.limits.batch_characters):
                break
            if not job.result.done():
                batch.append(job)
        for job in batch:
            del self._queue[job]
        return batch

    def _finish(self, batch: list[_Job], done: asyncio.Future[list[Result]], seconds: float) -> None:
        self._is_at_work = False
        self._begin()  # first of all: the answers are written while the next batch is tagged
        characters = sum(len(job.text) for job in batch)
        self._recent = tuple(0.9 * old + new for old, new in zip(self._recent, (characters, seconds)))
        results = done.result() if done.exception() is None else [done.exception()] * len(batch)
        for job, result in zip(batch, results):
            if not job.result.done():
                job.result.set_result(result)
        self.on_batch(len(batch), characters, seconds)

    def _tag(self, batch: list[_Job]) -> list[Result]:
        """In the thread. Texts are tagged together with those that want the same of the tagger."""
        alike: dict[tuple[bool, float | None], list[_Job]] = {}
        for job in batch:
            alike.setdefault((job.is_page, job.threshold), []).append(job)
        found: dict[_Job, Result] = {}
        for (is_page, threshold), jobs in alike.items():
            found.update(zip(jobs, self._tag_alike([job.text for job in jobs], is_page, threshold)))
        return [found[job] for job in batch]

    def _tag_alike(self, texts: list[str], is_page: bool, threshold: float | None) -> list[Result]:
        try:
            if is_page:
                return list(tag_articles(self.tagger, map(split_page, texts), threshold=threshold))
            return self.tagger.predict(texts, threshold=threshold)
        except Exception as error:
            if len(texts) == 1:
                return [error]
            return [self._tag_alike([text], is_page, threshold)[0] for text in texts]  # one alone is to blame
