"""Servers that are slow, endless, broken or mean: each costs one failed check with the right name, and no more."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from nightshift.outbound import (
    AnswerBroken,
    AnswerTooLarge,
    ConnectionFailed,
    Deadline,
    DeadlinePassed,
    GuardedHttp,
    OutboundError,
)
from tests.integration.fetching.conftest import USER_AGENT, Page, Visit, Web

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def get(client: GuardedHttp, url: str, seconds: float = 5) -> bytes:
    with client.open(url, deadline=Deadline(seconds)) as answer:
        return answer.read(100_000)


def slow_body(visit: Visit) -> None:
    visit.wfile.write(HEAD + b"Content-Length: 60\r\n\r\n")
    visit.drip(b"x")


def slow_chunks(visit: Visit) -> None:
    visit.wfile.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    visit.drip(b"1\r\nx\r\n")


def slow_headers(visit: Visit) -> None:
    visit.wfile.write(HEAD)
    visit.drip(b"X-More: 1\r\n")


def slow_start(visit: Visit) -> None:
    visit.drip(b"HTTP/1.1 100 Continue\r\n\r\n")


def slow_redirects(visit: Visit) -> None:
    visit.server.web.closing.wait(0.2)
    visit.answer(302, Location="/")


@pytest.mark.parametrize("page", [slow_body, slow_chunks, slow_headers, slow_start, slow_redirects])
def test_a_server_that_keeps_us_waiting_is_left_at_the_deadline(web: Web, http_client: GuardedHttp, page: Page) -> None:
    url = web.page("/", page)

    with pytest.raises(DeadlinePassed):
        get(http_client, url, 0.5)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A server that accepts connections and never says a word, not even in TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_never_answers_is_left_at_the_deadline(
    http_client: GuardedHttp, silent_port: int, scheme: str
) -> None:
    with pytest.raises(DeadlinePassed):
        get(http_client, f"{scheme}://127.0.0.1:{silent_port}/", 0.3)


def test_a_resolver_that_never_answers_is_left_at_the_deadline() -> None:
    over = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        over.wait(10)
        return ["127.0.0.1"]

    try:
        with GuardedHttp(user_agent=USER_AGENT, resolve=resolve) as client, pytest.raises(DeadlinePassed):
            get(client, "http://shop.example/", 0.2)
    finally:
        over.set()


def test_the_deadline_of_one_request_is_not_that_of_the_next_on_the_same_connection(
    web: Web, http_client: GuardedHttp
) -> None:
    url = web.page("/", lambda visit: visit.answer(200, b"the shop"))
    get(http_client, url)

    first = Deadline(0.5)
    with http_client.open(url, deadline=first) as answer:
        assert answer.read(100) == b"the shop"
    web.closing.wait(first.left_s())
    assert get(http_client, url) == b"the shop"


def bomb(visit: Visit) -> None:
    packed = gzip.compress(bytes(20_000_000))
    visit.answer(200, packed, Content_Encoding="gzip")


def endless_body(visit: Visit) -> None:
    visit.wfile.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while not visit.server.web.closing.is_set():
        visit.wfile.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")


@pytest.mark.parametrize("page", [bomb, endless_body])
def test_a_body_without_measure_is_cut(web: Web, http_client: GuardedHttp, page: Page) -> None:
    with pytest.raises(AnswerTooLarge):
        get(http_client, web.page("/", page))


def reset(visit: Visit) -> None:
    visit.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    visit.raw(HEAD)


def raw(data: bytes) -> Page:
    return lambda visit: visit.raw(data)


BROKEN: dict[str, Page] = {
    "closes without a word": raw(b""),
    "resets the connection": reset,
    "stops in the headers": raw(HEAD),
    "stops in the body": raw(HEAD + b"Content-Length: 100\r\n\r\nonly this"),
    "stops in a chunk": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\nonly this"),
    "two lengths": raw(HEAD + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody!"),
    "a length that is none": raw(HEAD + b"Content-Length: many\r\n\r\nbody"),
    "a chunk that is none": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "not HTTP": raw(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "one huge header": raw(HEAD + b"X-Huge: " + b"x" * 300_000 + b"\r\n\r\n"),
    "many headers": raw(HEAD + b"X-More: 1\r\n" * 30_000 + b"\r\n"),
    "an encoding not asked for": lambda visit: visit.answer(200, b"x", Content_Encoding="br"),
    "gzip that is none": lambda visit: visit.answer(200, b"<html>", Content_Encoding="gzip"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_answer_is_called_broken(web: Web, http_client: GuardedHttp, kind: str) -> None:
    with pytest.raises(AnswerBroken):
        get(http_client, web.page("/", BROKEN[kind]))


def test_a_page_after_a_broken_one_is_fine(web: Web, http_client: GuardedHttp) -> None:
    web.page("/broken", BROKEN["stops in the body"])
    web.page("/", lambda visit: visit.answer(200, b"the shop"))

    with pytest.raises(AnswerBroken):
        get(http_client, web.url("/broken"))
    assert get(http_client, web.url("/")) == b"the shop"


def test_no_message_quotes_what_the_server_sent(web: Web, http_client: GuardedHttp) -> None:
    url = web.page("/", raw(HEAD + b"Set-Cookie: secret\x00=1\r\n\r\n"))

    with pytest.raises(OutboundError) as failed:
        get(http_client, url + "?token=secret")
    assert "secret" not in str(failed.value)


def test_nobody_there_is_said_so(http_client: GuardedHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(ConnectionFailed, match="refused"):
        get(http_client, f"http://127.0.0.1:{port}/")
