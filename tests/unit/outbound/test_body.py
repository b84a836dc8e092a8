"""Bodies: limits count unpacked bytes, and half a body is no body."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightshift.outbound import AnswerBroken, AnswerTooLarge
from nightshift.outbound.body import read_body


@given(st.binary(max_size=5000), st.integers(1, 700))
def test_a_zipped_body_comes_out_as_it_went_in(body: bytes, size: int) -> None:
    packed = gzip.compress(body)
    chunks = [packed[start : start + size] for start in range(0, len(packed), size)]

    assert read_body(chunks, "gzip", len(body)) == body


def test_a_large_zipped_body_comes_out_whole() -> None:
    body = bytes(range(256)) * 20_000

    assert read_body([gzip.compress(body)], "GZIP", len(body)) == body


@pytest.mark.parametrize("encoding", ["", "identity", "gzip"])
def test_the_limit_is_exact(encoding: str) -> None:
    body = gzip.compress(b"x" * 100) if encoding == "gzip" else b"x" * 100

    assert len(read_body([body], encoding, 100)) == 100
    with pytest.raises(AnswerTooLarge):
        read_body([body], encoding, 99)
    assert read_body([body], encoding, 99, cut=True) == b"x" * 99


def test_a_bomb_is_cut_before_it_fills_the_memory() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(64)) + packer.flush()

    tracemalloc.start()
    try:
        with pytest.raises(AnswerTooLarge):
            read_body([bomb], "gzip", 1_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8_000_000  # of 64 MiB


def test_an_endless_body_is_read_no_further_than_the_limit() -> None:
    served = 0

    def endless() -> object:
        nonlocal served
        while True:
            served += 1
            yield b"x" * 1000

    with pytest.raises(AnswerTooLarge):
        read_body(endless(), "", 5000)  # type: ignore[arg-type]
    assert served == 6


def test_a_packed_body_that_never_says_anything_is_read_no_further_than_the_limit() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    # Blocks without content: valid, and nothing comes out of them.
    empty = b"\x00\x00\x00\xff\xff" * 2000
    served = 0

    def endless() -> Iterator[bytes]:
        nonlocal served
        yield head
        while True:
            served += 1
            yield empty

    with pytest.raises(AnswerTooLarge):
        read_body(endless(), "gzip", 1000)
    assert served < 10


@pytest.mark.parametrize(
    ("chunks", "encoding"),
    [
        ([gzip.compress(b"x" * 1000)[:-1]], "gzip"),
        ([gzip.compress(b"x" * 1000)[:12]], "gzip"),
        ([b"<html>"], "gzip"),
        ([b"x"], "br"),
        ([gzip.compress(gzip.compress(b"x"))], "gzip, gzip"),
        ([gzip.compress(b"x") + gzip.compress(b"y")], "gzip"),
        ([gzip.compress(b"x"), gzip.compress(b"y")], "gzip"),
        ([gzip.compress(b"x") + b"<script>"], "gzip"),
        ([gzip.compress(b"")] * 3, "gzip"),
    ],
)
def test_a_damaged_or_strangely_packed_body_is_refused(chunks: list[bytes], encoding: str) -> None:
    with pytest.raises(AnswerBroken):
        read_body(chunks, encoding, 10_000)


def test_no_body_is_an_empty_body_however_it_is_labelled() -> None:
    assert read_body([], "gzip", 0) == b""
