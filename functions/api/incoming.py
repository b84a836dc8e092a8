"""A request as API Gateway hands it over (HTTP API, payload 2.0), read without trusting a byte of it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl
from uuid import uuid4

from nightshift.routes import Json, Problem

MAX_BODY_BYTES = 64 * 1024
_MAX_QUERY_FIELDS = 50
_METHOD = re.compile(r"[A-Z]{1,16}")
_PAGE_TYPE = "text/html"
_FORM_TYPE = "application/x-www-form-urlencoded"
_JSON_TYPE = re.compile(r"application/json\s*(;\s*charset\s*=\s*\"?utf-8\"?\s*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Incoming:
    """One request; `path` is as it came, percent-encoded or not, and header names are in lower case.

    What may hold a secret is left out of its repr.
    """

    id: str
    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    raw_body: str = field(default="", repr=False)
    body_is_base64: bool = False
    cookies: Sequence[str] = field(default=(), repr=False)
    # Who API Gateway sees at the other end; a header may say anything.
    source_ip: str = ""

    @classmethod
    def read(cls, event: Any, fallback_id: str) -> Incoming:
        """Read the event; what is no HTTP request at all comes out as one without a path."""
        fields = event if isinstance(event, Mapping) else {}
        context = _mapping(fields.get("requestContext"))
        http = _mapping(context.get("http"))
        method = str(http.get("method", ""))
        cookies = fields.get("cookies")
        return cls(
            id=str(context.get("requestId") or fallback_id or uuid4()),
            method=method if _METHOD.fullmatch(method) else "OTHER",
            path=str(fields.get("rawPath") or ""),
            query_string=str(fields.get("rawQueryString") or ""),
            headers={str(name).lower(): str(value) for name, value in _mapping(fields.get("headers")).items()},
            raw_body=str(fields.get("body") or ""),
            body_is_base64=fields.get("isBase64Encoded") is True,
            cookies=tuple(map(str, cookies)) if isinstance(cookies, list) else (),
            source_ip=str(http.get("sourceIp") or ""),
        )

    @property
    def is_read(self) -> bool:
        """Whether the request only asks."""
        return self.method in ("GET", "HEAD")

    @property
    def wants_page(self) -> bool:
        """Whether whoever asks is a browser that shows the answer to a person."""
        return _PAGE_TYPE in self.headers.get("accept", "").lower()

    def query(self) -> dict[str, str]:
        """Return the query parameters.

        Raises:
            Problem: 400, they are too many, not UTF-8, or one is given twice.
        """
        return _fields(self.query_string, "the query")

    def form(self) -> dict[str, str]:
        """Return the fields of a form that a page has sent; what was left empty is not given.

        Raises:
            Problem: 413, 415 or 400, saying what would be right.
        """
        content = self._content()
        if content and self.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
            raise Problem(415, f"the body must be a form ({_FORM_TYPE})")
        return {name: value for name, value in _fields(content.decode("latin-1"), "the form").items() if value}

    def body(self) -> Json:
        """Return the JSON object in the body; an empty body is an empty object.

        Raises:
            Problem: 413, 415 or 400, saying what would be right.
        """
        content = self._content()
        if not content:
            return {}
        if not _JSON_TYPE.fullmatch(self.headers.get("content-type", "").strip()):
            raise Problem(415, "the body must be sent as Content-Type: application/json, in UTF-8")
        try:
            parsed = json.loads(content.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
        except UnicodeDecodeError:
            _unreadable("the body must be UTF-8")
        except _Repeated as error:
            _unreadable(f"{error.name} must be given only once in an object of the body", error.name)
        except (ValueError, RecursionError):
            _unreadable("the body must be one JSON object")
        if not isinstance(parsed, dict):
            _unreadable("the body must be one JSON object")
        return parsed

    def _content(self) -> bytes:
        # Four base64 characters carry three bytes; what is over the limit is not even decoded.
        if len(self.raw_body) * (3 if self.body_is_base64 else 4) > MAX_BODY_BYTES * 4 + 12:
            _too_large()
        if self.body_is_base64:
            try:
                content = base64.b64decode(self.raw_body, validate=True)
            except (binascii.Error, ValueError):
                _unreadable("the body must be intact base64 where the event says so")
        else:
            # A lone surrogate cannot have been a body; it fails as UTF-8 below.
            content = self.raw_body.encode(errors="surrogatepass")
        if len(content) > MAX_BODY_BYTES:
            _too_large()
        return content


class _Repeated(ValueError):
    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def _fields(text: str, where: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_QUERY_FIELDS)
        return _once(pairs)
    except _Repeated as error:
        _unreadable(f"{error.name} must be given only once in {where}", error.name)
    except ValueError:
        _unreadable(f"{where} must be UTF-8, percent-encoded, with at most {_MAX_QUERY_FIELDS} parameters")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Build a dict; of two values for one name, one reader would take the first and another the last."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Repeated(name)
        found[name] = value
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _unreadable(detail: str, name: str | None = None) -> NoReturn:
    errors = [{"field": name, "detail": detail}] if name is not None else [{"detail": detail}]
    raise Problem(400, detail, errors=errors)


def _too_large() -> NoReturn:
    raise Problem(413, f"the body must have at most {MAX_BODY_BYTES} bytes")


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {}
