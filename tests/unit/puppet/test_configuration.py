"""What is in force: deployed values, stored ones over them, and nothing that would stop the processor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from nightshift.errors import SettingsError
from puppet.configuration import (
    PARAMETERS,
    PRESETS,
    configuration_of,
    conflicts,
    deployed_values,
    in_force,
)

DEPLOYED = deployed_values({})
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _row(settings: Any, *, enabled: bool = True) -> dict[str, Any]:
    return {"enabled": enabled, "settings": settings, "version": 4, "updated_at": NOW, "updated_by": "admin"}


def test_without_anything_stored_the_deployed_values_are_in_force() -> None:
    configuration = configuration_of(None, {"PUPPET_BATCH_SIZE": "7", "PER_USER_LIMIT": "3"})

    assert (configuration.batch_size, configuration.per_user_limit) == (7, 3)
    assert (configuration.max_concurrent_jobs, configuration.job_timeout_s, configuration.max_retries) == (10, 120, 3)
    assert (configuration.enabled, configuration.version, configuration.problems) == (True, 0, ())


def test_stored_values_lie_over_the_deployed_ones() -> None:
    configuration = configuration_of(_row({"batchSize": 50}, enabled=False), {"PUPPET_MAX_RETRIES": "1"})

    assert (configuration.batch_size, configuration.max_retries, configuration.enabled) == (50, 1, False)
    assert (configuration.version, configuration.updated_by, configuration.updated_at) == (4, "admin", NOW)
    assert configuration.problems == ()


@pytest.mark.parametrize("wrong", [0, 501, "many", True, None, 2.5, [], {}])
def test_a_stored_value_that_is_wrong_leaves_the_deployed_one_and_is_said(wrong: Any) -> None:
    configuration = configuration_of(_row({"batchSize": wrong, "maxRetries": 5}), {})

    assert (configuration.batch_size, configuration.max_retries) == (20, 5)
    assert len(configuration.problems) == 1
    assert configuration.problems[0].startswith("batchSize must be a whole number from 1 to 500")


def test_what_an_older_version_stored_is_ignored_and_said() -> None:
    values, problems = in_force({"maxBrowsers": 3}, DEPLOYED)

    assert values == DEPLOYED
    assert problems == ("maxBrowsers is stored and not known; it is ignored",)


@pytest.mark.parametrize("stored", [[], "x", 3, None])
def test_a_document_that_is_none_is_said(stored: Any) -> None:
    values, problems = in_force(stored, DEPLOYED)

    assert values == DEPLOYED
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("stored", "back"),
    [
        ({"perUserLimit": 11}, {"perUserLimit": 2, "maxConcurrentJobs": 10}),
        ({"maxConcurrentJobs": 1}, {"perUserLimit": 2, "maxConcurrentJobs": 10}),
        ({"jobTimeoutSeconds": 271}, {"jobTimeoutSeconds": 120, "stuckAfterSeconds": 300}),
        ({"stuckAfterSeconds": 149}, {"jobTimeoutSeconds": 120, "stuckAfterSeconds": 300}),
    ],
)
def test_stored_values_that_contradict_each_other_both_go_back(stored: dict[str, int], back: dict[str, int]) -> None:
    values, problems = in_force({**stored, "batchSize": 33}, DEPLOYED)

    assert values == {**DEPLOYED, **back, "batchSize": 33}
    assert len(problems) == 1
    assert conflicts(values) == {}


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"PUPPET_BATCH_SIZE": "0"}, "PUPPET_BATCH_SIZE"),
        ({"PER_USER_LIMIT": "11"}, "PER_USER_LIMIT"),
        ({"PUPPET_JOB_TIMEOUT_SECONDS": "300"}, "PUPPET_STUCK_AFTER_SECONDS"),
        ({"INVITE_COOLDOWN_DAYS": "a month"}, "INVITE_COOLDOWN_DAYS"),
    ],
)
def test_a_deployment_that_is_wrong_is_named(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        deployed_values(environ)


def test_a_timeout_may_be_as_long_as_it_leaves_one_heartbeat() -> None:
    assert conflicts({**DEPLOYED, "jobTimeoutSeconds": 270}) == {}
    assert "stuckAfterSeconds" in conflicts({**DEPLOYED, "jobTimeoutSeconds": 271})
    assert conflicts({**DEPLOYED, "perUserLimit": 10}) == {}
    assert "perUserLimit" in conflicts({**DEPLOYED, "perUserLimit": 11})


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_sound_and_recognised(preset: str) -> None:
    bounds = {parameter.name: parameter for parameter in PARAMETERS}
    for name, value in PRESETS[preset].items():
        assert bounds[name].parse(value) == value
    values, problems = in_force(PRESETS[preset], DEPLOYED)

    assert (conflicts(values), problems) == ({}, ())
    assert configuration_of(_row(dict(PRESETS[preset])), {}).preset == preset


def test_presets_name_the_same_values_and_grow() -> None:
    small, medium, large = (PRESETS[name] for name in ("small", "medium", "large"))

    assert small.keys() == medium.keys() == large.keys()
    for name in ("batchSize", "maxConcurrentJobs"):
        assert small[name] < medium[name] < large[name]
    assert configuration_of(None, {}).preset == "medium", "what is deployed by default"


def test_values_of_nobodys_choice_are_no_preset() -> None:
    assert configuration_of(_row({"batchSize": 21}), {}).preset is None


def test_every_value_is_described_and_has_its_bounds() -> None:
    assert [parameter.name for parameter in PARAMETERS] == list(configuration_of(None, {}).values)
    for parameter in PARAMETERS:
        assert parameter.description
        assert parameter.minimum <= DEPLOYED[parameter.name] <= parameter.maximum
