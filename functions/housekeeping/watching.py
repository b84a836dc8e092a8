"""One look of the watchdog: rescue what the dead left, judge every job, write down what was found, tell people."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from housekeeping.findings import Finding, signals
from housekeeping.lateness import Watched, overdue, schedule_text
from housekeeping.open_runs import Found, OpenRun, judge
from nightshift import Outcome, Run
from nightshift.alerts import noting, send
from nightshift.deployed import Deployed, every_deployed
from nightshift.errors import LockError, NightshiftError, SettingsError
from nightshift.lease import SKEW_MARGIN_MS
from nightshift.sql import queries

_SHOWN_LOCKS: Final = 10
_BATCH_OF_LOCKS: Final = 100
# Telling people takes no more of the minute than this.
_SENDING_S: Final = 20.0


def watch(run: Run) -> Outcome:
    """Look once at all jobs and all open runs.

    Raises:
        InvalidSchedule: the deployment has a schedule that cannot be read.
        DatabaseError: what was found cannot be written down.
    """
    deployed = every_deployed(os.environ)
    open_runs = [OpenRun(**row) for row in run.database.read(_sql("open_runs"))]
    verdicts = {each.id: judge(each, item, _now_ms()) for each, item in _with_locks(run, open_runs)}
    lost = _lose(run, open_runs, verdicts)
    living = [each for each in open_runs if verdicts[each.id][0] is not Found.DEAD and each.id != run.id]
    stuck = {each.job: (each.id, verdicts[each.id][1]) for each in living if verdicts[each.id][0] is Found.STUCK}
    watched = [Watched(**row) for row in run.database.read(_sql("watched"), jobs=list(deployed))]
    found = _judge_jobs(watched, deployed, {each.job for each in living} | {run.job.name}, stuck)
    _record(run, deployed, watched, found, lost)
    expired = _expired_locks(run)
    _send(run)
    return _outcome(run, found, lost, expired)


def _judge_jobs(
    watched: Sequence[Watched],
    deployed: Mapping[str, Deployed],
    at_work: set[str],
    stuck: Mapping[str, tuple[str, str]],
) -> dict[str, Finding]:
    """Return what is wrong with which jobs; one that is at work is not late, it may be stuck."""
    now = datetime.now(UTC)
    found = {job: Finding(job, "stuck", reason, run_id=run_id) for job, (run_id, reason) in stuck.items()}
    for each in watched:
        due = None if each.job in at_work else overdue(each, deployed[each.job], now)
        if due:
            reason = f"the run that was due at {due:%Y-%m-%d %H:%M} UTC has not come"
            found[each.job] = Finding(each.job, "late", reason, since=due)
    return found


def _with_locks(run: Run, open_runs: Sequence[OpenRun]) -> list[tuple[OpenRun, Mapping[str, Any] | None]]:
    names = sorted({each.lock for each in open_runs if each.fence is not None})
    items: dict[str, dict[str, Any]] = {}
    try:
        for first in range(0, len(names), _BATCH_OF_LOCKS):
            items.update(run.platform.locks.read_each(names[first : first + _BATCH_OF_LOCKS]))
    except LockError as error:
        # Without their locks runs are judged by their age alone.
        run.log.warning("Locks cannot be asked", error=str(error))
        items = {}
    return [(each, items.get(each.lock)) for each in open_runs]


def _lose(run: Run, open_runs: Sequence[OpenRun], verdicts: Mapping[str, tuple[Found, str]]) -> list[Mapping[str, Any]]:
    """Record as lost what will never record its own end."""
    dead = [
        {"id": each.id, "fence": each.fence, "reason": verdicts[each.id][1]}
        for each in open_runs
        if verdicts[each.id][0] is Found.DEAD
    ]
    return list(run.write(_sql("lose_runs"), dead=dead)) if dead else []


def _record(
    run: Run,
    deployed: Mapping[str, Deployed],
    watched: Sequence[Watched],
    found: Mapping[str, Finding],
    lost: Sequence[Mapping[str, Any]],
) -> None:
    """Write down how every job was found, and note what people are to be told, in one transaction."""
    states = [
        {"job": job, "schedule": schedule_text(each), **(found[job].state_row() if job in found else {})}
        for job, each in deployed.items()
    ]
    quiet = [
        each.job for each in watched if each.is_paused or (each.state == "late" and not _is_on(deployed[each.job]))
    ]
    told = signals(watched, found, lost, quiet)
    try:
        noted = noting(run, told)
    except SettingsError as error:
        run.log.warning("Alerts are not configured correctly", error=str(error))
        noted = ""
    run.write(f"{_sql('record_states')}; {_sql('silence')}; {noted}", found=states, jobs=quiet)


def _is_on(deployed: Deployed) -> bool:
    return deployed.schedule is not None and deployed.enabled


def _expired_locks(run: Run) -> list[str]:
    """Return the locks whose holder let its lease end: the next to come takes them; until then they tell of a death."""
    try:
        held = run.platform.locks.held()
    except LockError:
        return []
    return [str(item["pk"]) for item in held if int(item.get("until_ms") or 0) + SKEW_MARGIN_MS < _now_ms()]


def _send(run: Run) -> None:
    try:
        problem = send(run, at_most_s=min(_SENDING_S, run.time_left_s)).problem
    except NightshiftError as error:
        problem = f"{type(error).__name__}: {error}"
        run.count("AlertsNotSent", 1)
    if problem:
        run.log.warning("Alerts not sent", problem=problem)


def _outcome(
    run: Run, found: Mapping[str, Finding], lost: Sequence[Mapping[str, Any]], expired: Sequence[str]
) -> Outcome:
    by_state = {state: sorted(job for job, each in found.items() if each.state == state) for state in ("late", "stuck")}
    run.count("JobsLate", len(by_state["late"]))
    run.count("JobsStuck", len(by_state["stuck"]))
    run.count("RunsLost", len(lost))
    run.count("LocksExpired", len(expired))
    metadata: dict[str, Any] = {
        **by_state,
        "lost": [{"run": str(row["id"]), "job": row["job"], "why": row["error"]} for row in lost[:_SHOWN_LOCKS]],
        "expiredLocks": list(expired[:_SHOWN_LOCKS]),
    }
    return Outcome(processed=len(lost), metadata={name: value for name, value in metadata.items() if value})


def _sql(name: str) -> str:
    return queries("housekeeping", "watching.sql")[name]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
