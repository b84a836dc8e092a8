"""When a job is late: by its deployed schedule, in its zone, around both changes of the clocks in New York."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from housekeeping.lateness import Watched, overdue, schedule_text
from nightshift.deployed import Deployed
from nightshift.punctuality import LEAST_GRACE, MOST_GRACE, due_after, grace
from nightshift.schedule import parse

NEW_YORK = "America/New_York"
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def deployed(expression: str, zone: str = "UTC", *, enabled: bool = True) -> Deployed:
    return Deployed(parse(expression, zone), enabled, "function")


def ran(schedule: Deployed, ended: str, watched_from: str = "2026-01-01T00:00") -> Watched:
    text = schedule_text(schedule)
    return Watched("a-job", schedule=text, watched_from=utc(watched_from), ended_at=utc(ended), status="succeeded")


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("rate(1 minute)", LEAST_GRACE),
        ("rate(5 minutes)", LEAST_GRACE),
        ("rate(30 minutes)", timedelta(minutes=15)),
        ("cron(0/30 * * * ? *)", timedelta(minutes=15)),
        ("cron(0 * * * ? *)", MOST_GRACE),
        ("cron(0 2 * * ? *)", MOST_GRACE),
        ("rate(1 day)", MOST_GRACE),
        # It fires once more and never again.
        ("cron(0 2 1 1 ? 2027)", MOST_GRACE),
    ],
)
def test_half_a_period_is_waited_within_bounds(expression: str, wanted: timedelta) -> None:
    schedule = parse(expression)
    due = due_after(schedule, utc("2026-06-01T10:00"))
    assert due is not None
    assert grace(schedule, due) == wanted


def test_a_job_is_late_once_its_grace_has_passed_and_not_before() -> None:
    daily = deployed("cron(0 2 * * ? *)")
    watched = ran(daily, "2026-06-01T02:10")
    assert overdue(watched, daily, utc("2026-06-02T02:30")) is None
    assert overdue(watched, daily, utc("2026-06-02T02:30") + MINUTE) == utc("2026-06-02T02:00")


def test_a_rate_is_counted_from_the_last_run_whatever_its_phase() -> None:
    often = deployed("rate(5 minutes)")
    watched = ran(often, "2026-06-01T10:02:30")
    assert overdue(watched, often, utc("2026-06-01T10:10:30")) is None
    assert overdue(watched, often, utc("2026-06-01T10:10:31")) == utc("2026-06-01T10:07:30")


def test_nothing_was_promised_by_a_schedule_that_is_off_paused_absent_or_new() -> None:
    often, now = deployed("rate(5 minutes)"), utc("2026-06-05T00:00")
    watched = ran(often, "2026-06-01T10:00")
    assert overdue(watched, often, now) is not None
    assert overdue(replace(watched, is_paused=True), often, now) is None
    assert overdue(watched, deployed("rate(5 minutes)", enabled=False), now) is None
    assert overdue(watched, Deployed(None, enabled=True), now) is None
    assert overdue(watched, deployed("rate(6 minutes)"), now) is None
    assert overdue(watched, deployed("rate(5 minutes)", NEW_YORK), now) is None
    assert overdue(Watched("a-job"), often, now) is None


def test_what_was_expected_before_its_schedule_was_deployed_is_not_missed() -> None:
    daily = deployed("cron(0 2 * * ? *)")
    never_ran = replace(ran(daily, "2026-06-01T00:00", watched_from="2026-06-02T02:01"), ended_at=None)
    assert overdue(never_ran, daily, utc("2026-06-02T23:00")) is None
    assert overdue(never_ran, daily, utc("2026-06-03T02:31")) == utc("2026-06-03T02:00")


def test_what_was_expected_while_it_was_paused_is_not_missed() -> None:
    daily = deployed("cron(0 2 * * ? *)")
    resumed = replace(ran(daily, "2026-06-01T02:01"), resumed_at=utc("2026-06-08T09:00"))
    assert overdue(resumed, daily, utc("2026-06-09T02:15")) is None
    assert overdue(resumed, daily, utc("2026-06-09T02:31")) == utc("2026-06-09T02:00")


# On 2026-03-08 at 02:00 EST (07:00 UTC) the clocks of New York go to 03:00 EDT; on 2026-11-01 at 02:00 EDT (06:00 UTC)
# back to 01:00 EST.


def test_a_time_that_the_spring_leaves_out_is_not_missed() -> None:
    daily = deployed("cron(30 2 * * ? *)", NEW_YORK)
    watched = ran(daily, "2026-03-07T07:31")
    # 02:30 does not exist on the 8th: the next is on the 9th, in summer time.
    assert overdue(watched, daily, utc("2026-03-09T06:59")) is None
    assert overdue(watched, daily, utc("2026-03-09T07:01")) == utc("2026-03-09T06:30")


def test_an_hourly_job_in_spring_goes_from_one_oclock_to_three() -> None:
    hourly = deployed("cron(0 * * * ? *)", NEW_YORK)
    watched = ran(hourly, "2026-03-08T06:01")
    assert overdue(watched, hourly, utc("2026-03-08T07:30")) is None
    assert overdue(watched, hourly, utc("2026-03-08T07:31")) == utc("2026-03-08T07:00")


def test_a_time_that_autumn_has_twice_is_expected_once() -> None:
    daily = deployed("cron(30 1 * * ? *)", NEW_YORK)
    before = ran(daily, "2026-10-31T05:31")
    assert overdue(before, daily, utc("2026-11-01T06:01")) == utc("2026-11-01T05:30")
    # It ran at the first 01:30; at the second nothing comes and nothing is missed.
    watched = ran(daily, "2026-11-01T05:31")
    assert overdue(watched, daily, utc("2026-11-01T12:00")) is None
    assert overdue(watched, daily, utc("2026-11-02T07:01")) == utc("2026-11-02T06:30")


def test_an_hourly_job_in_autumn_is_not_late_for_the_hour_that_comes_twice() -> None:
    hourly = deployed("cron(0 * * * ? *)", NEW_YORK)
    watched = ran(hourly, "2026-11-01T05:01")
    # 01:00 EST, at 06:00 UTC, is the second of its name: whether the scheduler fires then or not, nobody is woken.
    assert overdue(watched, hourly, utc("2026-11-01T07:30")) is None
    assert overdue(watched, hourly, utc("2026-11-01T07:31")) == utc("2026-11-01T07:00")
    assert overdue(ran(hourly, "2026-11-01T06:01"), hourly, utc("2026-11-01T07:31")) == utc("2026-11-01T07:00")


@pytest.mark.parametrize("change", ["2026-03-08T06:30", "2026-11-01T05:30"])
def test_rates_go_by_elapsed_time_over_both_changes(change: str) -> None:
    for expression, period in (("rate(30 minutes)", timedelta(minutes=30)), ("rate(1 day)", timedelta(days=1))):
        rate = deployed(expression, NEW_YORK)
        due = utc(change) + period
        watched = ran(rate, change)
        wait = min(period / 2, MOST_GRACE)
        assert overdue(watched, rate, due + wait) is None
        assert overdue(watched, rate, due + wait + MINUTE) == due


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_half_hours_in_new_york_are_never_late_while_they_run_on_time(day: str) -> None:
    # At each minute of the day, with a run at every time that exists on New York's clocks.
    half_hourly = deployed("cron(0/30 * * * ? *)", NEW_YORK)
    assert half_hourly.schedule is not None
    moment, ended, lates = utc(f"{day}T00:00"), utc(f"{day}T00:00"), 0
    while moment < utc(f"{day}T00:00") + timedelta(days=1):
        due = half_hourly.schedule.next_after(ended)
        assert due is not None
        if moment >= due + MINUTE:
            ended = due + MINUTE
        lates += overdue(ran(half_hourly, ended.isoformat()[:19]), half_hourly, moment) is not None
        moment += MINUTE
    assert lates == 0
