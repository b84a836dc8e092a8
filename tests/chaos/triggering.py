"""Many callers who all want the same job: `python triggering.py` with what is asked as JSON, in a process of their own.

Each caller keeps one connection and waits for its answer: no more requests are under way than there are callers. They
share one timetable: a request that is late is sent at once. What was answered is written to stdout as JSON.
"""

from __future__ import annotations

import http.client
import itertools
import json
import sys
import threading
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit


class Callers:
    """All of them, and what they were answered."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._netloc = urlsplit(asked["url"]).netloc
        self._path, self._headers = asked["path"], {"X-Job-Secret": asked["secret"], "Content-Type": "application/json"}
        self._rate, self._seconds = float(asked["rate"]), float(asked["seconds"])
        self._numbers = itertools.count()
        self._turn = threading.Lock()
        self.statuses: Counter[str] = Counter()
        self.latencies_ms: list[float] = []
        self.wrong: list[str] = []
        self._began = 0.0

    def go(self, callers: int) -> dict[str, Any]:
        """Let them call until the time is over."""
        self._began = time.monotonic()
        threads = [threading.Thread(target=self._call) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {
            "took_s": time.monotonic() - self._began,
            "statuses": dict(self.statuses),
            "latencies_ms": sorted(self.latencies_ms),
            "wrong": self.wrong[:5],
        }

    def _call(self) -> None:
        connection = http.client.HTTPConnection(self._netloc, timeout=60)
        while True:
            with self._turn:
                due = self._began + next(self._numbers) / self._rate
            if max(due, time.monotonic()) >= self._began + self._seconds:
                break
            time.sleep(max(0.0, due - time.monotonic()))
            self._ask(connection)
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        sent = time.monotonic()
        try:
            connection.request("POST", self._path, b"{}", self._headers)
            answer = connection.getresponse()
            body = answer.read()
            status = str(answer.status)
        except OSError as error:
            status, body = type(error).__name__, b""
            connection.close()
        took_ms = (time.monotonic() - sent) * 1000
        with self._turn:
            self.statuses[status] += 1
            self.latencies_ms.append(took_ms)
            if not _is_expected(status, body):
                self.wrong.append(f"{status} {body[:200]!r}")


def _is_expected(status: str, body: bytes) -> bool:
    """Accepted, or refused with who holds the job since when, until when."""
    if status == "202":
        return True
    told = json.loads(body) if status == "429" else {}
    return all(told.get(name) for name in ("holder", "who", "runId", "since", "until"))


if __name__ == "__main__":
    asked = json.loads(sys.stdin.read())
    sys.stdout.write(json.dumps(Callers(asked).go(int(asked["callers"]))))
