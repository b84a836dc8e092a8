"""`GET /api/notifications/deliveries`: everybody's notifications and their mails, for whoever looks after the jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nightshift import Choice, Integer
from nightshift.capped import CAP, CAPPED, capped
from nightshift.cursor import page_of
from nightshift.json_schema import COUNT, NULLABLE_TEXT, NULLABLE_TIME, TEXT, TIME
from nightshift.routes import Guard, Json, Request, Route
from nightshift.sql import queries

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
    shown, last = page_of(rows, asked["limit"])
    return {
        "deliveries": [_view(row) for row in shown],
        "limit": asked["limit"],
        "nextCursor": str(last["id"]) if last else None,
    }


def counts(request: Request) -> Json:
    """Answer how many notifications are in each state, in counts that stop at a cap, and how long the oldest waits."""
    row = request.platform.database.read(queries("notifications")["delivery_counts"], cap=CAP)[0]
    oldest = row["oldest_pending_at"]
    return {
        "at": row["at"],
        "cap": CAP,
        "states": {state: capped(row[state], CAP) for state in STATES},
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


_PRODUCT: Json = {
    "type": ["object", "null"],
    "properties": {"id": COUNT, "name": NULLABLE_TEXT, "url": NULLABLE_TEXT},
    "required": ["id", "name", "url"],
}
_MAIL: Json = {
    "type": ["object", "null"],
    "properties": {"state": TEXT, "at": NULLABLE_TIME},
    "required": ["state", "at"],
}
_DELIVERY: Json = {
    "type": "object",
    "properties": {
        "id": COUNT,
        "kind": {"type": "string", "enum": list(KINDS)},
        "state": {"type": "string", "enum": list(STATES)},
        "status": TEXT,
        "reason": NULLABLE_TEXT,
        "attempts": COUNT,
        "userId": COUNT,
        "recipient": {**TEXT, "description": "The first letter and the domain of the address."},
        "product": _PRODUCT,
        "mail": _MAIL,
        "createdAt": TIME,
        "sentAt": NULLABLE_TIME,
    },
    "required": ["id", "kind", "state", "status", "reason", "attempts", "userId", "recipient", "createdAt", "sentAt"],
}
_PAGE: Json = {
    "type": "object",
    "properties": {
        "deliveries": {"type": "array", "items": _DELIVERY},
        "limit": COUNT,
        "nextCursor": NULLABLE_TEXT,
    },
    "required": ["deliveries", "limit", "nextCursor"],
}
_COUNTS: Json = {
    "type": "object",
    "properties": {
        "at": TIME,
        "cap": COUNT,
        "states": {"type": "object", "properties": dict.fromkeys(STATES, CAPPED), "required": list(STATES)},
        "oldestPendingAt": NULLABLE_TIME,
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
