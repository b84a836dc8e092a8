"""CloudFormation always gets an answer: what was applied, why it failed, or that there is nothing to do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from housekeeping import deployment
from tests.contract.source import ROOT

SIGNED = "/answer?Signature=s3cret"


class Cloud(ThreadingHTTPServer):
    """Lambda's Invoke and the address for CloudFormation's answers, both on this machine."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.invoked: list[str] = []
        self.answers: list[dict[str, Any]] = []
        self.content_types: list[str | None] = []
        self.reply: Any = {"applied": ["0001_jobs", "0002_products"]}
        self.error = ""


class Exchange(BaseHTTPRequestHandler):
    """One request to either."""

    server: Cloud

    def do_POST(self) -> None:
        self._body()
        self.server.invoked.append(self.path)
        headers = {"X-Amz-Function-Error": self.server.error} if self.server.error else {}
        self._send(json.dumps(self.server.reply).encode(), headers)

    def do_PUT(self) -> None:
        self.server.answers.append(json.loads(self._body()))
        self.server.content_types.append(self.headers["Content-Type"])
        self._send(b"", {})

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _send(self, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with Cloud() as server:
        for name, value in {
            "AWS_ENDPOINT_URL_LAMBDA": server.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }.items():
            monkeypatch.setenv(name, value)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _event(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / "deployment.json").read_text())
    return {**event, "ResponseURL": cloud.url + SIGNED, **changes}


def test_a_deployment_applies_the_migrations_and_says_which(cloud: Cloud) -> None:
    deployment.handler(_event(cloud), None)

    (answer,) = cloud.answers
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"] == {"applied": "0001_jobs, 0002_products"}
    assert answer["PhysicalResourceId"] == "migrations"
    assert len(cloud.invoked) == 1
    assert "nightshift-migrate%3A8" in cloud.invoked[0]
    assert cloud.content_types == [""]


def test_failed_migrations_stop_the_deployment_and_say_why(cloud: Cloud) -> None:
    cloud.error = "Unhandled"
    cloud.reply = {"errorType": "MigrationError", "errorMessage": "0002_products was changed"}

    deployment.handler(_event(cloud), None)

    (answer,) = cloud.answers
    assert answer["Status"] == "FAILED"
    assert "MigrationError: 0002_products was changed" in answer["Reason"]


def test_lambda_out_of_reach_is_answered_as_well(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:1")

    deployment.handler(_event(cloud), None)

    assert cloud.answers[0]["Status"] == "FAILED"


def test_a_stack_that_goes_keeps_its_schema(cloud: Cloud) -> None:
    deployment.handler(_event(cloud, RequestType="Delete"), None)

    assert cloud.answers[0]["Status"] == "SUCCESS"
    assert cloud.invoked == []


def test_a_rollback_needs_no_migration_and_can_not_fail_on_one(cloud: Cloud) -> None:
    event = _event(cloud)
    now, before = event["OldResourceProperties"], event["ResourceProperties"]

    deployment.handler({**event, "ResourceProperties": now, "OldResourceProperties": before}, None)

    assert cloud.answers[0]["Status"] == "SUCCESS"
    assert cloud.invoked == []


@pytest.mark.parametrize(
    ("before", "now", "way"), [("7", "8", "on"), ("10", "9", "back"), ("9", "10", "on"), ("", "1", "on")]
)
def test_versions_are_compared_as_numbers(before: str, now: str, way: str) -> None:
    event = {
        "OldResourceProperties": {"MigrateFunction": f"arn:x:{before}"} if before else {},
        "ResourceProperties": {"MigrateFunction": f"arn:x:{now}"},
    }

    assert deployment.is_going_back(event) is (way == "back")


def test_the_signed_address_stays_out_of_the_log(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    deployment.handler(_event(cloud), None)

    assert caplog.messages
    assert "Signature" not in caplog.text
