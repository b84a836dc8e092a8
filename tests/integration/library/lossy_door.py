"""Stands between boto3 and DynamoDB: loses requests or answers, and looks at nothing else."""

from __future__ import annotations

import http.client
import http.server
import random
import threading
from typing import Literal
from urllib.parse import urlsplit

Loss = Literal["request", "answer"]


class LossyDoor:
    """An address of 127.0.0.1 that leads to the real endpoint.

    `losses` says what becomes of the next requests, one entry each: the request never arrives, or it is carried
    out and its answer lost, or (None) all goes well. `seen` counts them. Once there are no entries left, a `share` of
    all answers gets lost by chance.
    """

    def __init__(self, endpoint: str) -> None:
        self.losses: list[Loss | None] = []
        self.share = 0.0
        self.seen = 0
        self.lost = 0
        self._chance = random.Random(1)  # noqa: S311 - nothing is secret here
        self.netloc = urlsplit(endpoint).netloc
        self._server = _Server(("127.0.0.1", 0), _Passage)
        self._server.door = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def next_loss(self) -> Loss | None:
        """What becomes of the request that has just come."""
        self.seen += 1
        by_chance: Loss | None = "answer" if self._chance.random() < self.share else None
        loss = self.losses.pop(0) if self.losses else by_chance
        self.lost += loss is not None
        return loss

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
        body = self.rfile.read(int(self.headers["Content-Length"]))
        loss = door.next_loss()
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
