"""Answers as API Gateway wants them, and every failure as a problem that its caller can act on (RFC 9457)."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID

from api.conditional import packed, tagged
from api.incoming import Incoming
from nightshift.errors import (
    DatabaseBusy,
    DatabaseUnavailable,
    InvalidRequest,
    JobFailed,
    LeaseLost,
    LockUnavailable,
    NotFound,
    SecretUnavailable,
)
from nightshift.problems import KINDS
from nightshift.routes import Json, Problem, Response

_ALWAYS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_MAX_ERRORS = 50
_WORTH_PACKING = 1400
# What is out of order on our side and passes: the class, what the caller is told, seconds until a new try.
_PASSING: tuple[tuple[type[Exception], str, int], ...] = (
    (DatabaseBusy, "the database is busy", 1),
    (DatabaseUnavailable, "the database cannot be reached", 5),
    (LockUnavailable, "the locks cannot be reached", 5),
    (LeaseLost, "the locks answered too late", 5),
    (SecretUnavailable, "secrets cannot be read at the moment", 10),
    (JobFailed, "the job's worker could not be woken", 5),
)


def problem_of(error: Exception) -> Problem | None:
    """Return what the caller is told of an expected failure, or None for one that nobody expected."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, NotFound):
        return Problem(404, str(error))
    if isinstance(error, InvalidRequest):
        return Problem(422, "the input is not valid", errors=[{"detail": text} for text in error.problems])
    for kind, detail, retry_s in _PASSING:
        if isinstance(error, kind):
            return Problem(503, f"{detail}; try again", headers={"Retry-After": str(retry_s)})
    return None


def refuse(problem: Problem, incoming: Incoming) -> Response:
    """Return a problem as an answer: as a page where a person sees it."""
    if incoming.wants_page:
        from api.pages import problems

        return problems.refuse(problem, incoming)
    kind = KINDS.get(problem.kind)
    body: Json = {
        "type": kind.type if kind else "about:blank",
        "title": kind.title if kind else HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": incoming.path,
        "requestId": incoming.id,
        **problem.members,
    }
    if problem.errors:
        left_out = len(problem.errors) - _MAX_ERRORS
        more = [{"detail": f"{left_out} more are not shown"}] if left_out > 0 else []
        body["errors"] = [*problem.errors[:_MAX_ERRORS], *more]
    return Response(body, problem.status, {"Content-Type": "application/problem+json", **problem.headers})


def render(response: Response, incoming: Incoming) -> Json:
    """Return an answer in API Gateway's form (payload 2.0)."""
    text = _text(response.body)
    answer = tagged(response, text, incoming)
    headers = {"Content-Type": "application/json", **_ALWAYS, **answer.headers, "X-Request-Id": incoming.id}
    is_packed = len(text) >= _WORTH_PACKING and "gzip" in incoming.headers.get("accept-encoding", "")
    if is_packed:
        # The HTTP API packs nothing by itself.
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        if "ETag" in headers:
            headers["ETag"] = packed(headers["ETag"])
    if answer.status == 304:
        # It speaks of content, and has none.
        headers = {name: value for name, value in headers.items() if name not in ("Content-Type", "Content-Encoding")}
    has_content = incoming.method != "HEAD" and answer.status != 304
    body = _packed(text) if is_packed and has_content else text if has_content else ""
    return {"statusCode": answer.status, "headers": headers, "body": body, "isBase64Encoded": is_packed and has_content}


def _packed(text: str) -> str:
    return b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()


def _text(body: Json | str) -> str:
    return body if isinstance(body, str) else to_json(body)


def to_json(body: Any) -> str:
    """Write JSON in plain ASCII, so that no text that a page or a caller made up can break the encoding on its way."""
    return json.dumps(body, default=_plain, allow_nan=False, separators=(",", ":"))


def timestamp(moment: datetime | None) -> str | None:
    """Write a time in UTC with milliseconds, as in 2026-11-22T15:00:00.000Z."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> str | None:
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be answered as JSON")
