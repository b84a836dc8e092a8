"""`/notifications`: what people are told, what became of it, and what nobody can be sure of."""

from __future__ import annotations

from typing import Any, Final

from markupsafe import Markup

from api.pages import frame
from api.pages.listing import MOST_ROWS, listed
from api.pages.marks import state
from api.pages.moments import count, duration, moment
from api.pages.site import Site
from api.pages.tables import FORMAT, LIMIT, Column, Filter, Row, Table, exported, here
from api.pages.texts import away, quoted
from nightshift import Choice, Integer
from nightshift.routes import Guard, Json, Request, Response, Route

PATH: Final = "/notifications"
_STATES: Final = ("pending", "claimed", "sent", "doubtful", "failed", "suppressed")
_STATE = Choice("state", _STATES, description="Only those in this state.")
_KIND = Choice("kind", ("price_drop", "back_in_stock", "sale", "restock"), description="Only those of this kind.")
_USER = Integer("userId", 1, 2**53, description="Only this person's.")
_CURSOR = Integer("cursor", 1, 2**53, description="Go on behind this place.")
_SAYS: Final = {
    "pending": "waits for the next mail",
    "claimed": "a mail with it is being sent",
    "doubtful": "its worker died while sending: the mail may or may not have gone out",
    "address_suppressed": "the address bounced for good, complained or was refused",
    "unsubscribed": "the person has unsubscribed",
    "not_true_any_more": "price or stock had changed again before the mail",
    "gone": "the product or the wish is gone",
}


def routes(site: Site) -> tuple[Route, ...]:
    """Return the route of the page."""

    def every(request: Request) -> Response:
        asked = {name: request.query[name] for name in ("state", "kind", "userId")}
        found = listed(site.api, request, "/api/notifications/deliveries", "deliveries", asked)
        table = Table(
            "Notifications, newest first",
            _COLUMNS,
            found.rows,
            more=here(request, PATH, cursor=found.after) if found.after else "",
            exports=here(request, PATH),
            empty="No notification is like that." if any(asked.values()) else "Nobody has been told anything yet.",
            live="deliveries",
            limit=MOST_ROWS,
        )
        filters = [Filter(_STATE, "State", asked["state"]), Filter(_KIND, "Kind", asked["kind"]),
                   Filter(_USER, "Person", asked["userId"], "number")]  # fmt: skip
        return exported(request, table, "notifications") or frame.page(
            request, "notifications.html", PATH, title="Notifications", table=table, filters=filters, path=PATH,
            figures=_figures(site.api.get(request, "/api/notifications/counts")),
        )  # fmt: skip

    query = (FORMAT, LIMIT, _CURSOR, _STATE, _KIND, _USER)
    return (Route("GET", PATH, Guard.READ, every, "Notifications", query=query, media_type=frame.MEDIA_TYPE),)


def _figures(counts: Json) -> list[tuple[Any, Any]]:
    """Return how many are in each state, each leading to its list."""
    figures: list[tuple[Any, Any]] = []
    for word in _STATES:
        found = counts["states"][word]
        shown = f"{count(found['count'])}{'+' if found['isCapped'] else ''}"
        figures.append((state(word), Markup('<a href="{}?state={}">{}</a>').format(PATH, word, shown)))
    seconds = counts["oldestPendingSeconds"]
    figures.append(("Oldest waits", duration(seconds * 1000 if seconds is not None else None)))
    return figures


def _what(row: Row) -> Markup | str:
    product = row["product"]
    if product is None:
        return ""
    name = quoted(product["name"]) or f"Product {product['id']}"
    return Markup('<a href="/checks?product_id={}">{}</a><span class="sub">{}</span>').format(
        product["id"], name, away(product["url"])
    )


def _who(row: Row) -> Markup:
    return Markup('<a href="{}?userId={}">Person {}</a><span class="sub">{}</span>').format(
        PATH, row["userId"], row["userId"], quoted(row["recipient"])
    )


def _state(row: Row) -> Markup:
    reason = _SAYS.get(row["reason"] or row["status"], (row["reason"] or "").replace("_", " "))
    again = ", and is tried again" if row["state"] == "doubtful" and row["status"] == "pending" else ""
    return Markup('{}<span class="sub">{}</span>').format(state(row["state"]), f"{reason}{again}")


def _kind(row: Row) -> str:
    return str(row["kind"]).replace("_", " ")


_COLUMNS: Final = (
    Column("Product", "product", lambda row: (row["product"] or {}).get("name"), _what, "wide"),
    Column("Kind", "kind", lambda row: row["kind"], _kind, "short"),
    Column("For", "userId", lambda row: row["userId"], _who, "short"),
    Column("State", "state", lambda row: row["state"], _state, "why"),
    Column("Made", "createdAt", lambda row: row["createdAt"], lambda row: moment(row["createdAt"], ago=True)),
    Column("Sent", "sentAt", lambda row: row["sentAt"], lambda row: moment(row["sentAt"])),
    Column("Recipient", "recipient", lambda row: row["recipient"], in_files_only=True),
    Column("Reason", "reason", lambda row: row["reason"], in_files_only=True),
    Column("Mail", "mail", lambda row: (row["mail"] or {}).get("state"), in_files_only=True),
    Column("Tries lost", "attempts", lambda row: row["attempts"], in_files_only=True),
)
