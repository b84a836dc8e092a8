"""Mails about products whose names, values and addresses others have made up."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from hypothesis import strategies as st

from nightshift.delivery.digest import Notice, clean, compose
from nightshift.delivery.letter import Envelope, write
from nightshift.delivery.rendering import MAX_HTML_BYTES, Reader, render
from tests.fuzz.target import SCALARS, TEXT, Target

NOW = datetime(2026, 11, 22, 20, 47, tzinfo=UTC)
LINKS = {name: f"https://door.example/u/1.{name}.x" for name in ("all", "price", "stock")}
ENVELOPE = Envelope("mail-1", "Lumen", "news@shop.example", "ada@example.com", LINKS["all"], "help@shop.example")
HEADERS = [
    "From", "To", "Reply-To", "Subject", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted",
    "X-Nightshift-Mail",
    "MIME-Version", "Content-Type",
]  # fmt: skip
# Every element that the template knows. None of them runs, loads or sends anything but pictures.
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "th", "p", "h1", "h2", "a", "img",
    "br", "span",
    "strong", "b", "s", "del", "small", "tbody",
}  # fmt: skip

_ADDRESSES = st.sampled_from([
    "https://shop.example/1", "javascript:alert(1)", "data:text/html,x", 'https://shop.example/"onerror=x', "//x", None,
    "http://shop.example/'><script>", "https://user:secret@shop.example/", "https://shop.example/\r\nX: y",
    "HTTPS://x/\u202e",
]) | TEXT  # fmt: skip
_PAYLOADS = st.fixed_dictionaries(
    {},
    optional={
        "price": SCALARS | st.decimals(allow_nan=False).map(str), "old_price": SCALARS, "regular_price": SCALARS,
        "currency": st.sampled_from(["EUR", "USD", "<b>", "E\nR"]) | SCALARS, "availability": SCALARS,
        "ends_at": st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat()) | SCALARS,
    },
)  # fmt: skip
NOTICES = st.lists(
    st.builds(
        Notice,
        id=st.integers(1, 2**62),
        kind=st.sampled_from(["sale", "restock", "price_drop", "back_in_stock"]),
        product_id=st.none() | st.integers(1, 4),
        variant_id=st.none() | st.integers(1, 2),
        name=st.none() | TEXT,
        url=_ADDRESSES,
        image_url=_ADDRESSES,
        attributes=st.dictionaries(TEXT, TEXT | SCALARS, max_size=2),
        price=st.none() | st.decimals("0.01", "99999999"),
        currency=st.sampled_from([None, "EUR", "JPY"]),
        payload=_PAYLOADS,
    ),
    min_size=1, max_size=3, unique_by=lambda notice: notice.id,
)  # fmt: skip
MAILS = st.tuples(NOTICES, TEXT, st.sampled_from(["de-DE", "en-US", "", "xx", "../en", "en_US\n"]) | TEXT)


class Markup(HTMLParser):
    """Every element with its attributes, and everything that is shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []
        self.other: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.shown.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)


def check_mail(given: tuple[list[Notice], str, str]) -> None:
    """A mail has the headers that we write, elements that we know, links to the web alone, and both of its parts."""
    notices, name, locale = given
    digest = compose(notices)
    assert digest is not None
    reader = Reader(locale, clean(name, 60), "America/New_York", "Lumen & Daughters", "https://shop.example", LINKS)
    rendered = render(digest, reader, NOW)
    content = write(ENVELOPE, rendered, {}).content
    assert all(byte < 128 for byte in content)
    assert content.replace(b"\r\n", b"").count(b"\n") == content.replace(b"\r\n", b"").count(b"\r") == 0
    message: Any = message_from_bytes(content, policy=policy.default)
    assert list(message.keys()) == HEADERS
    assert (message["To"], message["List-Unsubscribe"]) == (ENVELOPE.to, f"<{LINKS['all']}>")
    # But for what looks like an encoded word and must not become one.
    assert message["Subject"] == rendered.subject.replace("=?", "= ?")
    assert not [letter for letter in rendered.subject if ord(letter) < 32]
    plain, marked = message.iter_parts()
    names = [item.name for item in (*digest.prices, *digest.stocks)]
    _check_text(plain.get_content(), names)
    _check_markup(marked.get_content(), names)


def _check_text(text: str, names: list[str]) -> None:
    """Each item begins its own line, by its name as it is, and the end stands where it belongs."""
    lines = text.replace("\r\n", "\n").split("\n")
    starts = [line for line in lines if line.startswith("*")]
    assert all(line.startswith(f"* {name}") for line, name in zip(starts, names, strict=True))
    assert lines.count(f"Unsubscribe: {LINKS['all']}") == 1
    assert lines.count("--") == 1


def _check_markup(text: str, names: list[str]) -> None:
    assert len(text.encode()) < MAX_HTML_BYTES + 1000
    markup = Markup(text)
    assert not markup.other
    assert {tag for tag, _ in markup.elements} <= ELEMENTS
    for _, attributes in markup.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("srcdoc", "action", "formaction")]
        for name in ("href", "src"):
            if name in attributes:
                assert urlsplit(attributes[name] or "").scheme in ("http", "https")
    shown = "".join(markup.shown)
    assert all(name in shown for name in names), "a name is shown as it is, and is no template"


TARGETS = (Target("mail rendering", MAILS, check_mail, 12),)
