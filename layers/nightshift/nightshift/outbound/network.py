"""Connections that go only where they may: a host is resolved once, and a checked address is connected to.

TLS and the Host header keep the host's name, so that certificates are verified as ever. The client imports
this module with its first request: httpx and httpcore take longer to import than everything else together.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from ipaddress import ip_address
from typing import Any

import httpcore
import httpx

from nightshift.outbound.deadline import Deadline
from nightshift.outbound.errors import (
    AddressRefused,
    AnswerBroken,
    ConnectionFailed,
    DeadlinePassed,
    NameNotResolved,
    TlsFailed,
)
from nightshift.outbound.ranges import Address, is_loopback, why_refused

# Names a host and a port, and gives the IP addresses that may be connected to.
Resolver = Callable[[str, int], Iterable[str]]

PORTS = frozenset({80, 443, 8080, 8443})
_MOST_ADDRESSES = 4
# A pool looks at all pairs of its connections at each request: of fifty hosts in one, that cost more than the requests.
_POOLS = 32
_MOST_CONNECTIONS = 16  # of a pool; of all together half as many as a Lambda function may have files open
# Shorter than the five seconds after which common servers close: we seldom write to a closing connection.
_KEEP_ALIVE_S = 2.0

# Of the request this thread is making: a connection outlives its request, so it cannot carry the deadline.
current_deadline: ContextVar[Deadline] = ContextVar("current_deadline")


def resolve_with_system(host: str, port: int) -> list[str]:
    """Ask the machine's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@cache
def verifying_tls() -> ssl.SSLContext:
    """Return the one TLS context of this process: it takes longer to make than a connection."""
    return httpx.create_ssl_context(trust_env=False)


class GuardedTransport(httpx.BaseTransport):
    """HTTP/1.1 over guarded connections; errors come out as those of `nightshift.outbound.errors`."""

    def __init__(self, resolve: Resolver, *, allow_loopback: bool, tls: ssl.SSLContext | None) -> None:
        backend, context = _GuardedBackend(resolve, allow_loopback=allow_loopback), tls or verifying_tls()
        self._pools = [_pool(backend, context) for _ in range(_POOLS)]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and return its response with the body still to be read."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        core_request = httpcore.Request(request.method, url, headers=request.headers.raw, extensions=request.extensions)
        with named_errors(request.url.host):
            answer = self._pools[hash((url.host, url.port)) % _POOLS].handle_request(core_request)
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, request.url.host),
            request=request,
        )

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools:
            pool.close()


def _pool(backend: httpcore.NetworkBackend, tls: ssl.SSLContext) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(
        ssl_context=tls, network_backend=backend, keepalive_expiry=_KEEP_ALIVE_S, max_connections=_MOST_CONNECTIONS
    )


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response, host: str) -> None:
        self._answer = answer
        self._host = host

    def __iter__(self) -> Iterator[bytes]:
        with named_errors(self._host):
            yield from self._answer.iter_stream()

    def close(self) -> None:
        hang_up_on_more(self._answer)
        self._answer.close()


def hang_up_on_more(answer: httpcore.Response) -> None:
    """Close the connection, before the answer is, where the server has sent more than it.

    httpcore keeps what it has read beyond an answer, and would take it for the answer to the next request.
    """
    try:
        behind, _ = answer.stream._stream._connection._h11_state.trailing_data  # type: ignore[union-attr] # noqa: SLF001
    except AttributeError:
        behind = b"perhaps"
    if behind:
        answer.extensions["network_stream"].close()


class _GuardedBackend(httpcore.NetworkBackend):
    def __init__(self, resolve: Resolver, *, allow_loopback: bool) -> None:
        self._resolve = resolve
        self._allow_loopback = allow_loopback
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - ours is the deadline of the whole request
        local_address: str | None = None,  # noqa: ARG002 - never set
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - never set
    ) -> httpcore.NetworkStream:
        deadline = current_deadline.get()
        addresses = self._checked(host, port, _looked_up(self._resolve, host, port, deadline))
        for left, address in zip(range(len(addresses), 1, -1), addresses, strict=False):
            try:
                return self._connect(address, port, deadline.required_s() / left)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        # Named here and not with the other errors, because the pool takes the cause away.
        with named_errors(host):
            return self._connect(addresses[-1], port, deadline.required_s())

    def _connect(self, address: Address, port: int, timeout_s: float) -> httpcore.NetworkStream:
        # A canonical number goes in, so nothing is resolved a second time.
        return TimedStream(self._sockets.connect_tcp(str(address), port, timeout=timeout_s))

    def _checked(self, host: str, port: int, addresses: Sequence[Address]) -> Sequence[Address]:
        """Refuse the host when any of its addresses is refused: a name that mixes them is up to something."""
        for address in addresses:
            reason = why_refused(address, allow_loopback=self._allow_loopback)
            if reason:
                raise AddressRefused(f"{host} leads to {reason}")
            if port not in PORTS and not is_loopback(address):
                raise AddressRefused(f"port {port} is not one of {', '.join(map(str, sorted(PORTS)))}")
        return addresses[:_MOST_ADDRESSES]


class TimedStream(httpcore.NetworkStream):
    """Every operation gets what is left of the whole request, whatever timeout it comes with."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Read what has come."""
        return self._stream.read(max_bytes, timeout=current_deadline.get().required_s())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send all of it."""
        self._stream.write(buffer, timeout=current_deadline.get().required_s())

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Go on over TLS."""
        left_s = current_deadline.get().required_s()
        with named_errors(server_hostname or "the host"):
            return TimedStream(self._stream.start_tls(ssl_context, server_hostname, timeout=left_s))

    def close(self) -> None:
        """End the connection."""
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        """Tell about the connection, as httpcore asks."""
        return self._stream.get_extra_info(info)


def _looked_up(resolve: Resolver, host: str, port: int, deadline: Deadline) -> Sequence[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        found = _within(deadline, host, lambda: list(resolve(host, port)))
    if not found:
        raise NameNotResolved(f"{host} has no address")
    return [ip_address(text) for text in dict.fromkeys(found)]


def _within(deadline: Deadline, host: str, look_up: Callable[[], list[str]]) -> list[str]:
    """Look a name up in a thread of its own: the system's resolver takes no timeout, and maybe a minute."""
    answer: Future[list[str]] = Future()

    def run() -> None:
        try:
            answer.set_result(look_up())
        except Exception as error:  # noqa: BLE001 - raised again by the waiting thread
            answer.set_exception(error)

    threading.Thread(target=run, name=f"resolve {host}", daemon=True).start()
    try:
        return answer.result(deadline.required_s())
    except TimeoutError:
        raise DeadlinePassed(f"{host} was not resolved in time") from None
    except OSError as error:
        raise NameNotResolved(f"{host} cannot be resolved: {error.strerror}") from None


@contextmanager
def named_errors(host: str) -> Iterator[None]:
    """Turn what httpcore raises into our tree, without its texts: they may quote headers."""
    try:
        yield
    except httpcore.TimeoutException:
        raise DeadlinePassed(f"{host} did not answer completely in time") from None
    except httpcore.ConnectError as error:
        if isinstance(error.__cause__, ssl.SSLError):
            raise TlsFailed(f"{host}: {_tls_reason(error.__cause__)}") from None
        raise ConnectionFailed(f"{host} cannot be reached: {_os_reason(error.__cause__)}") from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
        raise AnswerBroken(f"{host} did not send a complete and valid HTTP answer") from None


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted ({error.verify_message})"
    return f"TLS failed ({error.reason})"


def _os_reason(error: BaseException | None) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else "no connection"
