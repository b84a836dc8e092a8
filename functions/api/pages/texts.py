"""Texts that strangers made up (names, messages of errors, addresses), so that they disturb nothing around them."""

from __future__ import annotations

from urllib.parse import urlsplit

from markupsafe import Markup

_DOTS = "\u2026"
_LONGEST = 140
# What turns the direction of writing around, or cannot be seen, is shown by its number: exe.txt may be txt.exe.
_UNSEEN = (
    *range(0x20),
    *range(0x7F, 0xA0),
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
)
_SHOWN = {code: f"[U+{code:04X}]" for code in _UNSEEN} | dict.fromkeys(map(ord, "\t\n\r"), " ")


def quoted(text: str | None, longest: int = _LONGEST) -> Markup | str:
    """Return a text kept to itself: its direction of writing ends where it ends, and it is no longer than a glance."""
    if not text:
        return ""
    shown = visible(text)
    if len(shown) <= longest:
        return Markup("<bdi>{}</bdi>").format(shown)
    return Markup('<bdi title="{}">{}{}</bdi>').format(shown, shown[:longest].rstrip(), _DOTS)


def visible(text: str) -> str:
    """Return a text in one line and in one direction, without anything that cannot be seen."""
    return text.translate(_SHOWN)


def away(url: str | None) -> Markup | str:
    """Return the host of a page elsewhere, with a link to it where it is one that a browser may follow."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2] or url
    except ValueError:
        return quoted(url)
    if parts.scheme not in ("http", "https"):
        return quoted(url)
    return Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(url, quoted(host, 80))
