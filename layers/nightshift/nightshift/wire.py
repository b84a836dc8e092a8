"""A pg8000 connection that keeps the rows of the last result set alone, and whose socket can be asked.

One message may hold several statements (BEGIN, guards, the work, COMMIT); pg8000 appends the rows of all of
them to one list, under the columns of the last. Kept apart from `database` so that pg8000 is imported only
when a connection is opened.
"""

from __future__ import annotations

import select
from typing import Any

from pg8000.native import Connection


class LastResultConnection(Connection):  # type: ignore[misc]  # pg8000 has no type hints
    """A connection whose `last_result` holds the last rows that a message answered, as dicts."""

    def handle_ROW_DESCRIPTION(self, data: bytes, context: Any) -> None:  # noqa: N802  # pg8000's name
        """Begin a new result set: what an earlier statement of the message answered is dropped."""
        super().handle_ROW_DESCRIPTION(data, context)
        context.rows = []

    def last_result(self) -> list[dict[str, Any]]:
        """Return the rows of the last statement that answered any, by column name."""
        if not self._context or not self._context.columns:
            return []
        names = [column["name"] for column in self._context.columns]
        return [dict(zip(names, row, strict=True)) for row in self._context.rows]

    def has_news(self) -> bool:
        """Return whether the server has sent something unasked, most often its farewell; costs no round trip."""
        poll = select.poll()
        poll.register(self._usock, select.POLLIN)
        return bool(poll.poll(0))

    def wait_at_most(self, seconds: float) -> None:
        """Give up on an answer that takes longer."""
        self._usock.settimeout(seconds)
