"""Which attempts are asked for: a span of time, and perhaps one job type or one user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightshift import Text
from nightshift.parameters import Moment
from nightshift.routes import Json, Problem

LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Zone:
    """An IANA time zone as a query parameter."""

    name: str = "zone"
    default: ZoneInfo | None = None
    description: str = "The zone of days and hours, such as America/New_York; UTC where none is given."

    def parse(self, raw: Any) -> ZoneInfo:
        """Accept the name of a zone."""
        try:
            return ZoneInfo(str(raw))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{self.name} must be an IANA time zone such as America/New_York") from None

    def schema(self) -> dict[str, Any]:
        """Return its JSON Schema."""
        return {"type": "string", "minLength": 1}


PARAMETERS = (
    Moment("from", "The first moment that counts."),
    Moment("to", "The first moment that does not count any more; now where it is not given."),
    Text("jobType", description="Only jobs of this type."),
    Text("userId", description="Only jobs of this user."),
)


@dataclass(frozen=True)
class Period:
    """The attempts that ended from `begin` on and before `end`, of one type or one user where these are given."""

    begin: datetime
    end: datetime
    job_type: str | None = None
    user_id: str | None = None

    @classmethod
    def of(cls, query: Mapping[str, Any], usual: timedelta, now: datetime) -> Period:
        """Read what was asked for; without a beginning it is the `usual` time before the end.

        Raises:
            Problem: 422, the beginning is not before the end, or they are more than a year apart.
        """
        end = query["to"] or now
        begin = query["from"] or _before(end, usual)
        if begin >= end:
            raise _refused("from", "from must be before to" + ("" if query["to"] else ", which is now"))
        if end - begin > LONGEST:
            raise _refused("from", f"from must be at most {LONGEST.days} days before to")
        return cls(begin, end, query["jobType"], query["userId"])

    @property
    def values(self) -> dict[str, Any]:
        """The values of the statements' placeholders."""
        return {"begin": self.begin, "until": self.end, "job_type": self.job_type, "user_id": self.user_id}

    def view(self) -> Json:
        """Say what was asked for, with what was not given filled in."""
        return {"from": self.begin, "to": self.end, "filters": {"jobType": self.job_type, "userId": self.user_id}}


def _before(end: datetime, span: timedelta) -> datetime:
    try:
        return end - span
    except OverflowError:
        return end


def _refused(field: str, detail: str) -> Problem:
    return Problem(422, "the input is not valid", kind="invalid-input", errors=[{"field": field, "detail": detail}])
