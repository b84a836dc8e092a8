"""The payload format 2.0 of HTTP APIs: a request as an event, a function's result as a response."""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from local.aws import ACCOUNT

# Everything else is passed on as base64, forms included.
_TEXT: Final = re.compile(r"text/.*|application/(json|javascript|xml|[^;]+\+(json|xml))", re.IGNORECASE)
# Between us and the client alone.
_HOP_BY_HOP: Final = {"connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"}


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    source_ip: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Answer:
    """A response as it goes out."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def event(asked: Asked, route_key: str, parameters: dict[str, str]) -> dict[str, Any]:
    """The event of a request."""
    headers = _joined((name.lower(), value) for name, value in asked.headers)
    cookies = headers.pop("cookie", "")
    headers |= {"x-forwarded-for": asked.source_ip, "x-forwarded-proto": "http"}
    made = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": asked.path,
        "rawQueryString": asked.query,
        "headers": headers,
        "requestContext": _context(asked, route_key, headers),
        "isBase64Encoded": False,
    }
    if cookies:
        made["cookies"] = [cookie.strip() for cookie in re.split(r"[;,]\s*", cookies)]
    if asked.query:
        made["queryStringParameters"] = _joined(parse_qsl(asked.query, keep_blank_values=True))
    if parameters:
        made["pathParameters"] = {name: unquote(value) for name, value in parameters.items()}
    if asked.body:
        made |= _body(asked.body, headers.get("content-type", ""))
    return made


def answer(payload: bytes) -> Answer:
    """The response that a function's result describes; anything without a status is the body itself."""
    result = json.loads(payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        return Answer(200, [("content-type", "application/json")], payload)
    try:
        return _described(result)
    except (TypeError, ValueError):
        return message(500, "Internal Server Error")


def message(status: int, text: str) -> Answer:
    """A response of the API's own."""
    body = json.dumps({"message": text}).encode()
    return Answer(status, [("content-type", "application/json")], body)


def _described(result: dict[str, Any]) -> Answer:
    status, body = int(result["statusCode"]), result.get("body") or ""
    if not 100 <= status <= 599 or not isinstance(body, str):
        raise ValueError
    content = base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body.encode()
    headers = [(str(name), _header(value)) for name, value in (result.get("headers") or {}).items()]
    headers = [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
    if content and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    headers += [("set-cookie", _header(cookie)) for cookie in result.get("cookies") or []]
    return Answer(status, headers, content)


def _header(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, bool) else str(value)
    if "\r" in text or "\n" in text:
        raise ValueError(text)
    return text


def _joined(pairs: Any) -> dict[str, str]:
    """Several values of one name are joined by commas."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    if _TEXT.match(content_type):
        try:
            return {"body": body.decode()}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def _context(asked: Asked, route_key: str, headers: dict[str, str]) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": headers.get("host", ""),
        "domainPrefix": "local",
        "http": {
            "method": asked.method,
            "path": asked.path,
            "protocol": "HTTP/1.1",
            "sourceIp": asked.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": asked.request_id,
        "routeKey": route_key,
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }
