"""The checks' schedules in their zone, over the nights on which its clocks change."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from nightshift.deployed import Deployed, deployed
from nightshift.errors import InvalidSchedule, SettingsError
from wishlist.settings import load_settings

NEW_YORK = ZoneInfo("America/New_York")
HOURLY, HALF_HOURLY = "cron(0 * * * ? *)", "cron(0/30 * * * ? *)"


def _entry(schedule: str | None, zone: str = "America/New_York") -> Deployed:
    environ = {"JOBS": json.dumps({"check": {"function": "f", "schedule": schedule, "zone": zone, "enabled": True}})}
    return deployed("check", environ)


@pytest.mark.parametrize(
    ("schedule", "after", "fires"),
    [
        (HOURLY, "2026-11-22T10:15:00-05:00", "2026-11-22T11:00:00-05:00"),
        (HALF_HOURLY, "2026-11-22T10:15:00-05:00", "2026-11-22T10:30:00-05:00"),
        # The clocks go from 2:00 to 3:00.
        (HOURLY, "2026-03-08T01:30:00-05:00", "2026-03-08T03:00:00-04:00"),
        (HALF_HOURLY, "2026-03-08T01:45:00-05:00", "2026-03-08T03:00:00-04:00"),
        # They go from 2:00 back to 1:00: what comes twice fires the first time.
        (HOURLY, "2026-11-01T00:30:00-04:00", "2026-11-01T01:00:00-04:00"),
        (HOURLY, "2026-11-01T01:00:00-04:00", "2026-11-01T02:00:00-05:00"),
        (HALF_HOURLY, "2026-11-01T01:30:00-04:00", "2026-11-01T02:00:00-05:00"),
    ],
)
def test_the_next_run_follows_the_clocks_of_the_zone(schedule: str, after: str, fires: str) -> None:
    entry = _entry(schedule)
    assert entry.schedule is not None
    found = entry.schedule.next_after(datetime.fromisoformat(after))
    assert found is not None
    assert found.astimezone(NEW_YORK).isoformat() == fires


def test_a_job_without_schedule_is_started_by_callers_alone() -> None:
    assert _entry(None) == Deployed(None, enabled=True, function="f")


@pytest.mark.parametrize("environ", [{}, {"JOBS": ""}, {"JOBS": "{}"}])
def test_a_job_that_is_not_deployed_is_off(environ: dict[str, str]) -> None:
    assert deployed("check", environ) == Deployed(None, enabled=False)


def test_a_schedule_that_is_none_is_named() -> None:
    with pytest.raises(InvalidSchedule, match="every hour"):
        _entry("every hour")


def test_the_settings_have_defaults() -> None:
    settings = load_settings({})
    assert (settings.sale_check_enabled, settings.stock_check_enabled) == (True, True)
    assert (settings.zone, settings.min_drop_percent) == (NEW_YORK, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WISHLIST_TIMEZONE", "Mars/Olympus"),
        ("WISHLIST_TIMEZONE", "../../etc/passwd"),
        ("WISHLIST_MIN_DROP_PERCENT", "100"),
        ("WISHLIST_MIN_DROP_PERCENT", "-1"),
        ("WISHLIST_SALE_CHECK_ENABLED", "perhaps"),
    ],
)
def test_a_setting_that_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings({name: value})
