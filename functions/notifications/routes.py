"""The routes of notifications at the door: ending mails by their links, and reading notifications in the shop."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nightshift import Flag, Integer, Text
from nightshift.cursor import page_of
from nightshift.delivery.unsubscribe import Subscription, read
from nightshift.json_schema import NULLABLE_TEXT, NULLABLE_TIME, TEXT, TIME
from nightshift.routes import Guard, Json, Problem, Request, Response, Route, Trigger
from nightshift.settings import env, load
from nightshift.sql import queries
from notifications import deliveries
from notifications.deliver_notifications import DELIVER_NOTIFICATIONS

_WHAT: Final = {"all": "mails about products you follow", "price": "price alerts", "stock": "stock alerts"}
_HTML: Final = "text/html; charset=utf-8"


@dataclass(frozen=True)
class UnsubscribeSettings:
    """What unsubscribe links are checked with, and what the shop is called on their pages."""

    secret_ref: str = env("UNSUBSCRIBE_SECRET_REF", default="")
    shop_name: str = env("SHOP_NAME", default="The shop")


def confirm(request: Request) -> Response:
    """Show what the link would end. It ends nothing yet: scanners of mail follow every link in it."""
    return _answer(request, "confirm.html")


def unsubscribe(request: Request) -> Response:
    """End it, as often as it is asked for; a mail program does this without showing a page (RFC 8058)."""
    return _answer(request, "done.html")


def page(request: Request) -> Json:
    """Answer a page of a person's notifications, the newest first."""
    asked = request.query
    rows = request.platform.database.read(
        queries("notifications")["page"],
        user_id=asked["userId"],
        before=asked["cursor"],
        unread=asked["unread"],
        rows=asked["limit"] + 1,
    )
    shown, last = page_of(rows, asked["limit"])
    return {
        "notifications": [_shown(row) for row in shown],
        "limit": asked["limit"],
        "nextCursor": str(last["id"]) if last else None,
    }


def mark_read(request: Request) -> Json:
    """Mark one notification as read; done again, it keeps the first time."""
    rows = request.platform.database.write(
        queries("notifications")["mark_read"],
        id=request.path["id"],
        user_id=request.body["userId"],
        who=request.principal,
        request_id=request.id,
    )
    if not rows:
        raise Problem(404, "there is no such notification")
    return {"id": rows[0]["id"], "readAt": rows[0]["read_at"]}


def _answer(request: Request, template: str) -> Response:
    # Templates are loaded when somebody comes by such a link, which is seldom.
    from notifications import pages

    settings = load(UnsubscribeSettings, os.environ)
    secrets = request.platform.secrets.values(settings.secret_ref)
    if not secrets:
        raise Problem(503, "unsubscribe links are closed: no secret is configured", kind="no-secret-configured")
    subscription = read(request.path["token"], secrets)
    if subscription is None:
        return pages.page("invalid.html", 404)
    if template == "done.html":
        _end(request, subscription)
    return pages.page(template, what=_WHAT[subscription.list], shop_name=settings.shop_name)


def _end(request: Request, subscription: Subscription) -> None:
    statement = queries("notifications")["unsubscribe"]
    request.platform.database.write(
        statement, user_id=subscription.user_id, list=subscription.list, request_id=request.id
    )


def _shown(row: Mapping[str, Any]) -> Json:
    product = {"id": row["product_id"], "name": row["name"], "url": row["url"], "imageUrl": row["image_url"]}
    variant = {"id": row["variant_id"], "attributes": row["attributes"]}
    return {
        "id": row["id"],
        "kind": row["kind"],
        "product": product if row["product_id"] is not None else None,
        "variant": variant if row["variant_id"] is not None else None,
        "details": row["payload"],
        "createdAt": row["created_at"],
        "readAt": row["read_at"],
    }


_WRONG_LINK: Final = {404: "The link is not one of ours, or not whole"}
_TOKEN = Text("token", max_length=1000, description="As it stands in the mail.")
_ID = Integer("id", 1, 2**53, description="Of a notification.")
_ATTRIBUTES: Json = {"type": ["object", "null"], "additionalProperties": True, "description": "Such as size or colour."}
_PRODUCT: Json = {
    "type": ["object", "null"],
    "properties": {"id": {"type": "integer"}, "name": NULLABLE_TEXT, "url": TEXT, "imageUrl": NULLABLE_TEXT},
    "required": ["id", "name", "url", "imageUrl"],
}
_VARIANT: Json = {
    "type": ["object", "null"],
    "properties": {"id": {"type": "integer"}, "attributes": _ATTRIBUTES},
    "required": ["id", "attributes"],
}
_DETAILS: Json = {
    "type": "object",
    "additionalProperties": True,
    "description": "What has changed, as prices before and after with their currency.",
}
_NOTIFICATION: Json = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "kind": {"type": "string", "enum": list(deliveries.KINDS)},
        "product": _PRODUCT,
        "variant": _VARIANT,
        "details": _DETAILS,
        "createdAt": TIME,
        "readAt": NULLABLE_TIME,
    },
    "required": ["id", "kind", "product", "variant", "details", "createdAt", "readAt"],
}
_PAGE: Json = {
    "type": "object",
    "properties": {
        "notifications": {"type": "array", "items": _NOTIFICATION},
        "limit": {"type": "integer"},
        "nextCursor": {"type": ["string", "null"]},
    },
    "required": ["notifications", "limit", "nextCursor"],
}

JOBS = (DELIVER_NOTIFICATIONS,)
ROUTES = (
    Route(
        "GET",
        "/u/{token}",
        Guard.OPEN,
        confirm,
        "Ask whether these mails should end",
        path_parameters=(_TOKEN,),
        schema={"type": "string"},
        media_type=_HTML,
        same_form=_WRONG_LINK,
    ),
    Route(
        "POST",
        "/u/{token}",
        Guard.OPEN,
        unsubscribe,
        "End these mails (one-click unsubscribe, RFC 8058)",
        path_parameters=(_TOKEN,),
        schema={"type": "string"},
        media_type=_HTML,
        same_form=_WRONG_LINK,
        ignores_body=True,
    ),
    Route(
        "GET",
        "/api/notifications",
        Guard.READ,
        page,
        "A person's notifications, the newest first",
        query=(
            Integer("userId", 1, 2**53, description="Whose."),
            Integer("limit", 1, 200, 50, "How many."),
            Integer("cursor", 1, 2**53, description="Go on behind this place: the `nextCursor` of the page before."),
            Flag("unread", description="Only what has not been read."),
        ),
        required=("userId",),
        schema=_PAGE,
    ),
    Route(
        "POST",
        "/api/notifications/{id}/read",
        Guard.ADMIN,
        mark_read,
        "Mark a notification as read",
        path_parameters=(_ID,),
        body=(Integer("userId", 1, 2**53, description="Only if it is this person's."),),
        schema={
            "type": "object",
            "properties": {"id": {"type": "integer"}, "readAt": TIME},
            "required": ["id", "readAt"],
        },
    ),
    *deliveries.ROUTES,
)
TRIGGERS: tuple[Trigger, ...] = ()
