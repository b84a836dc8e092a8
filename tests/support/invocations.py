"""Lambda's Invoke API, played over real HTTP for tests of what wakes a function: events are taken, and nothing runs."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
# Takes the function's name and the event, and returns the status of Lambda's answer: 202 where it was taken.
Take = Callable[[str, dict[str, Any]], int]


@contextmanager
def taken_by(take: Take) -> Iterator[str]:
    """Yield the endpoint of a Lambda whose asynchronous invocations go to `take`; any other kind fails the request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            match = _INVOKE.fullmatch(self.path)
            assert match is not None
            assert self.headers["X-Amz-Invocation-Type"] == "Event"
            status = take(match[1], json.loads(content))
            body = b"" if status == 202 else b'{"Message": "there is no such function"}'
            self.send_response(status)
            if status != 202:
                self.send_header("X-Amzn-ErrorType", "ResourceNotFoundException")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
