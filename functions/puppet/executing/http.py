"""Carries jobs out by HTTPS workers: one POST an attempt, signed, with an idempotency key, bounded in time and size.

Imported with the first run that has such a worker: httpcore takes longer to import than all else together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

from nightshift.outbound import (
    AnswerTooLarge,
    ConnectionFailed,
    Deadline,
    DeadlinePassed,
    NameNotResolved,
    OutboundError,
    WebAddress,
)
from nightshift.outbound.body import ACCEPT_ENCODING, read_body
from nightshift.outbound.network import TimedStream, current_deadline, hang_up_on_more, named_errors, verifying_tls
from nightshift.outbound.retry_after import retry_after_s
from puppet.executing import Answer
from puppet.executing.answers import MAX_ANSWER_BYTES, parsed, read_answer
from puppet.executing.requests import Requests
from puppet.failures import ErrorType, Failure, failure
from puppet.signing import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature
from puppet.store import ClaimedJob

# Shorter than the five seconds after which common servers close: we seldom write to a closing connection.
_KEEP_ALIVE_S = 2.0
_USER_AGENT = "Nightshift/0.1 (puppet jobs)"


class HttpWorkers:
    """One pool of connections to all HTTPS workers, for the threads of one run."""

    def __init__(
        self,
        requests: Requests,
        secrets: Sequence[str],
        connections: int,
        *,
        tls: Any = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take how many requests may be under way at once, and the secrets to sign with, the current one first."""
        self._requests = requests
        self._secrets = tuple(secrets)
        self._clock = clock
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or verifying_tls(),
            network_backend=_Network(),
            keepalive_expiry=_KEEP_ALIVE_S,
            max_connections=connections,
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def execute(self, worker: WebAddress, job: ClaimedJob, timeout_s: float) -> Answer:
        """Let a worker carry a job out, within so many seconds from the look-up of its name to the last byte."""
        deadline = Deadline(timeout_s)
        token = current_deadline.set(deadline)
        try:
            with named_errors(worker.host):
                return self._post(worker, job, deadline)
        except OutboundError as error:
            return _failure(error)
        finally:
            current_deadline.reset(token)

    def _post(self, worker: WebAddress, job: ClaimedJob, deadline: Deadline) -> Answer:
        url = httpcore.URL(
            scheme=worker.scheme, host=worker.host, port=worker.port, target=worker.target.encode("ascii")
        )
        body = self._requests.body_of(job)
        headers = self._headers(worker, job, body)
        extensions = {"timeout": {"pool": deadline.required_s()}}
        with self._pool.stream("POST", url, headers=headers, content=body, extensions=extensions) as response:
            told = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            content = read_body(response.iter_stream(), told.get(b"content-encoding", ""), MAX_ANSWER_BYTES)
            hang_up_on_more(response)
            # A redirect comes out as a failure: the job would go where nobody meant to send it.
            return read_answer(response.status, parsed(content), retry_after_s(told.get(b"retry-after")))

    def _headers(self, worker: WebAddress, job: ClaimedJob, body: bytes) -> list[tuple[str, str]]:
        timestamp = int(self._clock())
        return [
            ("Host", worker.origin.partition("://")[2]),
            ("User-Agent", _USER_AGENT),
            ("Accept", "application/json"),
            ("Accept-Encoding", ACCEPT_ENCODING),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Idempotency-Key", f"{job.id}:{job.attempt}"),
            (TIMESTAMP_HEADER, str(timestamp)),
            (SIGNATURE_HEADER, signature(body, timestamp, self._secrets)),
        ]


class _Network(httpcore.NetworkBackend):
    """Sockets that get what is left of the whole attempt; the operator's workers may be anywhere, also inside."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  # ours is the deadline of the whole attempt
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left_s = current_deadline.get().required_s()
        with named_errors(host):
            return TimedStream(self._sockets.connect_tcp(host, port, left_s, local_address, socket_options))


def _failure(error: OutboundError) -> Failure:
    if isinstance(error, DeadlinePassed):
        return failure(ErrorType.TIMEOUT, str(error))
    if isinstance(error, ConnectionFailed | NameNotResolved):
        return failure(ErrorType.NETWORK, str(error), untouched=True)
    if isinstance(error, AnswerTooLarge):
        # The worker has done something, and says more than anybody reads: again would be once too often.
        return failure(ErrorType.UNKNOWN, str(error), retryable=False)
    return failure(ErrorType.NETWORK, str(error))
