"""Shops that take their time: `python -m benchmarks.products.shops HOSTS LATENCY_MS`, a process of its own.

Every host shows the products of the local market, with its own address in them. The first line on stdout names the
ports. The server is a small one, because it shares the machine with what is measured.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping
from typing import Any, Final

from local.shop import catalogue
from local.shop.pages import Market
from local.shop.stores import STORES

_DAY: Final = 1
_HOST: Final = b"host.invalid"
_ROBOTS: Final = b"User-agent: *\nDisallow: /basket\n"
_ASKED: Final = re.compile(rb"GET ([^ ?]+)\S* .*?\r\nhost: *(\S+)\r\n", re.IGNORECASE | re.DOTALL)


def pages() -> dict[str, bytes]:
    """The pages of the market that show a product with its price, by path, with `host.invalid` for their host."""
    market = Market(_DAY, {store.slug: f"http://{_HOST.decode()}" for store in STORES})
    found = {}
    for product in catalogue.PRODUCTS:
        if product.shown(_DAY) and not product.trouble(_DAY):
            found[product.path] = market.answer(product.store, product.path).body.encode()
    return found


def answer(known: Mapping[str, bytes], request: bytes) -> bytes:
    """The whole answer to a whole GET."""
    asked = _ASKED.match(request)
    path, host = (asked[1].decode(), asked[2]) if asked else ("", b"")
    if path == "/robots.txt":
        return _http(b"200 OK", b"text/plain", _ROBOTS)
    if path not in known:
        return _http(b"404 Not Found", b"text/plain", b"nothing here")
    return _http(b"200 OK", b"text/html; charset=utf-8", known[path].replace(_HOST, host))


def _http(status: bytes, kind: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (status, kind, len(body)) + body


class _Connection(asyncio.Protocol):
    """One visitor, whose requests come one after the other."""

    def __init__(self, known: Mapping[str, bytes], latency_s: float) -> None:
        self._known = known
        self._latency_s = latency_s
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if self._heard.endswith(b"\r\n\r\n"):
            said, self._heard = answer(self._known, self._heard), b""
            asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, said)


async def _serve(hosts: int, latency_s: float) -> None:
    known, loop = pages(), asyncio.get_running_loop()
    servers = [await loop.create_server(lambda: _Connection(known, latency_s), "127.0.0.1", 0) for _ in range(hosts)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]) / 1000))
