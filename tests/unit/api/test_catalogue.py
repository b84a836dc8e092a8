"""The JOBS variable joined with the declared jobs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from api.catalogue import Catalogue
from api.settings import load_settings
from nightshift.errors import SettingsError
from tests.support.door import JOBS, TIDY, WARM


def _read(**changes: Any) -> Catalogue:
    deployed = json.loads(JOBS)
    for name, change in changes.items():
        deployed[name.replace("_", "-")] = change
    return Catalogue.read([TIDY, WARM], json.dumps(deployed))


def test_every_job_has_its_function_and_its_schedule() -> None:
    tidy, warm = _read()

    assert (tidy.job, tidy.function, tidy.zone) == (TIDY, "tidy-lambda", "UTC")
    assert tidy.next_run(datetime(2026, 11, 22, 15, 1, tzinfo=UTC)) == datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
    assert warm.next_run(datetime.now(UTC)) is None


def test_a_disabled_schedule_has_no_next_run() -> None:
    [tidy, _] = _read(tidy_up={"function": "f", "schedule": "rate(1 hour)", "enabled": False})

    assert tidy.schedule is not None
    assert tidy.next_run(datetime.now(UTC)) is None


def test_a_schedule_is_read_in_its_zone() -> None:
    [tidy, _] = _read(tidy_up={"function": "f", "schedule": "cron(0 2 * * ? *)", "zone": "America/New_York"})

    assert tidy.next_run(datetime(2026, 11, 22, tzinfo=UTC)) == datetime(2026, 11, 22, 7, tzinfo=UTC)


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        _read(
            tidy_up={"schedule": "cron(1 2 3)", "zone": "UTC", "enabled": "yes", "speed": 9},
            warm_one={"function": "", "zone": 5},
            other={"function": "f"},
        )

    said = " ".join(refused.value.problems)
    for name in ("tidy-up.function", "tidy-up.schedule", "tidy-up.enabled", "tidy-up.speed", "warm-one.function",
                 "warm-one.zone", "JOBS.other"):  # fmt: skip
        assert name in said


@pytest.mark.parametrize("raw", ["", "[]", "{", "5"])
def test_what_is_no_object_is_refused(raw: str) -> None:
    with pytest.raises(SettingsError, match="JOBS must be a JSON object"):
        Catalogue.read([TIDY], raw)


def test_a_job_that_is_not_deployed_is_named() -> None:
    with pytest.raises(SettingsError, match=r"JOBS.tidy-up is missing"):
        Catalogue.read([TIDY], "{}")


@pytest.mark.parametrize(
    ("lock", "job"), [("tidy-up", "tidy-up"), ("warm:a:b", "warm-one"), ("warm:", None), ("x", None)]
)
def test_the_name_of_a_lock_tells_its_job(lock: str, job: str | None) -> None:
    assert _read().job_of_lock(lock) == job


def test_a_reference_must_name_a_store_and_is_never_shown() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"JOBS": "{}", "JOB_SECRET_REF": "hunter2", "READ_SECRET_REF": "ssm:"})

    assert len(refused.value.problems) == 2
    assert "hunter2" not in str(refused.value)
