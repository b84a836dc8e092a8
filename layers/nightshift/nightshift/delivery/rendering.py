"""A digest as HTML and as plain text, from the templates beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from nightshift.delivery import wording
from nightshift.delivery.digest import Digest, Item
from nightshift.delivery.money import price

if TYPE_CHECKING:
    from jinja2 import Environment

# Some inboxes cut off what is longer (Gmail at 102 KB).
MAX_HTML_BYTES: Final = 100_000
_TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Reader:
    """Whom a digest is written for, and what the shop that writes it is called."""

    locale: str
    name: str
    zone: str
    shop_name: str
    shop_url: str
    # List to address: `all` always, the others where the mail could do without one of its parts.
    unsubscribe: Mapping[str, str]


@dataclass(frozen=True)
class Rendered:
    """One mail's content."""

    subject: str
    html: str
    text: str


def render(digest: Digest, reader: Reader, now: datetime) -> Rendered:
    """Write a digest; one that comes out too large is written with fewer items and counts the others."""
    facts = _facts(digest, reader, now)
    html = templates().get_template("digest.html.j2").render(facts)
    if len(html.encode()) >= MAX_HTML_BYTES and len(digest.items) > 1:
        return render(digest.shortened(), reader, now)
    text = templates().get_template("digest.txt.j2").render(facts)
    return Rendered(facts["subject"], html, text)


@cache
def templates() -> Environment:
    """Return the templates: what goes into HTML is escaped, and a name that nobody has set is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def moment(at: datetime, zone: str) -> str:
    """Write a time of the shop so that no country reads it as another day, as in `24 Nov 2026, 18:00 EST`."""
    local = at.astimezone(ZoneInfo(zone))
    # By hand: strftime's names of months depend on the machine.
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][local.month - 1]
    return f"{local.day} {month} {local.year}, {local:%H:%M} {local.tzname()}"


def _facts(digest: Digest, reader: Reader, now: datetime) -> dict[str, Any]:
    return {
        "subject": wording.subject(digest, reader.locale),
        "heading": wording.heading(digest),
        "preheader": wording.preheader(digest, reader.locale),
        "sections": [
            {"title": title, "items": [_line(item, reader) for item in items]}
            for title, items in (("Lower prices", digest.prices), ("Back in stock", digest.stocks))
            if items
        ],
        "more": digest.more,
        "is_single": len(digest.items) == 1,
        "reader": reader,
        "as_of": moment(now, reader.zone),
    }


def _line(item: Item, reader: Reader) -> dict[str, Any]:
    was = price(item.was, item.currency, reader.locale) if item.was else ""
    return {
        "name": item.name,
        "details": item.details,
        "url": item.url,
        "image_url": item.image_url,
        "price": price(item.price, item.currency, reader.locale) if item.price is not None else "",
        "was": was,
        "percent": item.percent,
        "until": moment(item.ends_at, reader.zone) if item.ends_at else "",
        "is_scarce": item.is_scarce,
    }
