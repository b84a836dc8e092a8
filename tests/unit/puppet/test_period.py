"""Times with offsets, zones, and the spans that may be asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightshift.parameters import Moment
from nightshift.routes import Problem
from puppet.reading.figures import moment, rate
from puppet.reading.period import LONGEST, Period, Zone

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-11-22T15:00:00Z", NOW),
        ("2026-11-22T10:00:00-05:00", NOW),
        ("2026-11-22 16:00+01:00", NOW),
        ("2026-11-22T16:00:00 01:00", NOW),
        ("2026-11-22T16:00:00+0100", NOW),
        ("2026-11-22T15:00:00.250Z", NOW + timedelta(milliseconds=250)),
    ],
)
def test_a_moment_is_read(text: str, meant: datetime) -> None:
    assert Moment("from").parse(text) == meant


@pytest.mark.parametrize(
    "raw", ["", "now", "2026-11-22", "2026-11-22T15:00:00", "2026-02-30T00:00:00Z", "2026-11-22T15Z", 5, None, "1" * 99]
)
def test_what_is_no_moment_is_refused(raw: Any) -> None:
    with pytest.raises(ValueError, match=r"^from must be a time with its offset"):
        Moment("from").parse(raw)


@settings(max_examples=50)
@given(st.datetimes(timezones=st.timezones()))
def test_every_moment_comes_back(at: datetime) -> None:
    offset = at.utcoffset()
    if offset is None or offset.seconds % 60:
        return  # old local times have offsets that ISO 8601 cannot write
    try:
        meant = at.astimezone(UTC)
    except OverflowError:
        return
    assert Moment("to").parse(at.isoformat()) == meant


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    for parameter in (Moment("from"), Zone()):
        try:
            parameter.parse(text)
        except ValueError as error:
            problem = str(error)
        else:
            problem = f"{parameter.name} was read"
        assert problem.startswith(parameter.name)


def test_a_zone_is_read() -> None:
    assert Zone().parse("America/New_York") == ZoneInfo("America/New_York")


def period(**asked: Any) -> Period:
    return Period.of({"from": None, "to": None, "jobType": None, "userId": None, **asked}, DAY, NOW)


def test_what_is_not_given_is_filled_in() -> None:
    assert (period().begin, period().end) == (NOW - DAY, NOW)
    assert period(**{"from": NOW - 5 * DAY}).end == NOW
    assert period(to=NOW - 5 * DAY).begin == NOW - 6 * DAY


@pytest.mark.parametrize(("begin", "end"), [(NOW, NOW), (NOW + DAY, NOW), (NOW - LONGEST - DAY, NOW), (NOW, None)])
def test_a_span_that_is_none_or_too_long_is_refused(begin: datetime, end: datetime | None) -> None:
    with pytest.raises(Problem) as caught:
        period(**{"from": begin, "to": end})
    assert (caught.value.status, caught.value.errors[0]["field"]) == (422, "from")


def test_the_longest_span_is_not_too_long() -> None:
    assert period(**{"from": NOW - LONGEST}).begin == NOW - LONGEST


def test_nothing_of_nothing_is_no_rate() -> None:
    assert (rate(0, 0), rate(0, 3), rate(1, 3)) == (None, 0, 0.3333)
    assert moment(None) is None
