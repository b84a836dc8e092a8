"""Keyset cursors: where a page of a list ended, opaque to callers.

Not signed: a cursor says nothing but "from here on", its parts are checked, and a made-up one finds only what its
maker may read.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

Id = UUID | int
T = TypeVar("T")
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Cursor:
    """The last row of a page, by what pages are sorted by; rows of one time are told apart by their id."""

    at: datetime
    id: Id

    def __str__(self) -> str:
        """Write it as text that needs no escaping in a query."""
        name = self.id.hex if isinstance(self.id, UUID) else self.id
        content = json.dumps([self.at.isoformat(), name], separators=(",", ":"))
        return urlsafe_b64encode(content.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str, kind: type[Id] = UUID) -> Cursor:
        """Read a cursor whose rows have ids of this kind.

        Raises:
            ValueError: it is none of ours.
        """
        content = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        written = str if kind is UUID else int
        if not isinstance(content, list) or [type(part) for part in content] != [str, written]:
            raise ValueError("not a time and an id")
        cursor = cls(datetime.fromisoformat(content[0]), UUID(content[1]) if kind is UUID else content[1])
        # One spelling only: what was written otherwise was not written here.
        if cursor.at.tzinfo is None or str(cursor) != text or not _fits(cursor.id):
            raise ValueError("not a cursor")
        return cursor


def page_of(rows: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """Return a page of rows of which one more than its limit was read, and the row behind which the next page begins.

    That is the page's last row, or None where no other page follows.
    """
    page = rows[:limit]
    return page, page[-1] if len(rows) > limit else None


def _fits(name: Id) -> bool:
    return isinstance(name, UUID) or 0 < name <= _LARGEST


@dataclass(frozen=True)
class CursorParameter:
    """A cursor as a query parameter; `kind` is what the ids of the rows are."""

    kind: type[Id] = UUID
    name: str = "cursor"
    default: Cursor | None = None
    description: str = "Go on behind this place: the `nextCursor` of the page before."

    def parse(self, raw: object) -> Cursor:
        """Accept a cursor that a page has named."""
        try:
            return Cursor.parse(str(raw), self.kind)
        except (ValueError, RecursionError):
            raise ValueError(f"{self.name} must be the nextCursor of the page before") from None

    def schema(self) -> dict[str, object]:
        """Return its JSON Schema."""
        return {"type": "string", "minLength": 1, "maxLength": 200}
