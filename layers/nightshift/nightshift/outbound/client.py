"""GET requests to addresses that users gave: where they lead, how long and how large they get is bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from nightshift.errors import ConfigurationError
from nightshift.outbound.addresses import WebAddress
from nightshift.outbound.body import ACCEPT_ENCODING, read_body
from nightshift.outbound.deadline import Deadline
from nightshift.outbound.errors import TooManyRedirects
from nightshift.outbound.retry_after import retry_after_s

if TYPE_CHECKING:
    import ssl

    import httpx

    from nightshift.outbound.network import GuardedTransport, Resolver

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})

# Entered before every hop with the address it goes to, left when the hop is done: turns, robots.txt.
Gate = Callable[[WebAddress], AbstractContextManager[object]]


@dataclass(frozen=True)
class Validators:
    """What a server told about the version of a page that we have; they belong to one address."""

    url: str
    etag: str | None = None
    last_modified: str | None = None

    def headers_for(self, address: WebAddress) -> dict[str, str]:
        """Return the conditional headers, none for any other address: they would ask about another page."""
        if address.url != self.url:
            return {}
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in pairs.items() if value and _is_plain(value)}


class Answer:
    """The final answer to a request: status and headers at once, the body when it is read."""

    def __init__(self, address: WebAddress, response: httpx.Response) -> None:
        self.address = address
        self.status = response.status_code
        self._response = response

    def header(self, name: str) -> str | None:
        """Return the header `name`, None when it is not there."""
        value: str | None = self._response.headers.get(name)
        return value

    @property
    def retry_after_s(self) -> int | None:
        """Seconds after which the server wants to be asked again, where it says so."""
        return retry_after_s(self.header("Retry-After"))

    @property
    def location(self) -> str | None:
        """Where this answer redirects to, None when it does not."""
        return self.header("Location") or None if self.status in _REDIRECTS else None

    def read(self, max_bytes: int, *, cut: bool = False) -> bytes:
        """Read the body, once; see `read_body` for limits and errors."""
        return read_body(self._response.iter_raw(), self.header("Content-Encoding") or "", max_bytes, cut=cut)


class GuardedHttp:
    """Makes guarded requests over one pool of connections; one for a run, used by all its threads.

    Proxy variables and other settings of the environment are not looked at. Nothing is opened or imported
    before the first request. httpx's own client is left out: docs/adr/0040 says why.

    Args:
        user_agent: says honestly who asks.
        allow_loopback: lets requests reach this machine, on any port; for the local shop only.
        resolve: looks names up, the machine's resolver by default.
        tls: the TLS context, a verifying one with certifi's authorities by default.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow_loopback: bool = False,
        resolve: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if not _is_plain(user_agent):
            raise ConfigurationError("the user agent must be printable ASCII of at most 1024 characters")
        self.user_agent = user_agent
        self._allow_loopback = allow_loopback
        self._resolve = resolve
        self._tls = tls
        self._opening = threading.Lock()
        self._transport: GuardedTransport | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        if self._transport:
            self._transport.close()

    @contextmanager
    def open(
        self,
        url: str,
        *,
        deadline: Deadline,
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        gate: Gate = nullcontext,
    ) -> Iterator[Answer]:
        """Ask for `url`, follow at most five redirects, and give the final answer, open until the block ends.

        Every hop is checked anew. Cookies live for the chain of redirects and no longer. The deadline covers
        everything from the first look-up to the last byte read in the block, except for waiting at the gate.

        Args:
            url: the address as the user gave it.
            deadline: for the whole chain and the body.
            headers: sent on every hop, so no credentials.
            validators: make the request conditional, on the hop that they belong to.
            gate: entered before and left after every hop.

        Raises:
            OutboundError: the one that fits, see `nightshift.outbound.errors`.
        """
        if any(name.lower() in _CREDENTIALS for name in headers or {}):
            raise ValueError("headers must not carry credentials: they would follow every redirect")
        from httpx import Cookies  # late: see network.py

        address, cookies = WebAddress.parse(url), Cookies()
        for _ in range(MAX_REDIRECTS + 1):
            with ExitStack() as hop:
                with deadline.paused():
                    hop.enter_context(gate(address))
                conditional = validators.headers_for(address) if validators else {}
                sent = {**(headers or {}), **conditional}
                answer = hop.enter_context(self._hop(address, sent, cookies, deadline))
                if answer.location is None:
                    yield answer
                    return
                address = address.follow(answer.location)
        raise TooManyRedirects(f"more than {MAX_REDIRECTS} redirects, the last to {address.shown}")

    @contextmanager
    def _hop(
        self, address: WebAddress, headers: Mapping[str, str], cookies: httpx.Cookies, deadline: Deadline
    ) -> Iterator[Answer]:
        from nightshift.outbound.network import current_deadline  # late: see network.py

        token = current_deadline.set(deadline)
        try:
            with self._sent(self._request(address, headers, cookies, deadline)) as response:
                answer = Answer(address, response)
                if answer.location is not None:
                    cookies.extract_cookies(response)
                yield answer
        finally:
            current_deadline.reset(token)

    def _request(
        self, address: WebAddress, headers: Mapping[str, str], cookies: httpx.Cookies, deadline: Deadline
    ) -> httpx.Request:
        from httpx import Request  # late: see network.py

        always = {"User-Agent": self.user_agent, "Accept-Encoding": ACCEPT_ENCODING}
        # The target as it was checked, not as another parser would write it.
        extensions = {"timeout": {"pool": deadline.required_s()}, "target": address.target.encode("ascii")}
        request = Request("GET", address.url, headers={**always, **headers}, extensions=extensions)
        cookies.set_cookie_header(request)
        return request

    @contextmanager
    def _sent(self, request: httpx.Request) -> Iterator[httpx.Response]:
        response = self._opened().handle_request(request)
        try:
            yield response
        finally:
            response.close()

    def _opened(self) -> GuardedTransport:
        from nightshift.outbound.network import GuardedTransport, resolve_with_system  # late: see network.py

        with self._opening:
            if self._transport is None:
                self._transport = GuardedTransport(
                    self._resolve or resolve_with_system, allow_loopback=self._allow_loopback, tls=self._tls
                )
            return self._transport


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and len(value) <= 1024
