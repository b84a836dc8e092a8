"""The mail itself: escaping, size, headers, both forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightshift.delivery.digest import MAX_ITEMS, Notice, compose
from nightshift.delivery.letter import Envelope, write
from nightshift.delivery.rendering import MAX_HTML_BYTES, Reader, Rendered, moment, render
from nightshift.delivery.wording import preheader, subject

NOW = datetime(2026, 11, 22, 20, 47, tzinfo=UTC)
LINKS = {"all": "https://door.example/u/1.all.x", "price": "", "stock": ""}
READER = Reader("de-DE", "Chiara", "America/New_York", "Lumen & Daughters", "https://shop.example", LINKS)
ENVELOPE = Envelope("mail-1", "Lumen", "news@shop.example", "ada@example.com", LINKS["all"])
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' {{ 7*7 }} {% raw %}"
SALE = {"price": "74.00", "old_price": "89.00", "currency": "EUR", "ends_at": "2026-11-30T23:59:00-05:00"}


def notice(id_: int = 1, kind: str = "sale", **changes: Any) -> Notice:
    values = {"product_id": id_, "name": f"Lamp {id_}", "url": f"https://shop.example/{id_}", "payload": SALE}
    return Notice(id_, kind, **{**values, **changes})


def rendered(*notices: Notice, reader: Reader = READER, things: int = 0) -> Rendered:
    digest = compose(notices, things)
    assert digest is not None
    return render(digest, reader, NOW)


class Tags(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_a_sale_says_price_before_and_end_in_the_readers_and_the_shops_way() -> None:
    mail = rendered(notice())

    for text in ("74,00\u00a0€", "89,00\u00a0€", "16% less", "30 Nov 2026, 23:59 EST", "22 Nov 2026, 15:47 EST"):
        assert text in mail.html
        assert text in mail.text
    assert "https://shop.example/1" in mail.text
    assert LINKS["all"] in mail.text
    assert mail.subject == "Lamp 1 is now 74,00 €, was 89,00 €"


def test_names_from_pages_cannot_break_out() -> None:
    mail = rendered(notice(name=HOSTILE, attributes={"x": HOSTILE}, image_url="https://img.example/a.jpg?<b>"))
    tags = Tags(mail.html)

    assert not tags.all("script")
    assert [image["alt"] for image in tags.all("img")] == [HOSTILE.strip()]
    assert not [attributes for _, attributes in tags.found if any(name.startswith("on") for name in attributes)]
    assert "{{ 7*7 }}" in mail.text, "a name is no template"


@settings(max_examples=30)
@given(st.text(max_size=80), st.text(max_size=80))
def test_no_name_makes_an_element_or_a_line(name: str, value: str) -> None:
    plain = [tag for tag, _ in Tags(rendered(notice(name="x")).html).found]
    mail = rendered(notice(name=name, attributes={"size": value} if value.strip() else {}))

    tags = [tag for tag, _ in Tags(mail.html).found]
    assert sorted(set(tags)) == sorted(set(plain) | ({"div"} if "div" in tags else set()))
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject


def test_every_picture_has_an_alternative_and_a_width() -> None:
    mail = rendered(*(notice(id_, image_url=f"https://img.example/{id_}.jpg") for id_ in range(1, 6)))
    images = Tags(mail.html).all("img")

    assert len(images) == 5
    assert all(image["alt"] and image["width"] for image in images)


def test_it_can_be_read_in_the_dark_and_on_a_phone() -> None:
    html = rendered(notice()).html

    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 480px)" in html
    assert 'role="presentation"' in html


def test_fifty_large_items_stay_below_what_inboxes_cut_off() -> None:
    long: dict[str, Any] = {
        "name": "ö" * 200,
        "attributes": {"a": "x" * 100},
        "image_url": "https://img.example/" + "y" * 550,
    }
    notices = [notice(id_, url=f"https://shop.example/{'z' * 550}{id_}", **long) for id_ in range(1, 70)]

    mail = rendered(*notices)

    assert len(mail.html.encode()) < MAX_HTML_BYTES
    shown = len(Tags(mail.html).all("img"))
    assert f"and {69 - shown} more" in mail.html
    assert mail.text.count("\n* ") == shown


def test_fifty_usual_items_are_all_shown() -> None:
    notices = [notice(id_, name="A lamp with a name of usual length", image_url=f"https://img.example/lamps/{id_}.jpg")
               for id_ in range(1, 51)]  # fmt: skip
    mail = rendered(*notices)

    assert len(Tags(mail.html).all("img")) == MAX_ITEMS
    assert len(mail.html.encode()) < MAX_HTML_BYTES
    assert "more</td>" not in mail.html


@pytest.mark.parametrize(
    ("notices", "expected"),
    [
        ([notice(1, "restock", payload={})], "Lamp 1 is back in stock"),
        ([notice(1), notice(2)], "2 lower prices"),
        ([notice(1), notice(2, "restock")], "1 lower price and 1 item back in stock"),
        ([notice(n, "restock") for n in range(1, 4)], "3 items back in stock"),
        ([notice(n) for n in range(1, 61)], "60 pieces of news about what you follow"),
        ([notice(1, payload={})], "Lamp 1 costs less now"),
    ],
)
def test_the_subject_says_what_is_inside(notices: list[Notice], expected: str) -> None:
    digest = compose(notices)
    assert digest is not None

    assert subject(digest, "en-US") == expected


def test_the_line_after_the_subject_names_the_first_things() -> None:
    digest = compose([notice(n) for n in range(1, 6)])
    assert digest is not None

    assert preheader(digest, "en-US") == "Lamp 5 €74.00 · Lamp 4 €74.00 · Lamp 3 €74.00 · and 2 more"


def test_either_list_can_be_ended_where_a_mail_has_both() -> None:
    links = {name: f"https://door.example/u/1.{name}.x" for name in ("all", "price", "stock")}
    reader = Reader("en-US", "", "UTC", "Lumen", "https://shop.example", links)
    mail = rendered(notice(1), notice(2, "restock"), reader=reader)

    assert all(link in mail.html and link in mail.text for link in links.values())
    assert "Hello" not in mail.html


def test_times_are_those_of_the_shop_in_summer_too() -> None:
    assert moment(datetime(2026, 7, 1, 3, 5, tzinfo=UTC), "Europe/Berlin") == "1 Jul 2026, 05:05 CEST"


def test_the_message_has_both_forms_and_the_headers_of_one_click() -> None:
    content = write(ENVELOPE, rendered(notice(name="Lämp ✨")), {}).content
    message = message_from_bytes(content, policy=policy.default)

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["List-Unsubscribe"] == "<https://door.example/u/1.all.x>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["X-Nightshift-Mail"] == "mail-1"
    assert message["Subject"] == "Lämp ✨ is now 74,00 €, was 89,00 €"
    assert re.search(rb"\r\nList-Unsubscribe: <https://door.example/u/1.all.x>\r\n", content), (
        "on one line, not encoded"
    )
    assert all(byte < 128 for byte in content), "passes every server"


HIDDEN = [
    "=?utf-8?q?x=0D=0ABcc:_eve@example.com?=",
    "Lamp =?utf-8?b?DQpCY2M6IGV2ZUBleGFtcGxlLmNvbQ0K?= one",
    "=?iso-8859-1?Q?=E2?= =?utf-8?q?=E2=80=AE?=",
    "x=?utf-8?q?=0AX:_y?=",
]


@pytest.mark.parametrize("name", HIDDEN)
def test_an_encoded_word_in_a_name_is_not_decoded(name: str) -> None:
    mail = rendered(notice(1, "restock", name=name, payload={}))
    plain, fine = (write(ENVELOPE, each, {}).content for each in (mail, rendered(notice())))
    message = message_from_bytes(plain, policy=policy.default)

    assert [*message] == [*message_from_bytes(fine)]
    assert message["Subject"] == f"{name.replace('=?', '= ?')} is back in stock"


@pytest.mark.parametrize("evil", ["x\r\nBcc: eve@example.com", "x\nX: y", "x\rX: y", *HIDDEN])
@pytest.mark.parametrize("field", ["subject", "sender_name", "to", "unsubscribe_url", "mail_id"])
def test_no_value_makes_a_header_of_its_own(field: str, evil: str) -> None:
    values = {**vars(ENVELOPE)}
    mail = Rendered(evil if field == "subject" else "fine", "<p>x</p>", "x")
    if field != "subject":
        values[field] = evil
    try:
        content = write(Envelope(**values), mail, {}).content
    except ValueError:
        return
    names = {name.lower() for name in message_from_bytes(content).keys()}  # noqa: SIM118  # of a message, not a dict
    assert names <= {"from", "to", "subject", "list-unsubscribe", "list-unsubscribe-post", "auto-submitted",
                     "x-nightshift-mail", "mime-version", "content-type"}  # fmt: skip


def test_a_stock_item_shows_the_price_of_now() -> None:
    mail = rendered(notice(1, "restock", price=Decimal(219), currency="EUR", payload={"availability": "limited"}))

    assert "219,00\u00a0€" in mail.html
    assert "Only a few left" in mail.html
