"""`/checks`: product checks: the newest, the slowest, and the shops that fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from markupsafe import Markup

from api.pages import frame
from api.pages.listing import MOST_ROWS, listed
from api.pages.marks import state
from api.pages.moments import count, duration, moment
from api.pages.site import Site
from api.pages.tables import FORMAT, LIMIT, Column, Filter, Row, Table, exported, here
from api.pages.texts import away, quoted
from nightshift import Choice, Integer, Text
from nightshift.cursor import CursorParameter
from nightshift.routes import Guard, Json, Request, Response, Route

PATH: Final = "/checks"
_VIEWS: Final = (("recent", "Newest"), ("slow", "Slowest"), ("shops", "By shop"))
_VIEW = Choice("view", tuple(name for name, _ in _VIEWS), "recent", "Which list.")
_STATUS = Choice("status", ("success", "failed"), description="Only checks that ended so.")
_SHOP = Text("shop", 260, description="Only checks of this shop.")
_PRODUCT = Integer("product_id", 1, 2**53, description="Only checks of this product.")
_SLOW = Integer("min_duration_ms", 0, 3_600_000, description="Only checks that took at least this long.")
_MOST_SLOW, _MOST_SHOPS = 100, 500
_FOUND: Final = {
    "price_changes": "new prices", "stock_changes": "new stock states", "variants_added": "variants added",
    "variants_vanished": "variants gone", "notifications": "notifications",
}  # fmt: skip


def routes(site: Site) -> tuple[Route, ...]:
    """Return the route of the page."""

    def one(request: Request) -> Response:
        view = request.query["view"]
        day = site.api.get(request, "/admin/checks/shops", {"limit": _MOST_SHOPS})
        table, filters = _shops(request, day) if view == "shops" else _LISTS[view](site, request)
        return exported(request, table, f"checks-{view}") or frame.page(
            request, "checks.html", PATH, title="Product checks", table=table, filters=filters, path=PATH, view=view,
            views=_VIEWS, day=day, figures=_figures(day),
        )  # fmt: skip

    query = (FORMAT, LIMIT, CursorParameter(int), _VIEW, _STATUS, _SHOP, _PRODUCT, _SLOW)
    return (Route("GET", PATH, Guard.READ, one, "Product checks", query=query, media_type=frame.MEDIA_TYPE),)


def _recent(site: Site, request: Request) -> tuple[Table, list[Filter]]:
    asked = {name: request.query[name] for name in ("status", "shop", "product_id")}
    found = listed(site.api, request, "/admin/checks/recent", "checks", asked)
    filters = [
        Filter(_STATUS, "Result", asked["status"]),
        Filter(_SHOP, "Shop", asked["shop"]),
        Filter(_PRODUCT, "Product", asked["product_id"], "number"),
    ]
    table = Table(
        "Checks, newest first",
        _COLUMNS,
        found.rows,
        more=here(request, PATH, cursor=found.after) if found.after else "",
        exports=here(request, PATH),
        empty="No check is like that." if any(asked.values()) else "No product has been checked yet.",
        live="checks",
        limit=MOST_ROWS,
    )
    return table, filters


def _slow(site: Site, request: Request) -> tuple[Table, list[Filter]]:
    asked = {"limit": _MOST_SLOW, "min_duration_ms": request.query["min_duration_ms"] or 0}
    rows = site.api.get(request, "/admin/checks/slow", asked)["checks"]
    filters = [Filter(_SLOW, "At least, ms", request.query["min_duration_ms"], "number")]
    caption = f"The slowest checks that are kept, {_MOST_SLOW} at most"
    table = Table(caption, _COLUMNS, rows, exports=here(request, PATH), empty="No check took that long.",
                  live="checks")  # fmt: skip
    return table, filters


def _shops(request: Request, day: Json) -> tuple[Table, list[Filter]]:
    caption = f"Shops by failed checks in the last day, {_MOST_SHOPS} at most"
    table = Table(caption, _SHOP_COLUMNS, day["shops"], exports=here(request, PATH), live="checks",
                  empty="No product has been checked in the last day.")  # fmt: skip
    return table, []


_LISTS: Final[dict[str, Callable[[Site, Request], tuple[Table, list[Filter]]]]] = {"recent": _recent, "slow": _slow}


def _product(check: Row) -> Markup:
    return Markup('<a href="{}?product_id={}">{}</a><span class="sub">{}</span>').format(
        PATH, check["product_id"], quoted(check["product_name"]) or f"Product {check['product_id']}",
        away(check["product_url"]),
    )  # fmt: skip


def _why(check: Row) -> Markup | str:
    if check["status"] == "success":
        return _learned(check["metadata"] or {})
    return Markup('{}<span class="sub code">{}</span>').format(
        quoted(check["error_message"], 300), check["error_class"] or ""
    )


def _learned(facts: Json) -> Markup | str:
    """Return what a check has found out, in a few words."""
    if facts.get("not_modified"):
        return "the page has not changed"
    told = ", ".join(f"{words}: {facts[name]}" for name, words in _FOUND.items() if facts.get(name)) or "nothing new"
    return Markup('{}<span class="sub">{}</span>').format(told, facts["note"]) if facts.get("note") else told


def _shop(row: Row) -> Markup:
    return Markup('<a href="{}?shop={}">{}</a>').format(PATH, row["shop"] or "", quoted(row["shop"]) or "no address")


def _failed(row: Row) -> Markup | str:
    if not row["failed"]:
        return "0"
    return Markup('<a href="{}?shop={}&status=failed">{}</a><span class="sub">{}</span>').format(
        PATH, row["shop"] or "", count(row["failed"]), f"{row['failed'] / row['checks']:.0%}"
    )


def _error(row: Row) -> Any:
    error = row["lastError"]
    if not error:
        return ""
    return Markup('{}<span class="sub code">{}</span>').format(quoted(error["message"], 300), error["class"] or "")


def _figures(day: Json) -> list[tuple[str, Any]]:
    plus = "+" if day["isCapped"] else ""
    rate = f" ({day['failed'] / day['checks']:.1%})" if day["failed"] else ""
    return [
        ("Checks in 24 h", f"{count(day['checks'])}{plus}"),
        ("Failed", f"{count(day['failed'])}{rate}"),
        ("Products", f"{count(day['products'])}{plus}"),
        ("Shops", count(day["shopCount"])),
        ("Slowest", duration(day["longestMs"])),
        ("Last check", moment(day["lastCheckAt"], ago=True)),
    ]


_COLUMNS: Final = (
    Column("Product", "productName", lambda row: row["product_name"], _product, "wide"),
    Column("Result", "status", lambda row: row["status"], lambda row: state(row["status"])),
    Column("Started", "startedAt", lambda row: row["started_at"], lambda row: moment(row["started_at"], ago=True)),
    Column("Took", "durationMs", lambda row: row["duration_ms"], lambda row: duration(row["duration_ms"]), "number"),
    Column("What came of it", "errorMessage", lambda row: row["error_message"], _why, "wide"),
    Column("Error", "errorClass", lambda row: row["error_class"], in_files_only=True),
    Column("Product id", "productId", lambda row: row["product_id"], in_files_only=True),
    Column("Address", "productUrl", lambda row: row["product_url"], in_files_only=True),
    Column("Found", "metadata", lambda row: row["metadata"], in_files_only=True),
)
_SHOP_COLUMNS: Final = (
    Column("Shop", "shop", lambda row: row["shop"], _shop, "wide"),
    Column("Failed", "failed", lambda row: row["failed"], _failed, "number"),
    Column("Checks", "checks", lambda row: row["checks"], lambda row: count(row["checks"]), "number"),
    Column("Products", "products", lambda row: row["products"], lambda row: count(row["products"]), "number"),
    Column("Failing", "failingProducts", lambda row: row["failingProducts"],
           lambda row: count(row["failingProducts"]), "number"),
    Column("On average", "averageMs", lambda row: row["averageMs"], lambda row: duration(row["averageMs"]), "number"),
    Column("Last failure", "lastFailureAt", lambda row: row["lastFailureAt"],
           lambda row: moment(row["lastFailureAt"], ago=True)),
    Column("Its reason", "lastError", lambda row: (row["lastError"] or {}).get("message"), _error, "wide"),
)  # fmt: skip
