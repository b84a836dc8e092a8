"""`GET /api/audit`: who changed what, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightshift import Integer, Text
from nightshift.cursor import Cursor, CursorParameter, page_of
from nightshift.parameters import Moment
from nightshift.routes import Guard, Json, Request, Route
from nightshift.sql import queries

if TYPE_CHECKING:
    from nightshift.database import Row


def routes() -> tuple[Route, ...]:
    """Return the route over the audit log."""
    return (
        Route(
            "GET",
            "/api/audit",
            Guard.READ,
            _page,
            "Who changed what at the door, newest first",
            query=(
                Integer("limit", 1, 200, default=50, description="Entries a page."),
                CursorParameter(int),
                Text(
                    "subject", 500, description="Only what was done to this: a job or a lock by its name, or kind:id."
                ),
                Text("action", 100, description="Only what was done so, such as start-job."),
                Text("who", description="Only what was done by this principal, such as admin."),
                Moment("since", "Only what was done from this moment on."),
            ),
            schema={"$ref": "#/components/schemas/AuditPage"},
        ),
    )


def _page(request: Request) -> Json:
    asked = request.query
    after: Cursor | None = asked["cursor"]
    rows = request.platform.database.read(
        queries("api")["audit"],
        **{name: asked[name] for name in ("subject", "action", "who", "since")},
        before_at=after.at if after else None,
        before_id=after.id if after else None,
        rows=asked["limit"] + 1,
    )
    page, last = page_of(rows, asked["limit"])
    return {
        "entries": [view(row) for row in page],
        "limit": asked["limit"],
        "nextCursor": str(Cursor(last["at"], last["id"])) if last else None,
    }


def view(row: Row) -> Json:
    """Return an entry as callers see it."""
    details = row["details"] if isinstance(row["details"], dict) else {}
    return {
        "id": row["id"],
        "at": row["at"],
        "who": row["who"],
        "action": row["action"],
        "subject": row["subject"],
        "before": details.get("before"),
        "after": details.get("after"),
        "requestId": row["request_id"],
    }
