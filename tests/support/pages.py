"""A small web shop for tests: real HTTP on 127.0.0.1, every page set by the test."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Page:
    """What one path answers; with an ETag, a matching request gets 304."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None


@dataclass
class PageServer:
    """One shop; `requests` holds every path that was asked for, without robots.txt."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    gate: threading.Event | None = None
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def product(self, path: str, price: str | None = "10.00", stock: str | None = "InStock", **extra: Any) -> str:
        """Set a product page and return its address."""
        offer = {"@type": "Offer", "priceCurrency": "EUR"}
        offer |= {"price": price} if price else {}
        offer |= {"availability": f"https://schema.org/{stock}"} if stock else {}
        data = {"@context": "https://schema.org", "@type": "Product", "name": f"Thing {path}", "offers": offer, **extra}
        script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
        self.pages[path] = Page(f"<html><head><title>Thing</title>{script}</head><body>A thing.</body></html>")
        return self.url + path


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no error of the shop's."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def page_server() -> Iterator[PageServer]:
    """Serve pages on a free port until the block ends."""
    served = PageServer("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the name is http.server's
            if self.path != "/robots.txt":
                served.requests.append(self.path)
                if served.gate:
                    served.waiting.release()
                    served.gate.wait(30)
            page = served.pages.get(self.path, Page("nothing here", 404))
            is_same = page.etag is not None and self.headers.get("If-None-Match") == page.etag
            body = b"" if is_same else page.body.encode()
            self.send_response(304 if is_same else page.status)
            headers = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), **page.headers}
            headers |= {"ETag": page.etag} if page.etag else {}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = _Server(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        if served.gate:
            served.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()
