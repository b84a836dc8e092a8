"""The operators' command line against a running system, as the make targets call it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from local import running
from local.console.__main__ import main
from local.system import LocalSystem

pytestmark = pytest.mark.e2e
Console = Callable[..., tuple[int, str]]


@pytest.fixture
def console(
    local_system: LocalSystem, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], state: Path
) -> Console:
    monkeypatch.setenv("NIGHTSHIFT_STATE", str(state))
    running.announce(state, local_system.door.url, local_system.functions.endpoint, local_system.jobs)

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["console", *words])
        status = main()
        return status, capsys.readouterr().out

    return call


def test_a_job_is_started_watched_and_looked_into(console: Console) -> None:
    started, told = console("start", "product-checks", "--params", '{"limit": 2}')
    listed, table = console("runs", "product-checks")
    shown, lines = console("logs", "--job", "product-checks")

    assert (started, listed, shown) == (0, 0, 0)
    assert re.search(r"processed +2\n", told)
    run_id = re.search(r"run +([0-9a-f-]{36})", told)
    assert run_id
    assert re.search(rf"http +succeeded .* {run_id[1]}", table)
    assert re.search(r"INFO +Job started", lines)
    assert console("logs", run_id[1])[1].count("processed=2 ") == 1


def test_every_job_is_listed(console: Console, local_system: LocalSystem) -> None:
    status, table = console("jobs")

    assert status == 0
    assert all(f"\n  {job} " in table for job in local_system.jobs)


def test_a_schedule_is_paused_and_resumed(console: Console, door: httpx.Client) -> None:
    def paused() -> object:
        jobs = door.get("/api/jobs").json()["jobs"]
        return next(job for job in jobs if job["name"] == "retention")["paused"]

    assert console("pause", "retention", "--reason", "the disk is full")[0] == 0
    at_first = paused()
    assert console("resume", "retention")[0] == 0

    assert isinstance(at_first, dict)
    assert at_first["reason"] == "the disk is full"
    assert paused() is None


def test_what_cannot_be_is_said(console: Console, local_system: LocalSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    assert console("start", "no-such-job")[0] == 2
    invalid, said = console("start", "product-checks", "--params", '{"limit": 0}')
    assert invalid == 2
    assert "limit" in said
    assert "no JSON object" in console("start", "product-checks", "--params", "3")[1]
    assert "RUN=" in console("logs")[1]
    monkeypatch.setenv("NIGHTSHIFT_SECRET", "not-the-secret")
    wrong, said = console("--remote", local_system.door.url, "jobs")
    assert (wrong, "not-the-secret" in said, said.startswith("401 ")) == (2, False, True)
