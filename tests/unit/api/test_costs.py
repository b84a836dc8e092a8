"""What a run cost, by AWS' public price."""

from __future__ import annotations

import pytest

from api.pages import costs

RUN = {"job": "product-checks", "durationMs": 60_000, "startedAt": "2026-11-22T15:00:00Z", "part": 1}


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_MEMORY_MB", '{"product-checks": 1024}')


def test_a_minute_with_a_gigabyte_costs_sixty_gigabyte_seconds_and_a_request() -> None:
    assert costs.of_run(RUN).startswith("about $0.000800 (1024 MB")


def test_the_processor_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNCTION_ARCHITECTURE", "x86_64")

    assert costs.of_run(RUN).startswith("about $0.001000 ")


def test_a_function_that_says_nothing_has_512_mb_and_each_part_is_a_request() -> None:
    assert costs.of_run({**RUN, "job": "retention", "part": 1000}).startswith("about $0.000600 (512 MB")


def test_what_hardly_ran_costs_hardly_anything() -> None:
    assert costs.of_run({**RUN, "durationMs": 3}).startswith("less than $0.000001")


@pytest.mark.parametrize("missing", ["durationMs", "startedAt"])
def test_what_goes_on_or_never_began_has_no_price_yet(missing: str) -> None:
    assert costs.of_run({**RUN, missing: None}) == ""
