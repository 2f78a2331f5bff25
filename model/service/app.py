"""The app: `POST /predict`, `POST /predict/page`, `GET /health`, `/model`, `/metrics`, `/docs`, and a page at `/`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated, Any, TypeVar

from fastapi import Body, FastAPI, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from qingyuan.service import schema
from qingyuan.service.answers import BodyLimit, Json, Refusal, answer_errors, failure
from qingyuan.service.batching import Batcher, Busy
from qingyuan.service.limits import Limits
from qingyuan.service.metrics import Measured, Metrics
from qingyuan.service.pages import SafeHeaders, add_pages
from qingyuan.tagger import Tagger

CLIENT_IS_GONE = 499  # for the metrics: nobody reads the answer
Kind = TypeVar("Kind")

REFUSALS = {
    400: "Not JSON in UTF-8.",
    413: "More bytes, texts or characters than a request may hold.",
    415: "Another content-type than application/json.",
    422: "Other fields than those described here.",
    429: "Too much is waiting; `Retry-After` tells for how many seconds.",
    500: "The text could not be tagged.",
    503: "The service stops, and its time to answer is over.",
}


def create_app(tagger: Tagger, model: str = "default", limits: Limits = Limits()) -> FastAPI:
    """A service around a loaded tagger; `model` is what `/health` calls it."""
    metrics = Metrics()
    batcher = Batcher(tagger, limits, metrics.on_batch)
    metrics.waiting_texts.set_function(lambda: batcher.texts)
    metrics.waiting_characters.set_function(lambda: batcher.characters)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        batcher.close()

    release = version("qingyuan")
    app = FastAPI(
        title="qingyuan 清源",
        description="Topics and entities of Chinese government and legal news.",
        version=release,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's own load scripts from the net
        redoc_url=None,
        telemetry={"logs": False},  # they would hold what was sent
        generate_unique_id_function=lambda route: route.name,
    )
    answer_errors(app)
    add_pages(app)
    refusals: dict[int | str, dict[str, Any]] = {
        status: {"model": schema.Error, "description": text} for status, text in REFUSALS.items()
    }

    async def answer(request: Request, body: schema.OneText | schema.ManyTexts, is_page: bool) -> Response:
        is_one = isinstance(body, schema.OneText)
        texts = [body.text] if is_one else body.texts
        _check_size(texts, limits)
        try:
            results = await _unless_gone(request, batcher.tag(texts, is_page, body.threshold))
        except Busy as busy:
            cure = f"send it again in {busy.seconds} s, or allow more with --max-waiting-characters and -texts"
            raise Refusal(429, "too much is waiting", cure, {"retry-after": str(busy.seconds)}) from None
        except asyncio.CancelledError:  # told to stop, and the time to answer is over
            raise Refusal(503, "the service stops", "send it again when it is back") from None
        if results is None:
            return Response(status_code=CLIENT_IS_GONE)
        failed = sum(isinstance(result, Exception) for result in results)
        metrics.failed.inc(failed)
        records = [failure(result) if isinstance(result, Exception) else result.to_dict() for result in results]
        if is_one:
            return Json(records[0], 500 if failed else 200)
        return Json({"pages" if is_page else "articles": records})

    @app.post("/predict", response_model=schema.Article | schema.Articles, responses=refusals)
    async def predict(request: Request, body: Annotated[schema.Texts, Body()]) -> Response:
        """Tag one text, or many: topic and names of each."""
        return await answer(request, body, is_page=False)

    @app.post("/predict/page", response_model=schema.Page | schema.Pages, responses=refusals)
    async def predict_page(request: Request, body: Annotated[schema.Texts, Body()]) -> Response:
        """Split a newspaper page, or several, into articles, and tag them. Offsets count in the page."""
        return await answer(request, body, is_page=True)

    @app.get("/health")
    async def health() -> schema.Health:
        """Whether the service is up, and what is at work."""
        backend = tagger.backend.describe()
        return schema.Health(status="ok", loaded=True, model=model, backend=backend, version=release)

    @app.get("/model")
    async def describe_model() -> schema.Model:
        """The labels and topics with their names in Chinese and English, and the limits of a request."""
        names = tagger.taxonomy.to_dict()
        labels, topics = ([schema.Name(label=l, zh=zh, en=en) for l, zh, en in names[k]] for k in ("labels", "topics"))
        return schema.Model(
            labels=labels,
            topics=topics,
            max_body=limits.body,
            max_texts=limits.texts,
            max_characters=limits.characters,
        )

    @app.get("/metrics", response_class=Response)
    async def show_metrics() -> Response:
        """Figures for Prometheus."""
        return Response(metrics.render(), media_type=CONTENT_TYPE_LATEST)

    paths = frozenset(route.path for route in app.routes)
    app.add_middleware(BodyLimit, most=limits.body)
    app.add_middleware(SafeHeaders)
    app.add_middleware(Measured, metrics=metrics, paths=paths)
    return app


def _check_size(texts: list[str], limits: Limits) -> None:
    """Raises `Refusal` for more texts or characters than a request may hold."""
    sizes = {"texts": (len(texts), limits.texts), "characters": (sum(map(len, texts)), limits.characters)}
    for kind, (found, most) in sizes.items():
        if found > most:
            cure = f"send fewer in a request, or start the server with a larger --max-{kind}"
            raise Refusal(413, f"{found:,} {kind}, and a request may hold {most:,}", cure)


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Kind]) -> Kind | None:
    """The result of `work`; none, and `work` cancelled, once the client has hung up."""

    async def hung_up() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working = asyncio.ensure_future(work)
    tasks = working, asyncio.ensure_future(hung_up())
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in tasks:
            task.cancel()
