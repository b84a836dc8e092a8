"""A reader's way through every process: missing, asked for, joined, fresh; and a nightly run that leaves it alone."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from local.sample_data import warmups
from local.system import LocalSystem

pytestmark = pytest.mark.e2e

SLUG = warmups.READ.slug


def _premium(door: httpx.Client) -> dict[str, Any]:
    answer = door.get("/api/comparison/premium", params={"slug": SLUG})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def _states(found: dict[str, Any]) -> list[str]:
    return [found[part]["state"] for part in ("forecasts", "explanations")]


def test_a_comparison_that_nobody_looked_at_goes_from_missing_to_fresh(
    local_system: LocalSystem, door: httpx.Client
) -> None:
    nightly = local_system.invoke(local_system.jobs["warmup-forecasts"], b"{}")
    assert json.loads(nightly.payload)["processed"] == warmups.forecast()[0]

    # Whoever may only read starts nothing.
    reader = {"X-Read-Secret": (local_system.secrets / "ReadSecret").read_text()}
    url = f"{local_system.door.url}/api/comparison/premium"
    before = httpx.get(url, params={"slug": SLUG}, headers=reader, timeout=60).json()
    assert (_states(before), before["warmup"]["state"]) == (["missing", "missing"], "none")

    first = door.post("/api/comparison/warmup", json={"slug": SLUG})
    second = door.post("/api/comparison/warmup", json={"slug": SLUG})
    assert (first.status_code, second.status_code) == (202, 202)
    # The same run, unless it was over by then.
    assert second.json()["runId"] == first.json()["runId"] or _states(_premium(door)) == ["fresh", "fresh"]

    found = _premium(door)
    while found["needsWarmup"]:  # the test's own time limit bounds the wait
        time.sleep(0.1)
        found = _premium(door)
    assert _states(found) == ["fresh", "fresh"]
    assert found["forecasts"]["data"]["terms"][0]["term"] == warmups.READ.term_a
    run = door.get(first.json()["statusUrl"]).json()
    assert (run["processed"], run["lock"]) == (2, f"warmup:on-demand:{SLUG}:{found['dataHash']}")


def test_what_nobody_knows_is_said_so(door: httpx.Client) -> None:
    assert door.get("/api/comparison/premium", params={"slug": "nobody-knows"}).status_code == 404
    assert door.post("/api/comparison/warmup", json={"slug": "nobody-knows"}).status_code == 404
    assert door.post("/api/jobs/warmup-forecasts", json={"limit": 0}).status_code == 400
