"""The handler itself, with the real domains and real secrets."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from api.app import door, handler
from api.domains import DOMAINS
from nightshift.database import Database
from nightshift.errors import SettingsError
from tests.integration.api.conftest import Workers
from tests.support import door as support
from tests.support.aws import Aws
from tests.support.door import event

CONTEXT = SimpleNamespace(aws_request_id="lambda-request", get_remaining_time_in_millis=lambda: 29_000)


@pytest.fixture
def deployed(environment: Aws, monkeypatch: pytest.MonkeyPatch) -> Aws:
    jobs = [job.name for domain in DOMAINS for job in domain.JOBS]
    deployed = {name: {"function": f"stack-{name}", "schedule": "rate(30 minutes)"} for name in jobs}
    monkeypatch.setenv("JOBS", json.dumps(deployed))
    return environment


def _call(method: str, path: str, headers: dict[str, str] | None = None, **sent: Any) -> tuple[int, Any]:
    answer = handler(event(method, path, headers, **sent), CONTEXT)
    return answer["statusCode"], json.loads(answer["body"])


def test_product_checks_start_over_both_of_their_routes(deployed: Aws, workers: Workers) -> None:
    status, accepted = _call("POST", "/api/jobs/product-checks", support.AS_JOB, body={"limit": 5})
    refused, holder = _call("POST", "/admin/checks/run-now", support.AS_ADMIN)

    assert (status, refused) == (202, 429)
    assert holder["runId"] == accepted["runId"]
    assert workers.invoked[0][0] == "stack-product-checks"
    assert workers.events[0]["params"]["limit"] == 5


def test_run_now_answers_in_its_own_form(deployed: Aws, workers: Workers) -> None:
    status, body = _call("POST", "/admin/checks/run-now", support.AS_ADMIN)

    assert status == 202
    assert body["success"] is True
    assert body["status"]["isRunning"] is True
    assert body["status"].keys() == {"enabled", "isRunning", "intervalMinutes", "cronJobActive"}
    assert len(workers.invoked) == 1


def test_every_read_of_the_domains_answers(deployed: Aws, database: Database) -> None:
    # Some ask for one thing by its name.
    database.write(
        "INSERT INTO comparisons (slug, term_a, term_b) VALUES ('1', 'tea', 'coffee') ON CONFLICT DO NOTHING"
    )
    status, description = _call("GET", "/openapi.json")
    assert status == 200
    for path, methods in description["paths"].items():
        if "get" in methods and "{" not in path and _is_json(methods["get"]):
            # What must be given is a number, or a name that may be one.
            asked = {p["name"]: 1 for p in methods["get"].get("parameters", ()) if p.get("required")}
            # Health says 503 where a processor should have run by now, as none has here.
            well = (200, 503) if path.endswith("/health") else (200,)
            assert _call("GET", path, support.AS_READER, query=asked)[0] in well, path


def _is_json(operation: dict[str, Any]) -> bool:
    """Whether it is for programs alone; pages have tests of their own."""
    return set(operation["responses"]["200"]["content"]) == {"application/json"}


def test_a_rotated_secret_opens_with_both_values_and_the_oldest_does_not(deployed: Aws) -> None:
    store = deployed.client("secretsmanager")
    for value in ("a second value", "a third value"):
        store.put_secret_value(SecretId="job", SecretString=value)

    assert _call("GET", "/api/jobs", {"X-Job-Secret": "a third value"})[0] == 200
    assert _call("GET", "/api/jobs", {"X-Job-Secret": "a second value"})[0] == 200
    assert _call("GET", "/api/jobs", support.AS_JOB)[0] == 401


def test_a_secret_that_is_gone_closes_its_way_in(deployed: Aws) -> None:
    deployed.client("secretsmanager").delete_secret(SecretId="admin", ForceDeleteWithoutRecovery=True)

    assert _call("GET", "/api/jobs", {"Authorization": "Bearer x"})[0] == 503
    assert _call("GET", "/api/jobs", support.AS_JOB)[0] == 200


def test_a_wrong_deployment_is_named_as_a_whole(deployed: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_SECRET_REF", "the secret itself")
    monkeypatch.delenv("LOCK_TABLE")
    door.cache_clear()

    with pytest.raises(SettingsError) as refused:
        handler(event("GET", "/healthz"), CONTEXT)

    assert "LOCK_TABLE" in str(refused.value)
    assert "JOB_SECRET_REF" in str(refused.value)
    assert "the secret itself" not in str(refused.value)


def test_the_health_check_needs_neither_database_nor_secrets(deployed: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    for name in ("JOB", "ADMIN", "READ", "WARMUP", "WEBHOOK"):
        monkeypatch.delenv(f"{name}_SECRET_REF")

    assert _call("GET", "/healthz") == (200, {"status": "ok"})
    assert _call("GET", "/openapi.json")[0] == 200
    assert _call("GET", "/api/jobs", support.AS_JOB)[0] == 503
