"""Reads a body piece by piece, up to a limit that counts unpacked bytes, so that no bomb goes off."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from nightshift.outbound.errors import AnswerBroken, AnswerTooLarge

# gzip alone: the standard library can bound how much it unpacks at once, and every server speaks it
# (docs/adr/0041).
ACCEPT_ENCODING = "gzip"
_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 64 * 1024


def read_body(chunks: Iterable[bytes], encoding: str, max_bytes: int, *, cut: bool = False) -> bytes:
    """Return the decoded body of at most `max_bytes`.

    Args:
        chunks: the body as it comes from the network.
        encoding: the value of Content-Encoding, empty where there is none.
        max_bytes: the limit, after decompression.
        cut: return the first `max_bytes` of a longer body instead of raising.

    Raises:
        AnswerTooLarge: the body is longer than `max_bytes`.
        AnswerBroken: it is compressed in a way that was not asked for, or its data are damaged.
    """
    body = bytearray()
    # What is packed is smaller than what is in it, but for a few bytes: more of it than that says nothing, for ever.
    received = _at_most(chunks, max_bytes + _PIECE)
    for piece in _decoded(received, encoding.strip().lower()):
        body += piece
        if len(body) > max_bytes:
            if cut:
                return bytes(body[:max_bytes])
            raise AnswerTooLarge(f"the answer is larger than {max_bytes} bytes")
    return bytes(body)


def _at_most(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    received = 0
    for chunk in chunks:
        received += len(chunk)
        yield chunk
        if received > max_bytes:
            raise AnswerTooLarge(f"the answer is larger than {max_bytes} bytes")


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterable[bytes]:
    if encoding in {"", "identity"}:
        return chunks
    if encoding in {"gzip", "x-gzip"}:
        return _unzipped(chunks)
    raise AnswerBroken("the answer is compressed in a way that was not asked for")


def _unzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP)
    begun = False
    try:
        for chunk in chunks:
            begun = begun or bool(chunk)
            data = chunk
            while data and not unpacker.eof:
                yield unpacker.decompress(data, _PIECE)
                data = unpacker.unconsumed_tail
            if unpacker.eof and (data or unpacker.unused_data):
                # A second part, of which the first alone would be half a page.
                raise AnswerBroken("the compressed answer goes on behind its end")
        yield unpacker.flush()
    except zlib.error:
        raise AnswerBroken("the compressed answer is damaged") from None
    if begun and not unpacker.eof:
        raise AnswerBroken("the compressed answer stopped in the middle")
