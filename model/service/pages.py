"""The pages for people, and the few files they load. None comes from elsewhere, and no script stands in the pages."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qingyuan import viewer

HERE, SHARED = (Path(file).parent for file in (__file__, viewer.__file__))
TYPES = {".js": "text/javascript", ".css": "text/css"}

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def add_pages(app: FastAPI) -> None:
    files = {
        file.name: (file.read_bytes(), TYPES[file.suffix])
        for folder in (SHARED, HERE)
        for file in folder.iterdir()
        if file.suffix in TYPES
    }
    home, docs = ((HERE / name).read_text(encoding="utf-8") for name in ("home.html", "docs.html"))

    @app.get("/", include_in_schema=False)
    async def show_home() -> HTMLResponse:
        return HTMLResponse(home)

    @app.get("/docs", include_in_schema=False)
    async def show_docs() -> HTMLResponse:
        return HTMLResponse(docs)

    @app.get("/static/{name}", include_in_schema=False)
    async def send_file(name: str) -> Response:
        if name not in files:
            raise HTTPException(404)
        content, kind = files[name]
        return Response(content, media_type=kind)


class SafeHeaders:
    """`HEADERS` on every answer."""

    def __init__(self, app: ASGIApp):
        self.app = app
        self.headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self.headers]
            await send(message)

        await self.app(scope, receive, with_headers)
