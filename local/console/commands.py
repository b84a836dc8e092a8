"""What operators ask and order; each command prints its answer and returns its exit status."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from local.console import words
from local.console.door import Door
from local.report import progress, say, table

_OPEN: Final = ("queued", "running")
_PAUSE_S: Final = 0.5
# How a run may end without anybody having to look after it.
_WELL: Final = ("succeeded", "skipped")
_FACTS: Final = (
    "job", "status", "trigger", "who", "slot", "createdAt", "startedAt", "finishedAt", "durationMs", "part",
    "processed", "failed", "params", "metadata", "errorClass", "error",
)  # fmt: skip


def jobs(door: Door) -> int:
    """Print every job with its state; 1 when one of them has failed or is late."""
    now = datetime.now(UTC)
    found = door.get("/api/jobs")["jobs"]
    rows = [
        (
            words.plain(job["name"]),
            job["state"],
            _last(job["lastRun"], now),
            words.moment(job["nextRun"], now),
            words.plain((job["lock"] or {}).get("who") or (job["lock"] or {}).get("holder") or "-", 40),
        )
        for job in found
    ]
    say(table(("job", "state", "last run", "next run", "held by"), rows))
    for job in found:
        if job.get("stateReason") and job["state"] not in ("ok", "running", "never"):
            say(f"\n  {words.plain(job['name'])}: {words.plain(job['stateReason'], 300)}")
    return 1 if any(job["state"] in ("failed", "late") for job in found) else 0


def runs(door: Door, job: str, limit: int, status: str | None) -> int:
    """Print the newest runs of a job."""
    now = datetime.now(UTC)
    found = door.get(f"/api/jobs/{_segment(job)}/runs", limit=limit, status=status)
    rows = [
        (
            words.moment(run["startedAt"] or run["createdAt"], now), run["trigger"], run["status"],
            words.duration(run["durationMs"]), str(run["processed"]), str(run["failed"]), run["runId"],
            words.plain(run["error"] or ", ".join(map(str, run["errors"])), 60),
        )
        for run in found["runs"]
    ]  # fmt: skip
    say(table(("started", "trigger", "status", "duration", "processed", "failed", "run", "error"), rows))
    if found["nextCursor"]:
        say(f"\n  There are more than these {len(rows)}.")
    return 0


def show(door: Door, run_id: str) -> int:
    """Print what is known of a run; 1 when it ended badly."""
    return _tell(door.get(f"/api/runs/{_segment(run_id)}"))


def newest(door: Door, job: str) -> str | None:
    """Return the id of a job's newest run, None where it never ran."""
    found = door.get(f"/api/jobs/{_segment(job)}/runs", limit=1)["runs"]
    return str(found[0]["runId"]) if found else None


def start(
    door: Door, job: str, params: Mapping[str, Any], *, waits: bool, tick: Callable[[float], None] | None = None
) -> int:
    """Start a job and, where that is wanted, wait for its end; 1 when it ended badly."""
    run = door.post(f"/api/jobs/{_segment(job)}", params)
    say(f"  {words.plain(job)} has been started: run {words.plain(run['runId'])}")
    if not waits:
        return 0
    shown, started = tick or progress(job), time.monotonic()
    while (now := door.get(f"/api/runs/{_segment(run['runId'])}"))["status"] in _OPEN:
        shown(time.monotonic() - started)
        time.sleep(_PAUSE_S)
    return _tell(now)


def steer(door: Door, job: str, order: str, reason: str | None) -> int:
    """Pause or resume the schedule of a job."""
    door.post(f"/api/jobs/{_segment(job)}/{order}", {"reason": reason} if reason else {})
    words_of = {"pause": "is paused: its schedule starts nothing until `resume`", "resume": "follows its schedule"}
    say(f"  {words.plain(job)} {words_of[order]}")
    return 0


def _tell(run: Mapping[str, Any]) -> int:
    say(f"  {'run':<12}{words.plain(run['runId'])}")
    for fact in _FACTS:
        if run.get(fact) not in (None, {}, []):
            say(f"  {fact:<12}{words.details(run[fact])}")
    for error in run["errors"]:
        say(f"  {'':<12}{words.plain(error, 300)}")
    return 0 if run["status"] in (*_WELL, *_OPEN) else 1


def _last(run: Mapping[str, Any] | None, now: datetime) -> str:
    if run is None:
        return "-"
    return f"{run['status']} {words.moment(run['finishedAt'] or run['startedAt'] or run['createdAt'], now)}"


def _segment(text: str) -> str:
    return quote(text, safe="")
