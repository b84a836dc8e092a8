"""Takes jobs on 127.0.0.1: checks who sends them, does each attempt once, answers, and calls back where it said so."""

from __future__ import annotations

import hmac
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from local.http_server import RequestHandler, Server, TooLargeError
from local.worker.manners import Job, Reaction, react

_MAX_BYTES: Final = 1024 * 1024
# How far the clocks of sender and worker may be apart; what is older may be somebody's recording.
_FRESH_S: Final = 300
_CALLBACK_AFTER_S: Final = 0.3
_CALLBACK_TIMEOUT_S: Final = 30


class Worker:
    """Takes jobs at `url` from `start` to `stop`; `jobs` has those it took, `callbacks` how its own were answered."""

    def __init__(self, *, manner: Callable[[Job], Reaction] = react) -> None:
        """Take a free port, and what is done with jobs."""
        self.jobs: list[Job] = []
        self.callbacks: list[int] = []
        self._secret = b""
        self._manner = manner
        self._done: dict[str, Reaction] = {}
        self._turn = threading.Lock()
        self._stopped = threading.Event()
        self._server = Server(self._handler())

    @property
    def url(self) -> str:
        """Where it takes jobs."""
        return f"http://127.0.0.1:{self._server.port}/jobs"

    def start(self, secret: str) -> None:
        """Answers from now on whoever signs with this secret."""
        self._secret = secret.encode()
        self._server.start()

    def stop(self) -> None:
        """Answers no more; whoever still waits gets nothing."""
        self._stopped.set()
        self._server.stop()

    def take(self, headers: Mapping[str, str], body: bytes) -> Reaction:
        """Do what a request asks for, unless it is not a sender's, or was done before."""
        if not self._is_signed(headers, body):
            return Reaction(401, {"error": {"type": "authentication", "message": "the signature is wrong"}})
        job = _job(json.loads(body), headers.get("Idempotency-Key", ""))
        with self._turn:
            if job.key not in self._done:
                self.jobs.append(job)
                self._done[job.key] = self._manner(job)
                if self._done[job.key].callback is not None:
                    threading.Thread(target=self._call_back, args=(job,), daemon=True).start()
            return self._done[job.key]

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        timestamp = headers.get("X-Nightshift-Timestamp", "")
        if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > _FRESH_S:
            return False
        wanted = f"v1={hmac.digest(self._secret, timestamp.encode() + b'.' + body, sha256).hex()}"
        shown = headers.get("X-Nightshift-Signature", "").split(",")
        return any(hmac.compare_digest(wanted, each.strip()) for each in shown)

    def _call_back(self, job: Job) -> None:
        if self._stopped.wait(_CALLBACK_AFTER_S):
            return
        said = {"token": job.callback_token, **(self._done[job.key].callback or {})}
        request = urllib.request.Request(  # noqa: S310  # the address that came with the job
            job.callback_url, json.dumps(said).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_CALLBACK_TIMEOUT_S) as answer:  # noqa: S310
                self.callbacks.append(answer.status)
        except urllib.error.HTTPError as refused:
            self.callbacks.append(refused.code)
            refused.close()
        except OSError:
            self.callbacks.append(0)

    def _handler(self) -> type[RequestHandler]:
        worker = self

        class Handler(RequestHandler):
            def do_POST(self) -> None:
                try:
                    reaction = worker.take(dict(self.headers), self.read_body(_MAX_BYTES))
                except (TooLargeError, ValueError, KeyError):
                    reaction = Reaction(400, {"error": {"message": "this is no job"}})
                if reaction.hangs:
                    worker._stopped.wait()
                    self.close_connection = True
                    return
                headers: Sequence[tuple[str, str]] = [("Content-Type", "application/json"), *reaction.headers.items()]
                self.answer(reaction.status, json.dumps(reaction.body).encode(), list(headers))

        return Handler


def _job(sent: Mapping[str, Any], key: str) -> Job:
    return Job(
        id=sent["id"],
        type=sent["type"],
        user_id=sent["userId"],
        payload=sent["payload"],
        attempt=sent["attempt"],
        callback_url=sent["callbackUrl"],
        callback_token=sent["callbackToken"],
        key=key,
    )
