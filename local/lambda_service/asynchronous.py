"""Asynchronous events: answered at once, run soon, tried again as Lambda does, and handed on when all tries fail.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import heapq
import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from local.lambda_service.invocation import Invocation, Result, ThrottledError, now_text
from local.stack import AsyncPolicy

# Before the second and the third attempt.
_WAITS_S: Final = (60.0, 120.0)
_THROTTLED_WAIT_S: Final = 1.0

Invoke = Callable[[str, Invocation], Result]
Undelivered = Callable[[str, str], None]


@dataclass(frozen=True)
class _Event:
    function: str
    arn: str
    invocation: Invocation
    policy: AsyncPolicy
    accepted: float = field(default_factory=time.monotonic)
    attempts: int = 0


class AsyncEvents:
    """A queue in memory; what is in it when the system stops is lost."""

    def __init__(self, invoke: Invoke, undelivered: Undelivered, time_scale: float = 1.0) -> None:
        """`undelivered` takes a queue's name and a message; `time_scale` shortens all waits for tests."""
        self._invoke = invoke
        self._undelivered = undelivered
        self._scale = time_scale
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, _Event]] = []
        self._order = itertools.count()
        self._running = 0
        self._stopped = False
        threading.Thread(target=self._dispatch, name="async events", daemon=True).start()

    def accept(self, function: str, arn: str, payload: bytes, policy: AsyncPolicy) -> str:
        """Takes an event; returns its request id."""
        event = _Event(function, arn, Invocation(payload), policy)
        self._schedule(event, 0.0)
        return event.invocation.request_id

    def wait_until_empty(self, timeout_s: float) -> bool:
        """Waits for every event to have succeeded or been given up."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._due and not self._running, timeout_s)

    def stop(self) -> None:
        """Starts no more attempts; those at work are ended by who runs them."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _schedule(self, event: _Event, wait_s: float) -> None:
        with self._changed:
            due = time.monotonic() + wait_s * self._scale
            heapq.heappush(self._due, (due, next(self._order), event))
            self._changed.notify_all()

    def _dispatch(self) -> None:
        while (event := self._next()) is not None:
            threading.Thread(target=self._attempt, args=(event,), daemon=True).start()

    def _next(self) -> _Event | None:
        with self._changed:
            while not self._stopped:
                wait_s = self._due[0][0] - time.monotonic() if self._due else None
                if wait_s is not None and wait_s <= 0:
                    self._running += 1
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait_s)
        return None

    def _attempt(self, event: _Event) -> None:
        try:
            self._after(event, self._invoke(event.function, event.invocation))
        except ThrottledError:
            if not self._stopped:
                self._again(event, event, _THROTTLED_WAIT_S, None)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _after(self, event: _Event, result: Result) -> None:
        if not result.failed:
            return
        tried = _Event(event.function, event.arn, event.invocation, event.policy, event.accepted, event.attempts + 1)
        if tried.attempts > event.policy.retries:
            self._give_up(tried, result, "RetriesExhausted")
        else:
            self._again(event, tried, _WAITS_S[min(tried.attempts, len(_WAITS_S)) - 1], result)

    def _again(self, event: _Event, tried: _Event, wait_s: float, result: Result | None) -> None:
        age_s = time.monotonic() - event.accepted + wait_s * self._scale
        if age_s > event.policy.max_age_s * self._scale:
            self._give_up(tried, result, "EventAgeExceeded")
        else:
            self._schedule(tried, wait_s)

    def _give_up(self, event: _Event, result: Result | None, condition: str) -> None:
        if event.policy.on_failure_queue is not None:
            record = json.dumps(_record(event, result, condition))
            self._undelivered(event.policy.on_failure_queue, record)


def _record(event: _Event, result: Result | None, condition: str) -> dict[str, Any]:
    """What Lambda sends to an on-failure destination."""
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": now_text(),
        "requestContext": {
            "requestId": event.invocation.request_id,
            "functionArn": f"{event.arn}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": json.loads(event.invocation.payload),
    }
    if result is not None:
        response = {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
        record |= {"responseContext": response, "responsePayload": json.loads(result.payload)}
    return record
