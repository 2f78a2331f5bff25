"""Answers: JSON that any text survives, and refusals that name the cure."""

from __future__ import annotations

import logging
import traceback
from io import BytesIO
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qingyuan.output import write_json

logger = logging.getLogger("qingyuan.service")


class Json(Response):
    """A line of JSON, with lone surrogates escaped."""

    media_type = "application/json"

    def render(self, content: dict[str, Any]) -> bytes:
        file = BytesIO()
        write_json(content, file)
        return file.getvalue()


class Refusal(HTTPException):
    """What is wrong with a request, and the cure."""

    def __init__(self, status: int, error: str, cure: str, headers: dict[str, str] | None = None):
        super().__init__(status, {"error": error, "cure": cure}, headers)


def failure(error: Exception) -> dict[str, str]:
    """What stands in the place of a text that could not be tagged.

    The log gets the place in the code and not the message, which may hold the text.
    """
    where = "".join(traceback.format_tb(error.__traceback__))
    logger.error("a text could not be tagged: %s\n%s", type(error).__name__, where)
    return {"error": f"{type(error).__name__}: {error}", "cure": "it is the server's fault: its log tells where"}


def answer_errors(app: FastAPI) -> None:
    """Every error is JSON with `error` and `cure`."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StarletteHTTPException, _refused)


async def _invalid(request: Request, error: RequestValidationError) -> Json:
    cure = 'send {"text": "…"} or {"texts": ["…", …]}; /docs tells the rest'
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return Json({"error": f"not JSON ({first['ctx']['error']}, character {first['loc'][-1]})", "cure": cure}, 400)
    if isinstance(error.body, bytes):  # it was not looked into
        kind = request.headers.get("content-type", "none")
        return Json({"error": f"the content-type is {kind}", "cure": "send content-type: application/json"}, 415)
    place = ".".join(str(step) for step in first["loc"] if step not in ("body", "one", "many"))
    return Json({"error": ": ".join(filter(None, (place, first["msg"]))), "cure": cure}, 422)


async def _refused(request: Request, error: StarletteHTTPException) -> Json:
    content = error.detail
    if not isinstance(content, dict):
        content = {"error": content, "cure": "/docs lists what there is"}
    if isinstance(reason := error.__cause__, UnicodeDecodeError):
        content = {"error": f"not UTF-8 at byte {reason.start}", "cure": "send JSON in UTF-8"}
    elif isinstance(reason, ValueError | RecursionError):  # numbers of thousands of digits, thousands of brackets
        content = {"error": "no JSON of ours", "cure": "keep to the fields that /docs lists"}
    return Json(content, error.status_code, error.headers)


class BodyLimit:
    """No request is read beyond `most` bytes."""

    def __init__(self, app: ASGIApp, most: int):
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        announced = dict(scope["headers"]).get(b"content-length", b"")
        size = 0

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.most or (announced.isdigit() and int(announced) > self.most):
                raise Refusal(
                    413,
                    f"the body is larger than {self.most:,} bytes",
                    "send fewer or shorter texts in a request, or start the server with a larger --max-body",
                )
            return message

        await self.app(scope, limited, send)
