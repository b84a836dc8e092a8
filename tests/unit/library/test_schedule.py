"""When jobs run next: expressions as EventBridge Scheduler reads them, in zones with summer time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightshift.errors import InvalidSchedule
from nightshift.schedule import parse

NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def firings(expression: str, zone: str, after: str, count: int) -> list[str]:
    """The next times, as UTC."""
    moment = at(after, zone).astimezone(UTC)
    found = []
    for _ in range(count):
        fires = parse(expression, zone).next_after(moment)
        assert fires is not None
        found.append(fires.strftime("%Y-%m-%dT%H:%M"))
        moment = fires
    return found


@pytest.mark.parametrize(
    ("expression", "after", "fires"),
    [
        ("rate(30 minutes)", "2026-11-22T15:00:00", "2026-11-22T15:30:00"),
        ("rate(30 minutes)", "2026-11-22T14:59:59.999", "2026-11-22T15:00:00"),
        ("rate(1 minute)", "2026-11-22T15:00:30", "2026-11-22T15:01:00"),
        ("rate(1 minutes)", "2026-11-22T15:00:30", "2026-11-22T15:01:00"),
        ("rate(1 hour)", "2026-11-22T15:00:00", "2026-11-22T16:00:00"),
        ("rate(2 days)", "1970-01-02T00:00:00", "1970-01-03T00:00:00"),
        ("cron(0 2 * * ? *)", "2026-11-22T02:00:00", "2026-11-23T02:00:00"),
        ("cron(0 2 * * ? *)", "2026-11-22T01:59:59.5", "2026-11-22T02:00:00"),
        ("cron(0/5 * * * ? *)", "2026-11-22T15:04:00", "2026-11-22T15:05:00"),
        # 22 November 2026 is a Sunday: 1 to EventBridge.
        ("cron(0 3 ? * 1 *)", "2026-11-22T03:00:00", "2026-11-29T03:00:00"),
        ("cron(0 3 ? * SUN *)", "2026-11-21T00:00:00", "2026-11-22T03:00:00"),
        ("cron(0 3 ? * sun *)", "2026-11-21T00:00:00", "2026-11-22T03:00:00"),
        ("cron(0 3 ? * 7 *)", "2026-11-22T00:00:00", "2026-11-28T03:00:00"),
        ("cron(0 3 ? * 2-6 *)", "2026-11-21T00:00:00", "2026-11-23T03:00:00"),
        ("cron(0 3 ? * MON-FRI *)", "2026-11-21T00:00:00", "2026-11-23T03:00:00"),
        ("cron(0 3 ? * 3,5 *)", "2026-11-22T00:00:00", "2026-11-24T03:00:00"),
        ("cron(0 3 ? * 2/2 *)", "2026-11-22T00:00:00", "2026-11-23T03:00:00"),
        ("cron(0 3 ? * 2/2 *)", "2026-11-27T03:00:00", "2026-11-30T03:00:00"),
        ("cron(0 3 ? * SUN/6 *)", "2026-11-22T03:00:00", "2026-11-28T03:00:00"),
        ("cron(0 3 ? * 2-7/5 *)", "2026-11-23T03:00:00", "2026-11-28T03:00:00"),
        ("cron(0 3 ? * */3 *)", "2026-11-22T03:00:00", "2026-11-25T03:00:00"),
        ("cron(0 3 ? * L *)", "2026-11-22T00:00:00", "2026-11-28T03:00:00"),
        ("cron(0 3 ? * 6L *)", "2026-11-22T00:00:00", "2026-11-27T03:00:00"),
        ("cron(0 3 ? * FRIL *)", "2026-11-28T00:00:00", "2026-12-25T03:00:00"),
        ("cron(0 3 ? * 2#1 *)", "2026-11-22T00:00:00", "2026-12-07T03:00:00"),
        ("cron(0 3 ? * MON#2 *)", "2026-11-22T00:00:00", "2026-12-14T03:00:00"),
        ("cron(0 3 L * ? *)", "2026-11-22T00:00:00", "2026-11-30T03:00:00"),
        ("cron(0 3 LW * ? *)", "2026-10-01T00:00:00", "2026-10-30T03:00:00"),
        ("cron(0 3 29 2 ? *)", "2026-11-22T00:00:00", "2028-02-29T03:00:00"),
        ("cron(0 3 1 JAN ? 2030)", "2026-11-22T00:00:00", "2030-01-01T03:00:00"),
        ("cron(0 3 1 1 ? 2030-2040/5)", "2030-01-01T03:00:00", "2035-01-01T03:00:00"),
        ("cron(0 3 1 1 ? 2027,2199)", "2027-06-01T00:00:00", "2199-01-01T03:00:00"),
        ("cron(0 3 1 1 ? */100)", "2026-11-22T00:00:00", "2070-01-01T03:00:00"),
    ],
)
def test_when_a_schedule_fires_next(expression: str, after: str, fires: str) -> None:
    assert parse(expression).next_after(at(after)) == at(fires)


@pytest.mark.parametrize(
    "expression",
    ["cron(0 3 1 1 ? 2025)", "cron(0 3 29 2 ? 2027,2029)", "cron(0 3 22 11 ? 2026)", "cron(0 3 ? 2 2#5 2027)"],
)
def test_a_schedule_that_is_over_fires_no_more(expression: str) -> None:
    assert parse(expression).next_after(at("2026-11-22T03:00:00")) is None


def test_a_time_that_summer_time_leaves_out_is_left_out() -> None:
    # Clocks go from 02:00 to 03:00 on 8 March in New York and on 29 March in Berlin.
    assert firings("cron(30 2 * * ? *)", NEW_YORK, "2026-03-07T12:00", 2) == ["2026-03-09T06:30", "2026-03-10T06:30"]
    assert firings("cron(30 2 * * ? *)", BERLIN, "2026-03-28T12:00", 1) == ["2026-03-30T00:30"]
    assert firings("cron(0 * * * ? *)", BERLIN, "2026-03-29T00:30", 3) == [
        "2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T02:00",
    ]  # fmt: skip


def test_a_time_that_comes_twice_fires_once() -> None:
    # Clocks go back from 02:00 to 01:00 on 1 November in New York, from 03:00 to 02:00 on 25 October in Berlin.
    assert firings("cron(30 1 * * ? *)", NEW_YORK, "2026-11-01T00:00", 2) == ["2026-11-01T05:30", "2026-11-02T06:30"]
    assert firings("cron(0/30 * * * ? *)", BERLIN, "2026-10-25T01:45", 3) == [
        "2026-10-25T00:00", "2026-10-25T00:30", "2026-10-25T02:00",
    ]  # fmt: skip


def test_the_second_time_round_is_not_taken_for_the_first() -> None:
    second = datetime(2026, 11, 1, 1, 10, tzinfo=ZoneInfo(NEW_YORK), fold=1)
    assert parse("cron(30 1 * * ? *)", NEW_YORK).next_after(second) == at("2026-11-02T06:30")


def test_a_time_that_never_exists_is_given_up() -> None:
    # The second Sunday in March, 02:30: just what New York leaves out, every year.
    assert parse("cron(30 2 ? 3 SUN#2 *)", NEW_YORK).next_after(at("2026-11-22T00:00")) is None


@pytest.mark.parametrize(
    "expression",
    [
        "", "*/30 * * * *", "cron(0 2 * * *)", "cron(0 2 * * ? * *)", "cron(0 2 * * * *)", "cron(0 2 ? * ? *)",
        "cron(0 2 1 * MON *)", "cron(60 2 * * ? *)", "cron(0 24 * * ? *)", "cron(0 2 32 * ? *)", "cron(0 2 * 13 ? *)",
        "cron(0 2 ? * 0 *)", "cron(0 2 ? * 8 *)", "cron(0 2 ? * 17 *)", "cron(0 2 ? * FOO *)", "cron(0 2 ?/2 * ? *)",
        "cron(0 2 ? * 2#6 *)", "cron(0 2 ? * 2#0 *)", "cron(0/0 2 * * ? *)", "cron(? 2 * * ? *)", "cron(0 2 * * ? ?)",
        "cron(0 2 * * ? 1969)", "cron(0 2 * * ? 2200)", "cron(0 2 * * ? 2030-2020)", "cron(0 2 * * ? 2026/0)",
        "cron(0 2 * * ? 1-999999999999)", "cron(0 2 * * ? 2026,)", "cron(0 2 * * ? -2026)", "cron(0 2 * * ? \uff12026)",
        "rate(0 minutes)", "rate(5 minute)", "rate(5 seconds)", "rate(-5 minutes)", "rate(5minutes)", "rate(1.5 hours)",
        "rate(\uff15 minutes)", "at(2026-11-22T15:00:00)", "rate(5 minutes) ", "cron(0 2 * * ? *)\n",
    ],
)  # fmt: skip
def test_what_eventbridge_refuses_is_refused(expression: str) -> None:
    with pytest.raises(InvalidSchedule, match=r"^schedule: "):
        parse(expression)


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "America", "../etc/passwd", "/etc/localtime", "New York", "a\x00b"]
)
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(InvalidSchedule, match=r"^zone: .* is not an IANA time zone"):
        parse("rate(1 hour)", zone)


def test_rates_do_not_care_for_zones() -> None:
    moment = at("2026-03-08T06:59")
    assert parse("rate(1 hour)", NEW_YORK).next_after(moment) == parse("rate(1 hour)").next_after(moment)


FIELDS = st.tuples(
    st.sampled_from(["0", "30", "59", "0/15", "*/7", "*", "5,10"]),
    st.sampled_from(["0", "1", "2", "3", "0/6", "*", "1-3"]),
    st.sampled_from(["* * ?", "1 * ?", "L * ?", "? 3,10,11 1", "? * 2#1", "? * 6L", "? * MON-FRI", "15-20 * ?"]),
)
MOMENTS = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(FIELDS, st.sampled_from(["UTC", NEW_YORK, BERLIN]), MOMENTS)
def test_the_next_time_is_later_matches_the_clock_on_the_wall_and_has_none_before_it(
    fields: tuple[str, str, str], zone: str, moment: datetime
) -> None:
    schedule = parse(f"cron({fields[0]} {fields[1]} {fields[2]} *)", zone)
    fires = schedule.next_after(moment)
    assert fires is not None
    assert fires > moment
    assert (fires.tzinfo, fires.second, fires.microsecond) == (UTC, 0, 0)
    wall = fires.astimezone(ZoneInfo(zone))
    assert wall.fold == 0
    if fields[0].isdigit():
        assert wall.minute == int(fields[0])
    if fields[1].isdigit():
        assert wall.hour == int(fields[1])
    between = moment + (fires - moment) / 2
    assert schedule.next_after(between) == fires
    assert schedule.next_after(fires - timedelta(microseconds=1)) == fires


@given(st.text(alphabet="cronate()0123456789*?/-,#LW MONFRIminutes", max_size=30), st.text(max_size=20))
def test_whatever_is_written_only_invalid_schedule_is_raised(expression: str, zone: str) -> None:
    for tried in (
        expression,
        f"cron(0 0 {expression[:6].replace(' ', '')} * ? *)",
        f"cron(0 0 ? * {expression[:6]} *)",
    ):
        for where in ("UTC", zone):
            try:
                schedule = parse(tried, where)
            except InvalidSchedule:
                continue
            schedule.next_after(at("2026-11-22T15:00"))
