"""Stands between boto3 and DynamoDB: loses requests or answers, and looks at nothing else."""

from __future__ import annotations

import http.client
import http.server
import threading
from typing import Literal
from urllib.parse import urlsplit

Loss = Literal["request", "answer"]


class LossyDoor:
    """An address of 127.0.0.1 that leads to the real endpoint.

    `losses` says what becomes of the next requests, one entry each: the request never arrives, or it is carried
    out and its answer lost, or (None) all goes well. `seen` counts them.
    """

    def __init__(self, endpoint: str) -> None:
        self.losses: list[Loss | None] = []
        self.seen = 0
        self.netloc = urlsplit(endpoint).netloc
        self._server = _Server(("127.0.0.1", 0), _Passage)
        self._server.door = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def endpoint(self) -> str:
        """Where clients go."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Begins to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    door: LossyDoor


class _Passage(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        door = self.server.door
        door.seen += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        loss = door.losses.pop(0) if door.losses else None
        if loss == "request":
            return
        connection = http.client.HTTPConnection(door.netloc)
        connection.request("POST", self.path, body, dict(self.headers))
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if loss == "answer":
            return
        self.send_response(answer.status)
        for name in ("Content-Type", "x-amzn-RequestId"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""
