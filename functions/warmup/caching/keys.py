"""The one place where keys of the cache are made, for those who write and for those who read (docs/adr/0140).

The partition is the comparison; the sort key is what was made of which data by which version. Parts are
percent-encoded, so that no term can hold a separator, and hashed where they would make a key longer than DynamoDB takes
(2048 bytes for the partition, 1024 for the sort key).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote

STATUS = "status"
_FAILED = "failed#"
_LONGEST_PART = 150


@dataclass(frozen=True)
class Kind:
    """What is made of a comparison, and by which version of the engine: another version's entries are other entries."""

    name: str
    version: str


# Said again here, because a reader would have to load numpy for it: the versions of `warmup.forecasting` and of what is
# made of its forecasts (`warmup.outlooks`), and that of `warmup.explaining`.
FORECASTS = Kind("forecasts", "4.1")
EXPLANATIONS = Kind("explanations", "1")
KINDS = (FORECASTS, EXPLANATIONS)


class Subject(Protocol):
    """What an entry is about: a comparison, with or without its points."""

    @property
    def slug(self) -> str:
        """Its name in addresses."""

    @property
    def terms(self) -> tuple[str, str]:
        """Both terms, in their order."""

    @property
    def timeframe(self) -> str:
        """What the source was asked for."""

    @property
    def geo(self) -> str:
        """Where."""

    @property
    def data_hash(self) -> str:
        """What changes with the data."""


def partition(slug: str) -> str:
    """Return the partition key of a comparison."""
    return _part(slug)


def entry(kind: Kind, subject: Subject) -> str:
    """Return the sort key of the entry of one kind: a bundle of both terms, of exactly this data, by this version."""
    # A comma cannot come out of `quote`, so two terms cannot be taken for two others.
    terms = ",".join(_part(term) for term in subject.terms)
    parts = (subject.timeframe, subject.geo, subject.data_hash, kind.version)
    return "#".join((kind.name, terms, *map(_part, parts)))


def failure(kind: Kind, subject: Subject) -> str:
    """Return the sort key under which it is remembered that this entry could not be made."""
    return _FAILED + entry(kind, subject)


def is_failure(sort_key: str) -> bool:
    """Whether a sort key is one of `failure`."""
    return sort_key.startswith(_FAILED)


def kind_of(sort_key: str) -> str:
    """Return the name of an entry's kind."""
    return sort_key.partition("#")[0]


def _part(text: str) -> str:
    quoted = quote(text, safe="")
    # A colon, too, is never in what `quote` returns: a digest cannot be taken for a text.
    return quoted if len(quoted) <= _LONGEST_PART else f"sha256:{sha256(text.encode()).hexdigest()}"
