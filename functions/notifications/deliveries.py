"""`GET /api/notifications/deliveries`: everybody's notifications and their mails, for whoever looks after the jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nightshift import Choice, Integer
from nightshift.routes import Guard, Json, Request, Route
from nightshift.sql import queries

CAP: Final = 10_000
KINDS: Final = ("price_drop", "back_in_stock", "sale", "restock")
# As rows have it, but for one: doubtful is what may or may not have gone out, whether it is tried again or given up.
STATES: Final = ("pending", "claimed", "sent", "doubtful", "failed", "suppressed")


def deliveries(request: Request) -> Json:
    """Answer a page of notifications, the newest first."""
    asked = request.query
    state = asked["state"]
    database = request.platform.database
    rows = database.read(
        queries("notifications")["deliveries"],
        before=asked["cursor"],
        kind=asked["kind"],
        user_id=asked["userId"],
        status=None if state == "doubtful" else state,
        doubtful=state == "doubtful",
        open=state == "claimed",
        rows=asked["limit"] + 1,
    )
    shown = rows[: asked["limit"]]
    return {
        "deliveries": [_view(row) for row in shown],
        "limit": asked["limit"],
        "nextCursor": str(shown[-1]["id"]) if len(rows) > len(shown) else None,
    }


def counts(request: Request) -> Json:
    """Answer how many notifications are in each state, in counts that stop at a cap, and how long the oldest waits."""
    row = request.platform.database.read(queries("notifications")["delivery_counts"], cap=CAP)[0]
    oldest = row["oldest_pending_at"]
    return {
        "at": row["at"],
        "cap": CAP,
        "states": {state: {"count": min(row[state], CAP), "isCapped": row[state] > CAP} for state in STATES},
        "oldestPendingAt": oldest,
        "oldestPendingSeconds": round((row["at"] - oldest).total_seconds(), 1) if oldest else None,
    }


def _view(row: Mapping[str, Any]) -> Json:
    product = {"id": row["product_id"], "name": row["product_name"], "url": row["product_url"]}
    mail = {"state": row["mail_state"], "at": row["mail_at"]}
    return {
        "id": row["id"],
        "kind": row["kind"],
        "state": "doubtful" if row["reason"] == "doubtful" else row["status"],
        "status": row["status"],
        "reason": row["reason"],
        "attempts": row["attempts"],
        "userId": row["user_id"],
        "recipient": row["recipient"],
        "product": product if row["product_id"] is not None else None,
        "mail": mail if row["mail_state"] is not None else None,
        "createdAt": row["created_at"],
        "sentAt": row["sent_at"],
    }


_TEXT: Json = {"type": "string"}
_PERHAPS_TEXT: Json = {"type": ["string", "null"]}
_COUNT: Json = {"type": "integer", "minimum": 0}
_TIME: Json = {"type": "string", "format": "date-time"}
_PERHAPS_TIME: Json = {"type": ["string", "null"], "format": "date-time"}
_PRODUCT: Json = {
    "type": ["object", "null"],
    "properties": {"id": _COUNT, "name": _PERHAPS_TEXT, "url": _PERHAPS_TEXT},
    "required": ["id", "name", "url"],
}
_MAIL: Json = {
    "type": ["object", "null"],
    "properties": {"state": _TEXT, "at": _PERHAPS_TIME},
    "required": ["state", "at"],
}
_DELIVERY: Json = {
    "type": "object",
    "properties": {
        "id": _COUNT,
        "kind": {"type": "string", "enum": list(KINDS)},
        "state": {"type": "string", "enum": list(STATES)},
        "status": _TEXT,
        "reason": _PERHAPS_TEXT,
        "attempts": _COUNT,
        "userId": _COUNT,
        "recipient": {**_TEXT, "description": "The first letter and the domain of the address."},
        "product": _PRODUCT,
        "mail": _MAIL,
        "createdAt": _TIME,
        "sentAt": _PERHAPS_TIME,
    },
    "required": ["id", "kind", "state", "status", "reason", "attempts", "userId", "recipient", "createdAt", "sentAt"],
}
_PAGE: Json = {
    "type": "object",
    "properties": {
        "deliveries": {"type": "array", "items": _DELIVERY},
        "limit": _COUNT,
        "nextCursor": _PERHAPS_TEXT,
    },
    "required": ["deliveries", "limit", "nextCursor"],
}
_CAPPED: Json = {
    "type": "object",
    "properties": {"count": _COUNT, "isCapped": {"type": "boolean"}},
    "required": ["count", "isCapped"],
}
_COUNTS: Json = {
    "type": "object",
    "properties": {
        "at": _TIME,
        "cap": _COUNT,
        "states": {"type": "object", "properties": dict.fromkeys(STATES, _CAPPED), "required": list(STATES)},
        "oldestPendingAt": _PERHAPS_TIME,
        "oldestPendingSeconds": {"type": ["number", "null"]},
    },
    "required": ["at", "cap", "states", "oldestPendingAt", "oldestPendingSeconds"],
}

ROUTES = (
    Route(
        "GET",
        "/api/notifications/deliveries",
        Guard.READ,
        deliveries,
        "Everybody's notifications and what became of their mails, the newest first",
        query=(
            Integer("limit", 1, 200, 50, "How many."),
            Integer("cursor", 1, 2**53, description="Go on behind this place: the `nextCursor` of the page before."),
            Choice("state", STATES, description="Only those in this state; doubtful ones may have gone out."),
            Choice("kind", KINDS, description="Only those of this kind."),
            Integer("userId", 1, 2**53, description="Only this person's."),
        ),
        schema=_PAGE,
    ),
    Route(
        "GET",
        "/api/notifications/counts",
        Guard.READ,
        counts,
        "How many notifications are in each state, in counts that stop at a cap",
        schema=_COUNTS,
    ),
)
