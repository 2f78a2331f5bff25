"""`qingyuan serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from qingyuan.cli.options import Backend, Device, Link, Model, Names, clear_errors


def serve(
    model: Model = "default",
    host: Annotated[
        str, typer.Option(help="Where to listen; 0.0.0.0 opens it to the network, without a password.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one; the first line says which.")] = 8000,
    device: Device = "auto",
    backend: Backend = "auto",
    dictionary: Names = None,
    link: Link = False,
    max_body: Annotated[int, typer.Option(min=1, help="Megabytes of a request.")] = 4,
    max_texts: Annotated[int, typer.Option(min=1, help="Texts of a request.")] = 1_000,
    max_characters: Annotated[int, typer.Option(min=1, help="Characters of a request, all texts together.")] = 200_000,
    max_waiting_texts: Annotated[int, typer.Option(min=1, help="Texts that may wait; more are refused: 429.")] = 4_000,
    max_waiting_characters: Annotated[int, typer.Option(min=1, help="Characters that may wait.")] = 400_000,
    batch_texts: Annotated[int, typer.Option(min=1, help="At most so many texts are tagged at once.")] = 64,
    batch_characters: Annotated[int, typer.Option(min=1, help="And so many characters, if not of one text.")] = 1 << 16,
    grace: Annotated[int, typer.Option(min=0, help="Seconds to answer what was accepted, once told to stop.")] = 60,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="A line for each request on standard error, without its texts.")
    ] = False,
) -> None:
    """Serve the tagger over HTTP: a page for people at /, the API and its description at /docs.

    Requests that come at the same time are tagged together. SIGTERM and Ctrl+C end it once all that was accepted is
    answered. Needs the package's extra `serve`.
    """
    with clear_errors():
        from qingyuan.service.app import create_app
        from qingyuan.service.limits import Limits
        from qingyuan.service.server import run
        from qingyuan.tagger import Tagger

        limits = Limits(
            body=max_body << 20,
            texts=max_texts,
            characters=max_characters,
            waiting_texts=max_waiting_texts,
            waiting_characters=max_waiting_characters,
            batch_texts=batch_texts,
            batch_characters=batch_characters,
        )

        def make_app():
            tagger = Tagger.from_pretrained(model, device=device, backend=backend, dictionary=dictionary, link=link)
            tagger.predict_page("清源")  # what is loaded at its first use is loaded now
            return create_app(tagger, model, limits)

        run(make_app, host, port, grace, access_log)
