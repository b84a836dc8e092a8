"""Run records: what became of every run, for people and for the next run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nightshift.sql import queries, render
from nightshift.storable import storable

MAX_ERRORS = 10
# How long a run that was accepted may wait for its worker.
QUEUE_WINDOW_S = 60
_ERROR_LENGTH = 500


@dataclass(frozen=True)
class RunRecord:
    """What identifies a run in the records."""

    id: str
    job: str
    lock: str
    trigger: str
    who: str
    slot: datetime | None = None
    params: Mapping[str, Any] | None = None

    def values(self) -> dict[str, Any]:
        """Return the columns that identify the run."""
        return {
            "id": self.id, "job": self.job, "lock": self.lock, "trigger": self.trigger, "who": self.who,
            "slot": self.slot, "params": dict(self.params or {}),
        }  # fmt: skip


@dataclass(frozen=True)
class AlertPolicy:
    """Whether and when people are alerted of a run's end.

    Attributes:
        title: the job's name in words.
        is_critical: the failure cannot mend itself, so people are alerted of the first.
        after: otherwise they are alerted of so many failures in a row; None: never.
        changes: so many changes of state within the time `within` are flapping.
        within: see `changes`.
    """

    title: str = ""
    is_critical: bool = False
    after: int | None = None
    changes: int = 0
    within: timedelta = timedelta(0)

    def values(self) -> dict[str, Any]:
        """Return what the statements that end a run take."""
        return vars(self).copy()


_NOBODY = AlertPolicy()


def queue(record: RunRecord, fence: int | None) -> str:
    """Return the statements that record a run which the door has accepted and a worker will carry out."""
    queued = _render("queue_run", **record.values(), fence=fence)
    return queued if fence is None else "; ".join((_lose(record, fence), queued))


def start(
    record: RunRecord, fence: int | None, part: int, request_id: str, at_most_s: int, *, is_whole: bool = False
) -> str:
    """Return the statements that record a run as running; no row comes back where it has been ended meanwhile.

    The scheduled run of a paused job is recorded as skipped instead; `status` of the row tells, and `paused` says of
    any run by whom its job is paused and why. `is_whole`: it does all that a scheduled run would.

    Runs of the same lock that died are marked as lost: those with an older fence, or, where there is no fence to tell,
    those that are past what a run may take.
    """
    values = record.values()
    begun = _render(
        "start_run", **values, fence=fence, part=part, request_id=request_id, at_most_s=at_most_s, is_whole=is_whole
    )
    lost = [_render("lose_outlived", lock=record.lock, id=record.id, at_most_s=at_most_s + QUEUE_WINDOW_S)]
    if fence is not None:
        lost.append(_lose(record, fence))
    return "; ".join((*lost, begun))


def progress(run_id: str, processed: int, failed: int, errors: Sequence[str], metadata: Mapping[str, Any]) -> str:
    """Return the statement that adds what one part of a longer run has done."""
    return _render(
        "progress_run",
        id=run_id,
        processed=processed,
        failed=failed,
        errors=_shortened(errors),
        metadata=dict(metadata),
    )


def finish(  # noqa: PLR0913  # one column each, all by name
    run_id: str,
    status: str,
    *,
    fence: int | None = None,
    processed: int = 0,
    failed: int = 0,
    errors: Sequence[str] = (),
    metadata: Mapping[str, Any] | None = None,
    error: BaseException | None = None,
    alerting: AlertPolicy | None = None,
) -> str:
    """Return the statement that ends a run; it answers the totals over all parts.

    Nothing happens and nothing is answered where the run had ended already or, with `fence`, where somebody with
    another fence has gone on with it. With `alerting`, how it ended is noted for alerts, and `has_news` of the row says
    whether a message waits.
    """
    return _render(
        "finish_run",
        id=run_id,
        status=status,
        fence=fence,
        processed=processed,
        failed=failed,
        errors=_shortened(errors),
        metadata=dict(metadata or {}),
        error_class=type(error).__name__ if error else None,
        error=storable(str(error), _ERROR_LENGTH) if error else None,
        **(alerting or _NOBODY).values(),
    )


def unstarted(
    record: RunRecord, status: str, error_class: str, error: str, *, alerting: AlertPolicy | None = None
) -> str:
    """Return the statement that records a run which never began (`skipped` or `failed`), and why."""
    values = {**record.values(), **(alerting or _NOBODY).values()}
    return _render(
        "record_unstarted", **values, status=status, error_class=error_class, error=storable(error, _ERROR_LENGTH)
    )


def _lose(record: RunRecord, fence: int) -> str:
    return _render("lose_superseded", lock=record.lock, fence=fence, id=record.id)


def _shortened(errors: Sequence[str]) -> list[str]:
    return [storable(error, _ERROR_LENGTH) for error in errors[:MAX_ERRORS]]


def _render(name: str, **values: Any) -> str:
    return render(queries("nightshift")[name], values)
