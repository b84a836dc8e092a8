"""Serves the market on 127.0.0.1: a port for each shop, from threads of this process.

`start()` opens it, `advance()` begins a new day with other prices and other stock, `stop()` closes it.
"""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from local import state
from local.shop.calendar import Calendar
from local.shop.pages import Market
from local.shop.stores import STORES, Store
from local.shop.trouble import Answer

_HOST: Final = "127.0.0.1"  # the one loopback address that every system has
_NEXT_DAY: Final = "/__shop__/next-day"
_POLL_S: Final = 0.25
_IDLE_S: Final = 15.0
_MAX_BODY_BYTES: Final = 65_536


class Shop:
    """The whole market, open until `stop`."""

    def __init__(self, calendar: Calendar, port: int) -> None:
        """Opens every shop; `port` is the main shop's, 0 for any that is free."""
        self.stopped = threading.Event()
        self._calendar = calendar
        self._servers = [_Server(self, store, 0 if position else port) for position, store in enumerate(STORES)]
        self.urls = {server.store.slug: f"http://{_HOST}:{server.server_port}" for server in self._servers}
        for server in self._servers:
            name = f"shop {server.store.slug}"
            threading.Thread(target=server.serve_forever, args=(_POLL_S,), name=name, daemon=True).start()

    @property
    def url(self) -> str:
        """The address of the main shop, whose front page leads to the others; without a slash at its end."""
        return self.urls[STORES[0].slug]

    @property
    def day(self) -> int:
        """Today; 0 before the first `advance` ever."""
        return self._calendar.day

    @property
    def market(self) -> Market:
        """Everything as it stands today."""
        return Market(self.day, self.urls)

    def advance(self) -> int:
        """Begin the next day, and return it; it is kept for the next start."""
        return self._calendar.advance()

    def stop(self) -> None:
        """Close every shop; who still waits for a page gets none."""
        self.stopped.set()
        with ThreadPoolExecutor(len(self._servers)) as all_at_once:  # each takes as long as its poll
            list(all_at_once.map(_Server.shutdown, self._servers))
        for server in self._servers:
            server.server_close()


def start(port: int = 0, *, folder: Path | None = None) -> Shop:
    """Open the market on the day that `folder` (the state folder, unless given) has kept.

    Raises:
        OSError: the port is taken.
    """
    return Shop(Calendar((folder or state.folder()) / "shop.json"), port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a visitor who waits for ever must not hold up the end
    request_queue_size = 64

    def __init__(self, shop: Shop, store: Store, port: int) -> None:
        self.shop = shop
        self.store = store
        super().__init__((_HOST, port), _Visit)

    def server_bind(self) -> None:
        """HTTPServer's own asks for the host's name, which takes seconds where no name server answers."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = _HOST, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor who left is no news; a mistake of ours is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Visit(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "NightshiftShop", ""
    timeout = _IDLE_S
    wbufsize = -1  # one packet for headers and a small page
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Show a page."""
        shop, store = self.server.shop, self.server.store
        answer = shop.market.answer(store, urlsplit(self.path).path, self.headers.get("If-None-Match"))
        if shop.stopped.wait(answer.delay_s):
            self.close_connection = True
            return
        self._send(answer)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Begin the next day; nothing else can be done here."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _MAX_BODY_BYTES:
            self.close_connection = True
        else:
            self.rfile.read(int(length))
        if self.path != _NEXT_DAY:
            self._send(Answer("Only GET\n", 405, "text/plain", {"Allow": "GET, HEAD"}))
            return
        day = self.server.shop.advance()
        self._send(Answer(json.dumps({"day": day}) + "\n", 303, "application/json", {"Location": "/"}))

    def _send(self, answer: Answer) -> None:
        store = self.server.store
        body = answer.body.encode(store.charset)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 304:
            charset = f"; charset={store.charset}" if store.names_charset else ""
            self.send_header("Content-Type", answer.content_type + charset)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Visits are nobody's business."""


if __name__ == "__main__":
    opened = start(int(sys.argv[1]) if sys.argv[1:] else 0)
    print(opened.url, flush=True)
    threading.Event().wait()
