"""What the watchdog found wrong with a job, and what people are told of it; pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from housekeeping.lateness import Watched
from nightshift.alerts import Signal
from nightshift.wording import title

_WHAT: Final = {"late": "it has not run", "stuck": "a run is stuck", "lost": "a run died"}
_WHY: Final = {
    "late": "Nothing started it, or what started it never arrived: look at the schedule and at the undelivered events",
    "stuck": "It holds its lock and does not come to an end",
    "lost": "Its process was killed, ran out of time or memory, or was never started",
}


@dataclass(frozen=True)
class Finding:
    """One job that is `late` or `stuck`, or a run of it that was `lost`; since when, and which run."""

    job: str
    state: str
    reason: str
    since: datetime | None = None
    run_id: str = ""

    def state_row(self) -> dict[str, Any]:
        """Return what is stored of it."""
        return {"state": self.state, "reason": self.reason, "since": self.since}

    def signal(self, touched: str = "not known yet") -> Signal:
        """Return what people are told of it, at once."""
        since = (self.since or datetime.now(UTC)).astimezone(UTC)
        details = {
            "What": _capital(self.reason),
            "Since": f"{since:%Y-%m-%d %H:%M} UTC",
            "Why": _WHY[self.state],
            "Touched": touched,
        }
        return Signal(
            _key(self.job), is_bad=True, title=f"{title(self.job)}: {_WHAT[self.state]}", details=details,
            job=self.job, run_id=self.run_id,
        )  # fmt: skip


def signals(
    watched: Sequence[Watched],
    found: Mapping[str, Finding],
    lost: Sequence[Mapping[str, Any]],
    quiet: Sequence[str],
) -> list[Signal]:
    """Return one signal for each job of which there is something to tell; of those that are quiet nothing is told."""
    told: dict[str, Signal] = {}
    for row in lost:
        finding = Finding(
            row["job"], "lost", row["error"], since=row["started_at"] or row["created_at"], run_id=str(row["id"])
        )
        told[row["job"]] = finding.signal(f"{row['processed']} done, {row['failed']} failed, as far as is known")
    for job, finding in found.items():
        told[job] = finding.signal("nothing: it has not run") if finding.state == "late" else finding.signal()
    for each in watched:
        # A good run closes its alert itself; this is for one that ended while the last look was at work.
        if each.state and each.job not in told and each.status == "succeeded":
            told[each.job] = Signal(_key(each.job), is_bad=False, title=f"{title(each.job)}: {_WHAT[each.state]}")
    return [signal for job, signal in told.items() if job not in quiet]


def _key(job: str) -> str:
    # As the ends of runs name it (note_run_end in the migrations): one alert a job.
    return f"job:{job}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
