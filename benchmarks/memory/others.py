"""Whom the measured jobs speak with: shops whose first page is as large as may be, and a worker with long answers.

`python -m benchmarks.memory.others HOSTS`, a process of its own: the first line on stdout names the shops' ports and,
last, the worker's. Answers are made once and sent as they are.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Final

# A little below the limits of a page and of a worker's answer.
PAGE_BYTES: Final = 4_950_000
RESULT_BYTES: Final = 250_000
_ROBOTS: Final = b"User-agent: *\nAllow: /\n"
_PRODUCT: Final = (
    '<!doctype html><html><head><title>A lamp</title><script type="application/ld+json">{"@context": "https://schema.org",'
    '"@type": "Product", "name": "A lamp", "offers": {"@type": "Offer", "price": "49.90", "priceCurrency": "EUR",'
    '"availability": "https://schema.org/InStock"}}</script></head><body><h1>A lamp</h1><ul>'
)
_CARD: Final = (
    '<li class="card" data-position="%d"><a href="/more"><img src="/images/%d.jpg" alt="" loading="lazy"></a>'
    '<p class="name">Another thing</p><p><span class="price">EUR 19.90</span> <button>Basket</button></p></li>'
)


def page(size: int) -> bytes:
    """Return the page of a product with as many others below it as fit into so many bytes."""
    many = max(0, size - len(_PRODUCT)) // len(_CARD % (0, 0) + "0" * 8)
    return (_PRODUCT + "".join(_CARD % (number, number) for number in range(many)) + "</ul></body></html>").encode()


class _Connection(asyncio.Protocol):
    pages: Final = {b"/robots.txt": ("text/plain", _ROBOTS), b"/0": ("text/html", page(PAGE_BYTES))}
    small: Final = ("text/html", page(60_000))
    result: Final = (
        "application/json",
        json.dumps({"found": "a line of what was found; " * (RESULT_BYTES // 26)}).encode(),
    )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._heard = transport, b""

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, end, body = self._heard.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        method, path, _ = head.split(b" ", 2)
        self._heard = b""
        kind, answer = self.result if method == b"POST" else self.pages.get(path, self.small)
        about = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n"
        self._transport.write(about.encode() + answer)


def _length(head: bytes) -> int:
    lines = (line.lower().partition(b":") for line in head.split(b"\r\n"))
    return next((int(value) for name, _, value in lines if name == b"content-length"), 0)


async def _serve(hosts: int) -> None:
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(_Connection, "127.0.0.1", 0) for _ in range(hosts + 1)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
