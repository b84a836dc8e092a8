"""Entity tags: a GET whose answer the caller has already is answered 304, without the content (RFC 9110)."""

from __future__ import annotations

import re
from hashlib import sha256

from api.incoming import Incoming
from nightshift.routes import Response

# A tag holds no quote, so that a list is read without looking at the commas inside of tags.
_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
# What a 304 repeats of the answer it stands for, besides what every answer has.
_REPEATED = ("etag", "cache-control", "vary", "content-location")
PACKED = "-gzip"


def tagged(response: Response, text: str, incoming: Incoming) -> Response:
    """Return the answer to a GET or HEAD with its tag, or 304 where the caller has named that tag.

    The tag is strong: it is made of every byte of the content. Where a route gives a version, the tag begins with it.
    """
    if not incoming.is_read or response.status != 200:
        return response
    headers = dict(response.headers)
    digest = sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
    tag = headers["ETag"] = f'"{_bare(headers["ETag"])}.{digest}"' if "ETag" in headers else f'"{digest}"'
    if not matches(tag, incoming.headers.get("if-none-match", "")):
        return Response(response.body, response.status, headers)
    return Response("", 304, {name: value for name, value in headers.items() if name.lower() in _REPEATED})


def matches(tag: str, if_none_match: str) -> bool:
    """Return whether a header If-None-Match (`*`, or a list of tags) names the tag.

    Compared weakly, as the header wants it: whoever got the content packed has it all the same.
    """
    named = if_none_match.strip()
    return named == "*" or _bare(tag) in {each.removesuffix(PACKED) for each in _TAG.findall(named)}


def packed(tag: str) -> str:
    """Return the tag of the same content in gzip: other bytes have another strong tag."""
    return f'"{_bare(tag)}{PACKED}"'


def _bare(tag: str) -> str:
    return tag.removeprefix("W/").strip('"').removesuffix(PACKED)
