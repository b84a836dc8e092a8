"""Advice follows from the figures, crosses its bound exactly, and proposes what the configuration would accept."""

from __future__ import annotations

from typing import Any

import pytest

from puppet.configuration import PARAMETERS, conflicts, deployed_values
from puppet.reading.recommendations import ENOUGH_ATTEMPTS, Figures, recommend

NONE = {
    "attempts": 1000, "succeeded": 1000, "failed": 0, "timed_out": 0, "stuck": 0, "duplicates": 0, "given_up": 0,
    "rate_limited": 0, "unauthenticated": 0, "unauthenticated_users": 0, "repeated": 0, "repeated_succeeded": 0,
    "success_duration_p95": 3000.0, "waited_p95": 1000.0,
}  # fmt: skip
HOURS = [{"hour": hour, "attempts": 10, "waited_p95": 500_000.0 if hour == 23 else 10.0} for hour in range(24)]


def figures(types: tuple[dict[str, Any], ...] = (), users: tuple[dict[str, Any], ...] = (), **given: Any) -> Figures:
    """Figures of a day on which all went well but for what is given: counts, or settings by their names."""
    values = {**deployed_values({}), **{name: value for name, value in given.items() if name in deployed_values({})}}
    totals = {**NONE, **{name: value for name, value in given.items() if name in NONE}}
    return Figures(totals, types, users, HOURS, values)


def advice(**given: Any) -> dict[str, Any]:
    """The advice by its code."""
    return {each["code"]: each for each in recommend(figures(**given))}


def test_where_all_is_well_there_is_none() -> None:
    assert recommend(figures()) == []


def test_too_few_attempts_prove_nothing() -> None:
    few = ENOUGH_ATTEMPTS - 1
    assert recommend(figures(attempts=few, stuck=few, rate_limited=few, succeeded=0)) == []
    assert recommend(figures(attempts=few + 1, stuck=few, succeeded=1))


def test_not_even_one_attempt() -> None:
    nothing: dict[str, Any] = dict.fromkeys(NONE, 0)
    assert recommend(figures(**{**nothing, "waited_p95": None, "success_duration_p95": None})) == []


@pytest.mark.parametrize(
    ("column", "least", "code"),
    [
        ("stuck", 10, "processors-die"),
        ("unauthenticated", 50, "sign-ins-refused"),
        ("rate_limited", 50, "too-fast"),
        ("timed_out", 50, "workers-hang"),
        ("duplicates", 250, "many-duplicates"),
    ],
)
def test_each_share_has_its_bound(column: str, least: int, code: str) -> None:
    assert advice(**{column: least}) == {}
    [(found, one)] = advice(**{column: least + 1}).items()
    assert found == code
    assert one["figure"]["value"] >= one["figure"]["bound"]


