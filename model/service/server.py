"""The app in a process: where it listens, and how it stops.

To start it from a program and learn its address, take any free port and read the first line of standard output; it
comes when the model is loaded::

    server = subprocess.Popen(["qingyuan", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True)
    address = server.stdout.readline().split()[-1]  # "qingyuan listens on http://127.0.0.1:43211"
    ...
    server.terminate()  # what was accepted is answered first; the exit code is 0
    server.wait()
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI


def run(make_app: Callable[[], FastAPI], host: str, port: int, grace: int = 60, access_log: bool = False) -> None:
    """Take the port, make the app, and serve it until SIGTERM or SIGINT; then exit with 0.

    After such a signal nothing new is accepted, and what was accepted is answered, if `grace` seconds are enough.
    Raises `OSError` where the port can't be had.
    """
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: sys.exit(0))  # uvicorn handles them while it runs, then hands them on to us
    with _listen(host, port) as listening:
        app = make_app()
        logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="info" if access_log else "warning",
            access_log=access_log,
            server_header=False,
            timeout_graceful_shutdown=grace,
        )
        print(f"qingyuan listens on {_address(listening)}", flush=True)
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        cure = "choose another with --port or --host"
        raise OSError(f"{host}, port {port}: can't be had ({error.strerror or error}); {cure}") from error


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
