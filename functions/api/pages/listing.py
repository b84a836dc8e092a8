"""Lists that the API gives page by page: one page for the screen, one after the other for a file."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.answers import to_json
from api.pages.site import Api
from nightshift.routes import Json, Request

# What one file holds at most. Lambda answers with 6 MB, in which quotes and all letters but the plain ones are written
# longer: rows are weighed as the API writes them, and what is added to them on the way is less than as much again.
MOST_ROWS: Final = 10_000
MOST_BYTES: Final = 2_500_000
_PAGE: Final = 200
# Left for writing the file.
_RESERVE_S: Final = 4.0


@dataclass(frozen=True)
class Listed:
    """Rows of a list, and the cursor behind them where there are more."""

    rows: list[Json]
    after: str | None


def listed(api: Api, request: Request, path: str, key: str, asked: Mapping[str, Any]) -> Listed:
    """Return the page that is asked for, or as many as fit into a file.

    Args:
        api: what is asked.
        request: of a page that takes `format`, `limit` and `cursor`.
        path: of the list.
        key: its name in the answer, beside `nextCursor`.
        asked: the filters.
    """
    cursor = request.query["cursor"]
    if request.query["format"] == "html":
        page = api.get(request, path, {**asked, "limit": request.query["limit"], "cursor": cursor})
        return Listed(page[key], page["nextCursor"])
    rows: list[Json] = []
    weight = 0
    while True:
        page = api.get(request, path, {**asked, "limit": _PAGE, "cursor": cursor})
        rows += page[key]
        weight += len(to_json(page[key]))
        cursor = page["nextCursor"]
        is_full = len(rows) + _PAGE > MOST_ROWS or weight > MOST_BYTES
        if cursor is None or is_full or time.monotonic() > request.deadline - _RESERVE_S:
            return Listed(rows, cursor)
