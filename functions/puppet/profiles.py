"""Reads whom an invite is for into one form, so that one profile written in two ways is still one profile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

# The names under which a payload may hold it.
FIELDS: Final = ("profile", "profileUrl", "profile_url")
_MAX_LENGTH: Final = 2000
_KEPT_LENGTH: Final = 300
_ADDRESS: Final = re.compile(r"(?:https?://)?[^/\s?#@]+\.[^/\s?#@.]{2,}(?:[/?#].*)?", re.IGNORECASE)
_FRONTS: Final = re.compile(r"^(?:www\.|m\.|mobile\.)+")
_LINKEDIN: Final = "linkedin.com"
# Behind a person's name LinkedIn puts languages and tabs (/in/ada/de, /in/ada/details/skills).
_PERSON: Final = re.compile(r"^(?:/mwlite)?/(in|company|school|showcase)/([^/]+)")


def profile_of(payload: Mapping[str, Any]) -> str | None:
    """Return the profile that a payload names, in its one form; None where it names none.

    Case, `www.` and `m.`, LinkedIn's countries (`uk.`), percent-encoding, query, fragment, what stands behind a
    person's name and slashes at the end make no other profile.
    """
    for field in FIELDS:
        value = payload.get(field)
        if isinstance(value, str) and 0 < len(value) <= _MAX_LENGTH and (profile := _normal(value)):
            return profile
    return None


def _normal(text: str) -> str:
    written = _folded(text)
    try:
        profile = _address(written) if _ADDRESS.fullmatch(written) else written.strip("/")
    except ValueError:  # not an address after all, such as one with half of an IPv6 address
        profile = written
    return profile[:_KEPT_LENGTH]


def _folded(text: str) -> str:
    readable = normalize("NFC", unquote(text)).casefold()
    return "".join(character for character in readable if character.isprintable()).strip()


def _address(written: str) -> str:
    parts = urlsplit(written if "://" in written else f"https://{written}")
    host = _FRONTS.sub("", parts.hostname or "")
    path = re.sub(r"/{2,}", "/", parts.path)
    if host == _LINKEDIN or host.endswith(f".{_LINKEDIN}"):
        host, person = _LINKEDIN, _PERSON.match(path)
        path = f"/{person[1]}/{person[2]}" if person else path
    return f"{host}{path}".rstrip("/")
