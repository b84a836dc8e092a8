"""Runs one job to its end and tells what became of it, from the record that the job itself has left."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from local.database import connected
from local.lambda_service.invocation import Result
from local.state import ROOT
from local.system import LocalSystem

_LATEST: Final = """
    SELECT status, processed, failed, duration_ms, errors, metadata, error
    FROM job_runs WHERE job = :job ORDER BY created_at DESC, id DESC LIMIT 1
"""
_ENDED: Final = ("succeeded", "failed", "skipped", "lost")


@dataclass(frozen=True)
class JobRun:
    """One line of the table."""

    job: str
    status: str
    processed: int = 0
    failed: int = 0
    duration_ms: int = 0
    metadata: dict[str, Any] | None = None
    error: str = ""


def run(system: LocalSystem, job: str, on_tick: Callable[[float], None], tick_s: float = 0.5) -> JobRun:
    """Starts a job by hand, with the sample of its manual event, and waits until its last part has ended.

    `on_tick` is called every now and then with the seconds that have gone by.
    """
    started, box = time.monotonic(), list[Result]()
    thread = threading.Thread(
        target=lambda: box.append(system.invoke(system.jobs[job], _manual_event(job))), daemon=True
    )
    thread.start()
    while thread.is_alive():
        thread.join(tick_s)
        on_tick(time.monotonic() - started)
    latest = _latest(system, job)
    while latest is not None and latest.status not in _ENDED:  # it goes on in another invocation
        time.sleep(tick_s)
        on_tick(time.monotonic() - started)
        latest = _latest(system, job)
    return latest or _without_record(job, box)


def _manual_event(job: str) -> bytes:
    """For most jobs that is `{}`."""
    file = ROOT / "events" / f"{job}.manual.json"
    return file.read_bytes() if file.exists() else b"{}"


def _latest(system: LocalSystem, job: str) -> JobRun | None:
    with connected(system.database.url) as connection:
        rows = connection.run(_LATEST, job=job)
    if not rows:
        return None
    status, processed, failed, duration_ms, errors, metadata, error = rows[0]
    notes = [error] if error else [str(each) for each in errors]
    return JobRun(job, status, processed, failed, duration_ms or 0, metadata, "; ".join(notes))


def _without_record(job: str, results: list[Result]) -> JobRun:
    """A run that did not come as far as its record: the handler's own words are all there is."""
    if not results:
        return JobRun(job, "failed", error="it could not be invoked")
    answer = json.loads(results[0].payload)
    said = answer.get("errorMessage") if isinstance(answer, dict) else None
    return JobRun(job, "failed" if results[0].failed else "unknown", error=str(said or answer))
