"""What Prometheus is told. Each app has a registry of its own."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # memory and processor time, on Linux

        def make(kind, name, text, *labels, **options):
            return kind(f"qingyuan_{name}", text, labels, registry=registry, **options)

        self.requests = make(Counter, "requests", "Requests answered.", "path", "status")
        self.seconds = make(Histogram, "request_seconds", "From head to whole answer.", "path", buckets=SECONDS)
        self.batch_texts = make(Histogram, "batch_texts", "Texts tagged at once.", buckets=TEXTS)
        self.batch_seconds = make(Histogram, "batch_seconds", "Time to tag a batch.", buckets=SECONDS)
        self.characters = make(Counter, "characters", "Characters tagged.")
        self.failed = make(Counter, "failed_texts", "Texts that could not be tagged.")
        self.waiting_texts = make(Gauge, "waiting_texts", "Texts accepted and not answered.")
        self.waiting_characters = make(Gauge, "waiting_characters", "Characters of them.")

    def on_batch(self, texts: int, characters: int, seconds: float) -> None:
        self.batch_texts.observe(texts)
        self.batch_seconds.observe(seconds)
        self.characters.inc(characters)

    def render(self) -> bytes:
        return generate_latest(self.registry)


class Measured:
    """Counts and times requests, by the path of their route, so that no client can invent names."""

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: frozenset[str]):
        self.app, self.metrics, self.paths = app, metrics, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = time.monotonic(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            path = scope["path"] if scope["path"] in self.paths else "other"
            self.metrics.requests.labels(path, status).inc()
            self.metrics.seconds.labels(path).observe(time.monotonic() - began)
