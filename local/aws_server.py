"""AWS services in memory, by moto's server, in a process of their own: one request at a time.

moto is not atomic across threads: two conditional writes at once may both win, which a lock built on them
must never see. So requests are read in parallel and answered in turn. (A long poll of a queue would hold
everybody up; nothing here makes one.)
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class OneAtATime:
    """Calls the application for one request after the other."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._turn = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Reads the whole request first: a slow client waits for itself only."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        with self._turn:
            answer = self._application(environ, start_response)
            try:
                return list(answer)
            finally:
                close: Any = getattr(answer, "close", None)
                if close is not None:
                    close()


class _Connection(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # boto3 keeps its connections
    disable_nagle_algorithm = True  # or a kept connection waits 40 ms for each answer

    def log_request(self, *_: object) -> None:
        """Requests are nobody's business; errors still show."""


def main() -> None:
    """Serves until the process is ended; the first line on stdout is the address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = OneAtATime(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Connection)
    print(f"http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
