"""Answers that lie about their length, or have none: refused by their right name, in little memory."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from nightshift.outbound import (
    AddressRefused,
    AnswerBroken,
    AnswerTooLarge,
    Deadline,
    DeadlinePassed,
    GuardedHttp,
    OutboundError,
)
from tests.integration.fetching.conftest import Page, Visit, Web

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
LARGEST = 100_000
# Of the whole process: the client, and the server that sends the bombs.
MEMORY = 3_000_000


def get(client: GuardedHttp, url: str, seconds: float = 10) -> bytes:
    with client.open(url, deadline=Deadline(seconds)) as answer:
        return answer.read(LARGEST)


@contextmanager
def little_memory() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEMORY, f"{peak:,} bytes"


def raw(data: bytes) -> Page:
    return lambda visit: visit.raw(data)


def on_and_on(head: bytes, piece: bytes) -> Page:
    """Send a piece until the client hangs up."""

    def page(visit: Visit) -> None:
        visit.close_connection = True
        visit.wfile.write(head)
        while not visit.server.web.closing.is_set():
            visit.wfile.write(piece)

    return page


@cache
def bomb() -> bytes:
    """Zeros, packed a piece at a time: the bomb must not go off here."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(1 << 16)) for _ in range(1 << 10)) + packer.flush()


GZIP = HEAD + b"Content-Encoding: gzip\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
EMPTY_BLOCKS = b"\x00\x00\x00\xff\xff" * 5000


def _length(value: bytes, body: bytes = b"body!") -> Page:
    return raw(HEAD + b"Content-Length: " + value + b"\r\n\r\n" + body)


