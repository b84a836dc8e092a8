"""`GET /api/jobs/{job}/runs` and `GET /api/runs/{id}`: what became of the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from api.catalogue import Catalogue
from nightshift import Choice, Integer, Text
from nightshift.cursor import Cursor, CursorParameter, page_of
from nightshift.parameters import UUID_PATTERN
from nightshift.routes import Guard, Json, Problem, Request, Route
from nightshift.sql import queries

if TYPE_CHECKING:
    from nightshift.database import Database, Row

STATUSES = ("queued", "running", "succeeded", "failed", "skipped", "lost")
TRIGGERS = ("schedule", "http", "manual")
OPEN_STATUSES = ("queued", "running")
_COLUMNS = {
    "job": "job", "status": "status", "trigger": "trigger", "who": "who", "slot": "slot", "lock": "lock",
    "params": "params", "part": "part", "created_at": "createdAt", "started_at": "startedAt",
    "finished_at": "finishedAt", "duration_ms": "durationMs", "processed": "processed", "failed": "failed",
    "errors": "errors", "metadata": "metadata", "error_class": "errorClass", "error": "error",
    "request_id": "requestId",
}  # fmt: skip


def routes(catalogue: Catalogue) -> tuple[Route, ...]:
    """Return the routes over runs."""
    return (
        Route(
            "GET",
            "/api/jobs/{job}/runs",
            Guard.READ,
            _history,
            "The runs of a job, newest first",
            path_parameters=(Choice("job", catalogue.names),),
            query=(
                Integer("limit", 1, 200, default=50, description="Runs a page."),
                CursorParameter(),
                Choice("status", STATUSES, description="Only runs that are in this state."),
                Choice("trigger", TRIGGERS, description="Only runs that were started so."),
            ),
            schema={"$ref": "#/components/schemas/RunPage"},
        ),
        Route(
            "GET",
            "/api/runs/{id}",
            Guard.READ,
            _one,
            "One run",
            path_parameters=(Text("id", max_length=36, pattern=UUID_PATTERN, form="the UUID of a run"),),
            schema={"$ref": "#/components/schemas/Run"},
        ),
    )


def find(database: Database, run_id: str) -> Json | None:
    """Return one run as callers see it, or None where there is none."""
    rows = database.read(queries("api")["find_run"], id=run_id)
    return view(rows[0]) if rows else None


def view(row: Row) -> Json:
    """Return a run record as callers see it."""
    run_id = str(row["id"])
    facts = {name: row[column] for column, name in _COLUMNS.items()}
    return {"runId": run_id, **facts, "statusUrl": status_url(run_id)}


def status_url(run_id: str) -> str:
    """Return where a run can be looked at."""
    return f"/api/runs/{run_id}"


def _one(request: Request) -> Json:
    run = find(request.platform.database, request.path["id"])
    if run is None:
        raise Problem(404, "there is no run with this id")
    return run


def _history(request: Request) -> Json:
    asked = request.query
    after: Cursor | None = asked["cursor"]
    rows = request.platform.database.read(
        queries("api")["list_runs"],
        job=request.path["job"],
        status=asked["status"],
        trigger=asked["trigger"],
        before_at=after.at if after else None,
        before_id=after.id if after else None,
        rows=asked["limit"] + 1,
    )
    page, last = page_of(rows, asked["limit"])
    return {
        "runs": [view(row) for row in page],
        "limit": asked["limit"],
        "nextCursor": str(Cursor(last["created_at"], UUID(str(last["id"])))) if last else None,
    }
