"""The handler as Lambda calls it: one run at a time, its end line, its parts, and its death in the middle."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nightshift.errors import JobFailed
from nightshift.job import Run
from nightshift.platform import platform
from reservations import pace
from reservations.cleanup_reservations import handler
from tests.contract.source import ROOT
from tests.integration.reservations.shop import Shop

pytestmark = pytest.mark.usefixtures("aws", "postgres_url")

# One process loads everything and becomes eight, each with its own file to write to.
EIGHT = f"""
import os, sys
sys.path[:0] = [{str(ROOT / "functions")!r}, {str(ROOT / "layers" / "nightshift")!r}]
import boto3, pg8000.native, nightshift.execution, reservations.cleanup
from reservations.cleanup_reservations import handler

def one(path):
    os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), 1)
    try:
        handler({{}}, None)
        sys.stdout.flush()
        os._exit(0)
    except BaseException as error:
        sys.stderr.write(repr(error))
        os._exit(1)

children = [os.fork() or one(path) for path in sys.argv[1:]]
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


def expired(shop: Shop, number: int) -> int:
    """A product with that many expired holds of one unit each."""
    lamp = shop.stock(number)
    shop.run(
        "INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, expires_at)"
        f" SELECT id, 'cart', 1, now() - interval '1 second' FROM inventory, generate_series(1, {number})"
    )
    shop.run("UPDATE inventory SET reserved = :n", n=number)
    return lamp


def test_eight_processes_at_once_release_everything_once(shop: Shop, tmp_path: Path) -> None:
    lamp = expired(shop, 3000)
    files = [tmp_path / str(number) for number in range(8)]
    subprocess.run([sys.executable, "-c", EIGHT, *map(str, files)], check=True, timeout=60)
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    ends = [line for line in lines if line.get("message") == "Cleanup job completed"]
    skipped = [line for line in lines if line.get("message") == "Job skipped"]
    assert len(ends) + len(skipped) == 8
    assert {end["service"] for end in ends} == {"cleanup-reservations-job"}
    assert sum(end["cleanedCount"] for end in ends) == 3000
    common = {"jobType", "status", "processed", "failed", "errors", "duration", "run_id"}
    assert all(common <= end.keys() for end in ends)
    emitted = [line for line in lines if "ExpiredHolds" in line]
    assert sum(line["ExpiredHolds"][0] for line in emitted) == 3000
    assert {(line["service"], line["job"]) for line in emitted} == {("nightshift", "cleanup-reservations")}
    assert (shop.counters(lamp), shop.imbalance()) == ((3000, 0), [])


def test_eight_batches_at_once_without_the_lock_release_everything_once(shop: Shop, connect: Callable[[], Any]) -> None:
    lamp = expired(shop, 500)
    batch = "SELECT released FROM release_expired_reservations('own', '-infinity', :id, 40)"
    start = "00000000-0000-0000-0000-000000000000"

    def drain(_number: int) -> int:
        with connect() as own:
            released, left = 0, True
            while left:
                released += own.one(batch, id=start)
                left = own.one("SELECT EXISTS (SELECT 1 FROM inventory_reservations WHERE status = 'active')")
        return released

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(drain, range(8))) == 500
    assert (shop.counters(lamp), shop.imbalance()) == ((500, 0), [])


def test_what_is_left_at_the_deadline_goes_on_in_further_parts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "START", 10)
    monkeypatch.setattr(pace, "MOST", 10)
    lamp = expired(shop, 45)
    monkeypatch.setattr(
        Run, "time_left_s", property(lambda run: 0.0 if checkpoints.count(run.lease.fence) == 2 else 9.0)
    )
    monkeypatch.setattr(Run, "checkpoint", lambda run: checkpoints.append(run.lease.fence))
    checkpoints: list[int] = []  # of which part; each has time for two batches
    parts = Parts()
    platform()._clients["lambda"] = parts

    results = [handler({}, None)]
    while parts.events and len(results) < 5:
        results.append(handler(parts.events.pop(), None))

    assert [result["status"] for result in results] == ["continued", "continued", "succeeded"]
    assert [result["cleanedCount"] for result in results] == [20, 20, 45]
    assert shop.counters(lamp) == (45, 0)


class Parts:
    """Stands in for Lambda's Invoke API: it keeps the events of further parts."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803
        assert (FunctionName, InvocationType) == ("", "Event")
        self.events.append(json.loads(Payload))


def test_a_death_in_the_middle_of_a_batch_loses_nothing(shop: Shop, connect: Callable[[], Any]) -> None:
    lamp = expired(shop, 30)
    with connect() as brake, ThreadPoolExecutor(1) as pool:
        brake.run("SELECT pg_advisory_lock(1)")
        shop.run(
            "CREATE FUNCTION brake() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN new; END'"
        )
        shop.run("CREATE TRIGGER brake AFTER UPDATE ON inventory_reservations EXECUTE FUNCTION brake()")
        try:
            dying = pool.submit(handler, {}, None)
            backend = waiting_backend(shop)
            shop.run("SELECT pg_terminate_backend(:pid)", pid=backend)
            with pytest.raises(JobFailed, match="DatabaseUnavailable"):
                dying.result(timeout=30)
        finally:
            shop.run("DROP TRIGGER brake ON inventory_reservations; DROP FUNCTION brake()")
    assert shop.counters(lamp) == (30, 30)
    assert shop.run("SELECT DISTINCT status FROM inventory_reservations") == [["active"]]
    assert handler({}, None)["cleanedCount"] == 30
    assert shop.counters(lamp) == (30, 0)
    assert shop.run("SELECT status FROM job_runs ORDER BY created_at") == [["failed"], ["succeeded"]]


def waiting_backend(shop: Shop) -> int:
    """The process that has come to the brake, with its rows changed and not committed."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = shop.run("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        if found:
            return int(found[0][0])
    raise AssertionError("nobody came to the brake")