class TestSettings:
    @pytest.mark.parametrize(
        ("given", "name", "proposed"),
        [
            ({"rate_limited": 100}, "perUserLimit", 1),
            ({"rate_limited": 100, "perUserLimit": 9}, "perUserLimit", 6),
            ({"rate_limited": 100, "perUserLimit": 1}, "maxConcurrentJobs", 7),
            ({"rate_limited": 100, "perUserLimit": 1, "maxConcurrentJobs": 1}, "maxConcurrentJobs", None),
            ({"timed_out": 100, "success_duration_p95": 96_000.0}, "jobTimeoutSeconds", 180),
            (
                {"timed_out": 100, "success_duration_p95": 590_000.0, "jobTimeoutSeconds": 600},
                "jobTimeoutSeconds",
                None,
            ),
            ({"timed_out": 100, "success_duration_p95": 20_000.0}, "jobTimeoutSeconds", 60),
            ({"timed_out": 100, "success_duration_p95": 1000.0}, "jobTimeoutSeconds", 10),
            ({"repeated": 100, "repeated_succeeded": 9}, "maxRetries", 2),
            ({"repeated": 100, "repeated_succeeded": 51, "given_up": 120}, "maxRetries", 4),
            ({"waited_p95": 300_001.0}, "maxConcurrentJobs", 15),
            ({"waited_p95": 300_001.0, "maxConcurrentJobs": 5}, "maxConcurrentJobs", 8),
        ],
    )
    def test_a_setting_is_proposed(self, given: dict[str, Any], name: str, proposed: int | None) -> None:
        [one] = advice(**given).values()
        values = figures(**given).values
        assert one["setting"] == {"name": name, "now": values[name], "proposed": proposed}
        assert name in one["text"]

    def test_what_is_proposed_is_within_bounds_and_contradicts_nothing(self) -> None:
        bounds = {parameter.name: parameter for parameter in PARAMETERS}
        for given in ({"rate_limited": 100}, {"waited_p95": 1e9}, {"repeated": 50}, {"timed_out": 100}):
            for one in advice(**given).values():
                setting = one["setting"]
                assert bounds[setting["name"]].parse(setting["proposed"]) == setting["proposed"]
                assert conflicts({**figures(**given).values, setting["name"]: setting["proposed"]}) == {}

    def test_more_time_may_need_more_patience_with_the_stuck(self) -> None:
        one = advice(timed_out=100, success_duration_p95=240_000.0, jobTimeoutSeconds=250)["too-little-time"]
        assert "stuckAfterSeconds to at least 405" in one["text"]


class TestTimeouts:
    def test_between_close_and_far_no_setting_helps(self) -> None:
        assert advice(timed_out=100, success_duration_p95=60_000.0)["workers-slow"]["setting"] is None

    def test_where_nothing_succeeded_the_limit_is_not_judged(self) -> None:
        assert advice(timed_out=1000, succeeded=0, success_duration_p95=None)["nothing-in-time"]["setting"] is None


class TestWaiting:
    def test_it_names_the_hour_in_which_jobs_wait_most(self) -> None:
        assert "from 23:00 to 00:00" in advice(waited_p95=600_000.0)["jobs-wait"]["text"]

    def test_more_at_once_is_not_advised_where_jobs_are_turned_away(self) -> None:
        assert list(advice(waited_p95=600_000.0, rate_limited=100)) == ["too-fast"]

    def test_a_queue_that_is_one_users_is_held_back_on_purpose(self) -> None:
        user = {"user_id": "ada", "attempts": 501, "unauthenticated": 0}
        one = advice(waited_p95=600_000.0, users=(user,))["one-user-waits"]
        assert one["setting"] == {"name": "perUserLimit", "now": 2, "proposed": 3}
        assert "ada" in one["text"]
        assert list(advice(waited_p95=600_000.0, users=({**user, "attempts": 500},))) == ["jobs-wait"]


class TestTypes:
    def test_a_type_that_fails_is_named(self) -> None:
        rows = (
            {"job_type": "send_invite", "succeeded": 90, "given_up": 10},
            {"job_type": "export", "succeeded": 9, "given_up": 11},
            {"job_type": "rare", "succeeded": 0, "given_up": 19},
        )
        one = advice(types=rows)["type-fails"]
        assert one["figure"] == {"name": "successRatePerJob", "value": 0.45, "bound": 0.5, "jobType": "export"}
        assert "export" in one["text"]

    def test_half_is_enough(self) -> None:
        assert advice(types=({"job_type": "export", "succeeded": 10, "given_up": 10},)) == {}


def test_users_whose_sign_in_is_refused_are_named() -> None:
    users = tuple({"user_id": f"u{n}", "attempts": 100, "unauthenticated": n % 2 * 10} for n in range(14))
    text = advice(unauthenticated=70, unauthenticated_users=7, users=users)["sign-ins-refused"]["text"]
    assert "7 users (among them u1, u3, u5, u7, u9)" in text


def test_futile_retries_are_not_told_from_a_handful() -> None:
    assert advice(repeated=19, repeated_succeeded=0) == {}
    assert advice(repeated=100, repeated_succeeded=0, maxRetries=0) == {}
    assert advice(repeated=100, repeated_succeeded=51, given_up=111) == {}
