"""The figures of puppet jobs as tables and charts: what the page of insights shows of what the API answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from markupsafe import Markup

from api.pages.charts import Chart, Series, meter
from api.pages.moments import count, duration, moment
from api.pages.tables import Column, Row, Table
from api.pages.texts import quoted
from nightshift.routes import Json


def figures(found: Json, metrics: Json) -> list[tuple[str, str]]:
    """Return the large figures."""
    totals, rates = found["totals"], found["successRate"]
    return [
        ("Attempts", count(totals["attempts"])),
        ("Attempts that succeeded", percent(rates["perAttempt"])),
        ("Jobs that succeeded", percent(rates["perJob"])),
        ("Given up", count(totals["givenUp"])),
        ("Took, median", duration(metrics["durationMs"]["median"])),
        ("Took, 95 %", duration(metrics["durationMs"]["p95"])),
        ("Waited, 95 %", duration(metrics["waitedMs"]["p95"])),
    ]


def charts(found: Json) -> dict[str, Chart]:
    """Return the charts; each is drawn from the rows of a table of the same name."""
    days, hours = found["daily"], found["hours"]
    places = [_day(row["date"]) for row in days]
    return {
        "daily": Chart("daily", "Attempts a day", places, _ended(days)),
        "took": Chart(
            "took",
            "How long 95 % of a day's attempts took and had waited, at most",
            places,
            [Series("took", "busy", [row["p95DurationMs"] for row in days]),
             Series("waited", "dashed", [row["p95WaitedMs"] for row in days])],
            duration,
            is_line=True,
        ),
        "hours": Chart("hours", "Attempts by the hour in which they began", [f"{row['hour']:02}:00" for row in hours],
                       _ended(hours)),
    }  # fmt: skip


def _ended(rows: Sequence[Row]) -> list[Series]:
    return [
        Series("succeeded", "good", [row["attempts"] - row["failed"] for row in rows]),
        Series("failed", "bad", [row["failed"] for row in rows]),
    ]


def percent(share: float | None) -> str:
    """Write a share; nothing of nothing is none."""
    return "\u2013" if share is None else f"{share:.1%}"


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b}"


def _counted(title: str, key: str) -> Column:
    return Column(title, key, lambda row: row[key], lambda row: count(row[key]), "number")


def _timed(title: str, key: str) -> Column:
    return Column(title, key, lambda row: row[key], lambda row: duration(row[key]), "number")


def _named(title: str, key: str) -> Column:
    return Column(title, key, lambda row: row[key], lambda row: quoted(row[key]), "wide")


_SUCCESS: Final = Column("Jobs that succeeded", "successRatePerJob", lambda row: row["successRate"]["perJob"],
                         lambda row: percent(row["successRate"]["perJob"]), "number")  # fmt: skip
_SHARE: Final = Column("Share", "share", lambda row: row["share"],
                       lambda row: meter(row["share"] or 0, 1, percent(row["share"])), "measured")  # fmt: skip
_ENDED: Final = (_counted("Attempts", "attempts"), _counted("Succeeded", "succeeded"), _counted("Failed", "failed"))


def _daily(found: Json, _metrics: Json) -> Table:
    columns = (
        Column("Day", "date", lambda row: row["date"]),
        *_ENDED,
        _SUCCESS,
        _timed("Took, 95 %", "p95DurationMs"),
        _timed("Waited, 95 %", "p95WaitedMs"),
    )
    return Table(f"Day by day, on clocks in {found['zone']}", columns, found["daily"])


def _hours(found: Json, _metrics: Json) -> Table:
    peaks = found["peakHours"]
    columns = (
        Column("Hour", "hour", lambda row: row["hour"], lambda row: _hour(row["hour"], is_peak=row["hour"] in peaks)),
        _counted("Attempts", "attempts"),
        _counted("Failed", "failed"),
        _timed("Waited, 95 %", "p95WaitedMs"),
    )
    return Table(f"By the hour of the day, on clocks in {found['zone']}", columns, found["hours"])


def _hour(hour: int, *, is_peak: bool) -> Markup | str:
    name = f"{hour:02}:00 to {(hour + 1) % 24:02}:00"
    return Markup('{}<span class="sub">among the busiest</span>').format(name) if is_peak else name


def _types(found: Json, _metrics: Json) -> Table:
    columns = (_named("Job type", "jobType"), _SHARE, *_ENDED, _SUCCESS,
               _timed("On average", "averageDurationMs"), _timed("95 %", "p95DurationMs"))  # fmt: skip
    return Table("By job type, the most attempts first", columns, found["byType"], empty=_NONE)


def _users(found: Json, _metrics: Json) -> Table:
    columns = (_named("User", "userId"), _SHARE, *_ENDED, _SUCCESS, _timed("Waited, 95 %", "p95WaitedMs"))
    return Table("By user, the most attempts first", columns, found["byUser"], empty=_NONE)


def _patterns(found: Json, _metrics: Json) -> Table:
    columns = (
        Column("Message, numbers as #", "pattern", lambda row: row["pattern"],
               lambda row: quoted(row["pattern"], 200) or "no message", "wide"),
        Column("Kind", "errorType", lambda row: row["errorType"], lambda row: row["errorType"].replace("_", " "),
               "short"),
        _named("Job type", "jobType"),
        _SHARE,
        _counted("Times", "count"),
        _counted("Users", "users"),
        Column("First", "firstAt", lambda row: row["firstAt"], lambda row: moment(row["firstAt"])),
        Column("Last", "lastAt", lambda row: row["lastAt"], lambda row: moment(row["lastAt"], ago=True)),
    )  # fmt: skip
    return Table("Errors by their message, the most frequent first", columns, found["errorPatterns"],
                 empty="Nothing has failed.")  # fmt: skip


def _errors(_found: Json, metrics: Json) -> Table:
    columns = (
        Column("Kind of error", "errorType", lambda row: row["errorType"],
               lambda row: row["errorType"].replace("_", " ")),
        _SHARE,
        _counted("Attempts", "count"),
    )  # fmt: skip
    return Table("Errors by kind", columns, metrics["errors"], empty="Nothing has failed.")


def _processors(_found: Json, metrics: Json) -> Table:
    columns = (
        Column("Processor", "processorId", lambda row: row["processorId"], lambda row: quoted(row["processorId"], 40),
               "code"),
        *_ENDED,
        _timed("On average", "averageDurationMs"),
        Column("Last", "lastAt", lambda row: row["lastAt"], lambda row: moment(row["lastAt"], ago=True)),
    )  # fmt: skip
    return Table("By processor, the last at work first", columns, metrics["processors"], empty=_NONE)


_NONE: Final = "There was no attempt."
# By the names under which they are exported.
TABLES: Final[dict[str, Callable[[Json, Json], Table]]] = {
    "daily": _daily, "hours": _hours, "types": _types, "users": _users, "patterns": _patterns, "errors": _errors,
    "processors": _processors,
}  # fmt: skip
