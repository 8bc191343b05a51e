"""The kiosk's HTTP server: waitress on one thread, ended from another."""

from __future__ import annotations

from typing import Any

import flask
from waitress import wasyncore
from waitress.server import create_server

THREADS = 16
LONGEST_REQUEST = 16 * 1024


class KioskServer:
    """Bound from the moment it is made; answers while `run` runs."""

    def __init__(self, app: flask.Flask, host: str, port: int) -> None:
        """Raises OSError when the address is taken."""
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            app,
            host=host,
            port=port,
            threads=THREADS,
            map=self._sockets,
            ident=None,
            max_request_body_size=LONGEST_REQUEST,
        )
        written = f"[{host}]" if ":" in host else host
        self.url = f"http://{written}:{self._server.effective_port}"

    def run(self) -> None:
        self._server.run()

    def stop(self) -> None:
        """Let running answers finish for a second, then close every socket on the thread that watches them."""
        self._server.task_dispatcher.shutdown(timeout=1)
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._sockets, ignore_all=True))
