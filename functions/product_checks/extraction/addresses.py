"""Compares web addresses as people mean them: the same page with another campaign tag is the same page."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from product_checks.extraction.words import words

_TRACKING = words(
    "gclid fbclid msclkid dclid yclid ref referrer source campaign cid mc_cid mc_eid igshid srsltid sid session _ga"
)


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address that tell pages apart."""

    place: str
    query: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @classmethod
    def of(cls, url: str | None, base: str) -> Address | None:
        """Normalise an address; None when it is none."""
        full = absolute(url, base)
        if full is None:
            return None
        parts = urlsplit(full)
        host = (parts.hostname or "").removeprefix("www.")
        path = unquote(parts.path).rstrip("/").lower()
        return cls(host + path, _query(parts.query))

    @property
    def is_home(self) -> bool:
        """Whether this is a site's front page."""
        return "/" not in self.place


def _query(text: str) -> frozenset[tuple[str, str]]:
    try:
        pairs = parse_qsl(text[:2_000], max_num_fields=100)
    except ValueError:
        return frozenset()
    return frozenset(
        (k.lower(), v) for k, v in pairs if k.lower() not in _TRACKING and not k.lower().startswith("utm_")
    )


def absolute(address: str | None, base: str) -> str | None:
    """The http(s) address that a possibly relative one means; None for anything else."""
    if not address or len(address) > 4_000:
        return None
    try:
        joined = urljoin(base, address.strip())
        return joined if urlsplit(joined).scheme in {"http", "https"} and split_host(joined) else None
    except ValueError:
        return None


def split_host(address: str) -> str:
    """The host of an address in lower case, "" when it has none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""
