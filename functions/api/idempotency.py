"""A POST that is repeated with its Idempotency-Key is answered as the first time, and does nothing a second time.

A key is claimed before the request is answered and keeps the answer for a day. A claim without an answer is in
progress, or after a minute abandoned: its process died, and the next try may take it over. What failed on our side
frees its key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from api.answers import to_json
from api.incoming import Incoming
from api.log import log
from nightshift.errors import DatabaseError
from nightshift.routes import Problem, Request, Response, Route
from nightshift.sql import queries

if TYPE_CHECKING:
    from nightshift.database import Database

HEADER = "idempotency-key"
REPLAYED = {"Idempotency-Replayed": "true"}
# Bare, or as a quoted string of structured fields.
_KEY = re.compile(r'"([\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x5b\x5d-\x7e]{1,255})')


@dataclass(frozen=True)
class Key:
    """One caller's key on one route, and what was asked for with it."""

    scope: str
    key: str
    fingerprint: str


def key_of(incoming: Incoming, request: Request, route: Route) -> Key | None:
    """Return the key of a request, or None where it has none.

    Raises:
        Problem: 400, the key has not the form of one.
    """
    raw = incoming.headers.get(HEADER)
    if raw is None:
        return None
    match = _KEY.fullmatch(raw.strip())
    if match is None:
        detail = "Idempotency-Key must be 1 to 255 visible ASCII characters, no quotes or backslashes; best a UUID"
        raise Problem(400, detail, errors=[{"field": "Idempotency-Key", "detail": detail}])
    # What was understood, not how it was written; without the webhook's secret, which may change between two tries.
    asked = json.dumps([request.path, request.query, request.body], sort_keys=True, default=str)
    scope = f"{request.principal} {route.method} {route.path}"
    return Key(scope, match[1] or match[2], sha256(asked.encode()).hexdigest())


def answer_once(database: Database, key: Key, answer: Callable[[], Response]) -> Response:
    """Return what `answer` returns, or what it returned for this key before. `answer` must not raise.

    Raises:
        Problem: 409 while the first try goes on, 422 where the key was used for another request.
    """
    claimed_at = _claim(database, key)
    if claimed_at is None:
        return _earlier(database, key)
    response = answer()
    try:
        _settle(database, key, claimed_at, response)
    except DatabaseError as error:
        # What was done is done, and its caller is told so; the claim lapses by itself.
        log().warning("Answer not kept for its idempotency key", error=str(error))
    return response


def _claim(database: Database, key: Key) -> datetime | None:
    """Claim the key and return when, which names the claim: one that was taken over must not settle it any more."""
    rows = database.write(_query("claim_key"), scope=key.scope, key=key.key, fingerprint=key.fingerprint)
    return rows[0]["created_at"] if rows else None


def _earlier(database: Database, key: Key) -> Response:
    rows = database.read(_query("find_key"), scope=key.scope, key=key.key)
    if rows and rows[0]["fingerprint"] != key.fingerprint:
        raise Problem(
            422, "this Idempotency-Key was used for another request; use a new one", kind="idempotency-key-reused"
        )
    # No row: the first try has just failed and freed the key.
    if not rows or rows[0]["status"] is None:
        raise Problem(
            409,
            "the first request with this Idempotency-Key is still being answered; try again",
            kind="idempotency-key-in-progress",
            headers={"Retry-After": "1"},
        )
    return Response(rows[0]["body"], rows[0]["status"], {**rows[0]["headers"], **REPLAYED})


def _settle(database: Database, key: Key, claimed_at: datetime, response: Response) -> None:
    if response.status >= 500 or response.status == 429:
        database.write(_query("free_key"), scope=key.scope, key=key.key, claimed_at=claimed_at)
        return
    database.write(
        _query("keep_answer"),
        scope=key.scope,
        key=key.key,
        claimed_at=claimed_at,
        status=response.status,
        headers=dict(response.headers),
        body=json.loads(to_json(response.body)),
    )


def _query(name: str) -> str:
    return queries("api")[name]
