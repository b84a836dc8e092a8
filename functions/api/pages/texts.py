"""Texts that strangers made up (names, messages of errors, addresses), so that they disturb nothing around them."""

from __future__ import annotations

from urllib.parse import urlsplit

from markupsafe import Markup

_DOTS = "\u2026"
_LONGEST = 140


def quoted(text: str | None, longest: int = _LONGEST) -> Markup | str:
    """Return a text kept to itself: its direction of writing ends where it ends, and it is no longer than a glance."""
    if not text:
        return ""
    if len(text) <= longest:
        return Markup("<bdi>{}</bdi>").format(text)
    return Markup('<bdi title="{}">{}{}</bdi>').format(text, text[:longest].rstrip(), _DOTS)


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
