"""The one kind of event that every job handler takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeGuard
from uuid import UUID

from nightshift.errors import InvalidEvent
from nightshift.parameters import Parameter, parse_all

TRIGGERS = ("schedule", "http", "manual")
_FIELDS = {"trigger", "slot", "run_id", "lease", "params", "part"}
# What PostgreSQL's bigint and integer hold: a number beyond would be refused by the lock table, which would look as
# if that table could not be reached.
_MAX_FENCE, _MAX_PART = 2**63 - 1, 2**31 - 1


@dataclass(frozen=True)
class HandOver:
    """The lease that the giver acquired for us: what `Locks.adopt` needs."""

    holder: str
    fence: int


@dataclass(frozen=True)
class JobEvent:
    """Why a handler was woken, and with what."""

    trigger: str = "manual"
    slot: datetime | None = None
    run_id: str | None = None
    lease: HandOver | None = None
    params: dict[str, Any] = field(default_factory=dict)
    part: int = 1

    @property
    def slot_ms(self) -> int | None:
        """The slot in epoch milliseconds, as the lock stores it."""
        return int(self.slot.timestamp() * 1000) if self.slot else None

    @classmethod
    def parse(cls, raw: Any, parameters: Sequence[Parameter] = ()) -> JobEvent:
        """Check an event.

        Raises:
            InvalidEvent: naming every field that is wrong and what would be right.
        """
        if not isinstance(raw, Mapping):
            raise InvalidEvent(["the event must be a JSON object"])
        problems = [f"{name} is not a field of a job event" for name in raw if name not in _FIELDS]
        read = _Reader(raw, problems)
        params = raw.get("params") if raw.get("params") is not None else {}
        values: dict[str, Any] = {}
        if isinstance(params, Mapping):
            values, wrong = parse_all(parameters, params, "params.")
            problems += wrong
        else:
            problems.append("params must be a JSON object")
        event = cls(read.trigger(), read.slot(), read.run_id(), read.lease(), values, read.part())
        if event.lease and not event.run_id:
            problems.append("run_id must be given together with lease")
        if problems:
            raise InvalidEvent(problems)
        return event


class _Reader:
    """Reads one field after the other and gathers what is wrong with them."""

    def __init__(self, raw: Mapping[str, Any], problems: list[str]) -> None:
        self._raw = raw
        self._problems = problems

    def trigger(self) -> str:
        trigger = self._raw.get("trigger", "manual")
        if trigger not in TRIGGERS:
            self._problems.append(f"trigger must be one of {', '.join(TRIGGERS)}")
        return str(trigger)

    def slot(self) -> datetime | None:
        raw = self._raw.get("slot")
        if raw is None:
            return None
        try:
            slot = datetime.fromisoformat(raw)
        except (TypeError, ValueError):
            self._problems.append("slot must be a time such as 2026-11-22T15:00:00Z")
            return None
        return slot if slot.tzinfo else slot.replace(tzinfo=UTC)

    def run_id(self) -> str | None:
        raw = self._raw.get("run_id")
        if raw is None:
            return None
        try:
            return str(UUID(raw))
        except (TypeError, ValueError, AttributeError):
            self._problems.append("run_id must be a UUID")
            return None

    def lease(self) -> HandOver | None:
        raw = self._raw.get("lease")
        if raw is None:
            return None
        holder, fence = (raw.get("holder"), raw.get("fence")) if isinstance(raw, Mapping) else (None, None)
        if isinstance(holder, str) and holder and holder.isprintable() and _counts(fence, _MAX_FENCE):
            return HandOver(holder, fence)
        self._problems.append('lease must be {"holder": text, "fence": whole number of at least 1}')
        return None

    def part(self) -> int:
        part = self._raw.get("part", 1)
        if not _counts(part, _MAX_PART):
            self._problems.append("part must be a whole number of at least 1")
            return 1
        return part


def _counts(value: Any, maximum: int) -> TypeGuard[int]:
    """Whether it is a whole number from 1 on (to Python, True is one as well)."""
    return type(value) is int and 1 <= value <= maximum
