"""Every write that the door knows leaves an entry in the audit log; what does not, says why."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from deploy import describe
from nightshift.database import Database
from nightshift.delivery.unsubscribe import Subscription, token
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load
from tests.integration.api.conftest import UNSUBSCRIBE_SECRET, Workers
from tests.support.door import AS_JOB, Caller

# Without an entry of their own.
EXEMPT = {
    "POST /api/cron/callback/{jobId}": "a worker's answer is kept with the attempt, in puppet_job_execution_logs",
    "POST /login": "a page, whose entries test_signing_in.py looks at",
    "POST /logout": "a page likewise",
}
# Pages ask the routes of the API, which write the entries.
WRITES = {
    f"{route.method} {route.path}": route
    for route in describe.routes()
    if route.method != "GET" and not route.is_page and f"{route.method} {route.path}" not in EXEMPT
}
SLUG = "tea-vs-coffee"
BODIES: dict[str, Any] = {
    "POST /api/comparison/warmup": {"slug": SLUG},
    "POST /api/jobs/warmup-on-demand": {"slug": SLUG},
    "PUT /api/cron/config": {"batchSize": 7},
}
PATHS = {"{job}": "product-checks", "{name}": "product-checks", "{id}": "1"}


def _hold(body: dict[str, Any]) -> None:
    """Somebody holds the lock that is taken away."""
    platform = Platform(load(PlatformSettings, os.environ))
    lease = platform.locks.acquire("product-checks", 60, who="somebody", run_id=str(uuid4()))
    body |= {"job": "product-checks", "holder": lease.holder}


# What must be so before a route changes anything.
BEFORE: dict[str, Callable[[Caller, dict[str, Any]], Any]] = {
    "POST /api/cron/start": lambda call, _: call("POST", "/api/cron/stop", AS_JOB),
    "POST /api/jobs/{job}/resume": lambda call, _: call("POST", "/api/jobs/product-checks/pause", AS_JOB),
    "POST /api/locks/{name}/force-release": lambda _, body: _hold(body),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_written_down(real_call: Caller, database: Database, workers: Workers, name: str) -> None:
    database.write(
        "INSERT INTO comparisons (slug, term_a, term_b) VALUES (:slug, 'a', 'b') ON CONFLICT DO NOTHING", slug=SLUG
    )
    body = {**BODIES.get(name, {})}
    if name in BEFORE:
        BEFORE[name](real_call, body)
    link = token(Subscription(1, "all"), UNSUBSCRIBE_SECRET)
    path = re.sub(r"\{\w+\}", lambda found: link if found[0] == "{token}" else PATHS[found[0]], WRITES[name].path)
    headers = {**AS_JOB, "If-Match": "*", "Prefer": "respond-async"}
    answer = real_call(WRITES[name].method, path, headers, body=body, request_id="the-one")

    assert answer.status in (200, 202), answer.text
    [entry] = database.read("SELECT * FROM audit_log WHERE request_id = 'the-one'")
    assert entry["who"] in ("job", "an unsubscribe link")
    assert set(entry["details"]) == {"before", "after"}
    assert entry["action"]
    assert entry["subject"]
    assert json.dumps(entry["details"]["after"]) != json.dumps(entry["details"]["before"])


def test_only_what_is_there_is_exempt() -> None:
    assert EXEMPT.keys() <= {f"{route.method} {route.path}" for route in describe.routes()}