ANSWERS: dict[str, tuple[Page, type[OutboundError]]] = {
    "a bomb in gzip": (lambda visit: visit.raw(GZIP + b"\r\n" + bomb()), AnswerTooLarge),
    "a bomb in a bomb": (
        lambda visit: visit.raw(GZIP.replace(b"gzip", b"gzip, gzip") + b"\r\n" + gzip.compress(bomb())), AnswerBroken,
    ),
    "many bombs in a row": (raw(GZIP + b"\r\n" + gzip.compress(b"x") * 10_000), AnswerBroken),
    "gzip with a page behind its end": (raw(GZIP + b"\r\n" + gzip.compress(b"x") + b"<p>"), AnswerBroken),
    "gzip without an end": (
        on_and_on(GZIP + b"\r\n" + gzip.compress(b"")[:10], EMPTY_BLOCKS), AnswerTooLarge,
    ),
    "gzip with a name without an end": (
        on_and_on(GZIP + b"\r\n\x1f\x8b\x08\x08\0\0\0\0\0\3", b"x" * 9999), AnswerTooLarge,
    ),
    "deflate": (raw(HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"x")), AnswerBroken),
    "a body without an end": (on_and_on(HEAD + b"\r\n", bytes(1 << 16)), AnswerTooLarge),
    "chunks without an end": (on_and_on(CHUNKED, b"10000\r\n" + bytes(1 << 16) + b"\r\n"), AnswerTooLarge),
    "small chunks without an end": (on_and_on(CHUNKED, b"80\r\n" + b"x" * 128 + b"\r\n"), AnswerTooLarge),
    "headers without an end": (on_and_on(HEAD, b"X-More: 1\r\n" * 100), AnswerBroken),
    "a header without an end": (on_and_on(HEAD + b"X-More: ", b"x" * 4096), AnswerBroken),
    "a status line without an end": (on_and_on(b"HTTP/1.1 200 ", b"O" * 4096), AnswerBroken),
    "trailers without an end": (on_and_on(CHUNKED + b"1\r\nx\r\n0\r\n", b"X-More: 1\r\n" * 100), AnswerBroken),
    "a chunk's extension without an end": (on_and_on(CHUNKED + b"1;", b"x" * 4096), AnswerBroken),
    "a length that is negative": (_length(b"-1"), AnswerBroken),
    "a length with a plus": (_length(b"+5"), AnswerBroken),
    "a length in hex": (_length(b"0x5"), AnswerBroken),
    "a length that is empty": (_length(b""), AnswerBroken),
    "a length beyond all numbers": (_length(b"9" * 100), AnswerBroken),
    "two lengths in one": (_length(b"5, 6"), AnswerBroken),
    "two lengths in two": (raw(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nbody!"), AnswerBroken),
    "a length that is too long": (_length(b"6"), AnswerBroken),
    "a chunk of negative size": (raw(CHUNKED + b"-1\r\nx\r\n0\r\n\r\n"), AnswerBroken),
    "a chunk beyond all numbers": (raw(CHUNKED + b"F" * 40 + b"\r\nx\r\n0\r\n\r\n"), AnswerBroken),
    "a chunk of a size that is none": (raw(CHUNKED + b"0x1\r\nx\r\n0\r\n\r\n"), AnswerBroken),
    "a chunk longer than it says": (raw(CHUNKED + b"1\r\nxyz\r\n0\r\n\r\n"), AnswerBroken),
    "chunks that stop": (raw(CHUNKED + b"1\r\nx\r\n"), AnswerBroken),
    "a coding nobody knows": (raw(HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), AnswerBroken),
    "a header with a zero byte": (raw(HEAD + b"X-Zero: a\0b\r\nContent-Length: 0\r\n\r\n"), AnswerBroken),
    "a header without a name": (raw(HEAD + b": x\r\nContent-Length: 0\r\n\r\n"), AnswerBroken),
    "a header with a space in its name": (raw(HEAD + b"X More: 1\r\nContent-Length: 0\r\n\r\n"), AnswerBroken),
    "a status that is none": (raw(b"HTTP/1.1 OK\r\n\r\n"), AnswerBroken),
    "a body alone": (raw(b"<html>hello</html>\r\n\r\n"), AnswerBroken),
    "a redirect longer than an address": (
        raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /" + b"x" * 50_000 + b"\r\n\r\n"), AddressRefused,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ANSWERS)
def test_it_has_its_right_name_and_costs_little_memory(web: Web, http_client: GuardedHttp, kind: str) -> None:
    page, error = ANSWERS[kind]
    url = web.page("/", page)
    get(http_client, web.page("/before", lambda visit: visit.answer()))  # what the first request alone brings along

    with little_memory(), pytest.raises(error):
        get(http_client, url)


def interim(visit: Visit) -> None:
    on_and_on(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50)(visit)


def test_hints_without_an_answer_end_at_the_deadline(web: Web, http_client: GuardedHttp) -> None:
    get(http_client, web.page("/before", lambda visit: visit.answer()))

    with little_memory(), pytest.raises(DeadlinePassed):
        get(http_client, web.page("/", interim), 0.5)


@pytest.mark.parametrize("length", [b"5", b"5, 5", b"5\r\nContent-Length: 5"])
def test_a_length_that_is_said_twice_alike_is_one(web: Web, http_client: GuardedHttp, length: bytes) -> None:
    assert get(http_client, web.page("/", _length(length))) == b"body!"


# A second answer behind the first: whoever keeps the connection would take it for that to the next question.
SMUGGLED = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"


def kept(data: bytes) -> Callable[[Visit], None]:
    """Send bytes as they are, and keep the connection."""

    def page(visit: Visit) -> None:
        visit.wfile.write(data)

    return page


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"Content-Length: 5\r\n\r\nbody!",
        HEAD + b"Content-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbody!\r\n0\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
    ],
    ids=["a length that is too short", "a length beside chunks", "a body where there is none"],
)
def test_what_comes_behind_an_answer_is_never_the_next_one(web: Web, http_client: GuardedHttp, head: bytes) -> None:
    web.page("/", kept(head + SMUGGLED))
    web.page("/next", lambda visit: visit.answer(200, b"the next"))

    assert get(http_client, web.url()) in (b"body!", b"")
    assert get(http_client, web.url("/next")) == b"the next"
