"""A web server on 127.0.0.1 that answers whatever a test tells it to, well-behaved or not."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

import pytest
import trustme

from nightshift.outbound import GuardedHttp
from product_checks.fetching import PageFetcher

USER_AGENT = "Nightshift/1.0 (+https://nightshift.example/bot)"


@dataclass(frozen=True)
class Asked:
    path: str
    headers: Message


class Visit(http.server.BaseHTTPRequestHandler):
    """One request; `server` is the Web that it came to."""

    protocol_version = "HTTP/1.1"
    server: _HttpServer

    def do_GET(self) -> None:
        web = self.server.web
        web.asked.append(Asked(self.path, self.headers))
        page = web.pages.get(self.path.partition("?")[0])
        if page:
            page(self)
        else:
            self.answer(404)

    def answer(self, status: int = 200, body: bytes = b"", /, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content_Type": "text/html", "Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def raw(self, data: bytes) -> None:
        """Send bytes as they are, and close the connection afterwards."""
        self.close_connection = True
        self.wfile.write(data)

    def drip(self, data: bytes) -> None:
        """Send a byte now and then, for three seconds: every wait is short, all together are too long."""
        self.close_connection = True
        for _ in range(60):
            self.wfile.write(data)
            if self.server.web.closing.wait(0.05):
                return

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


Page = Callable[[Visit], None]


@dataclass
class Web:
    port: int = 0
    scheme: str = "http"
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def page(self, path: str, page: Page) -> str:
        self.pages[path] = page
        return self.url(path)

    def redirect(self, path: str, location: str, **headers: str) -> str:
        return self.page(path, lambda visit: visit.answer(302, Location=location, **headers))

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


class _HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    web: Web

    def handle_error(self, *_: Any) -> None:
        """Clients that hang up are what these tests are about."""


def _serve(web: Web, tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    server = _HttpServer(("127.0.0.1", 0), Visit)
    server.web, web.port = web, server.server_port
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        web.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield web
    web.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def web() -> Iterator[Web]:
    yield from _serve(Web())


@pytest.fixture
def other_web() -> Iterator[Web]:
    yield from _serve(Web())


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_web(authority: trustme.CA) -> Iterator[Web]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(context)
    yield from _serve(Web(), context)


class Names:
    """A resolver that answers as the test says, and counts how often it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        answers = self.answers.get(host, [["127.0.0.1"]])
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
def http_client(names: Names) -> Iterator[GuardedHttp]:
    """A client that may visit the servers of the test; every name leads to them unless `names` says otherwise."""
    with GuardedHttp(user_agent=USER_AGENT, allow_loopback=True, resolve=names) as client:
        yield client


@pytest.fixture
def pages(http_client: GuardedHttp) -> PageFetcher:
    """Fetches without asking robots.txt."""
    return PageFetcher(http_client, respect_robots=False)


@pytest.fixture
def polite(http_client: GuardedHttp) -> PageFetcher:
    """Fetches as it does in production."""
    return PageFetcher(http_client)
