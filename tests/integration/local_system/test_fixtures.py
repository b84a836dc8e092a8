"""What the other tests rely on."""

from __future__ import annotations

import io
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pg8000.native
from botocore.exceptions import ClientError

from tests.support.aws import Aws


def test_each_test_has_a_migrated_database_of_its_own(postgres: pg8000.native.Connection) -> None:
    assert postgres.run("SELECT count(*) > 0 FROM schema_migrations") == [[True]]
    postgres.run("INSERT INTO job_fence (job, fence, holder, at) VALUES ('j', 1, gen_random_uuid(), now())")


def test_and_nothing_of_the_test_before(postgres: pg8000.native.Connection) -> None:
    assert postgres.run("SELECT count(*) FROM job_fence") == [[0]]


def test_one_conditional_write_wins(aws: Aws) -> None:
    dynamodb = aws.client("dynamodb")

    def take(round_: int) -> bool:
        try:
            dynamodb.put_item(
                TableName=os.environ["LOCK_TABLE"],
                Item={"pk": {"S": str(round_)}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        winners = [sum(threads.map(take, [round_] * 8)) for round_ in range(10)]

    assert winners == [1] * 10


def test_requests_are_answered_in_turn() -> None:
    from local.aws_server import OneAtATime  # with moto, for which every collection would wait

    second_is_in = threading.Event()
    seen: list[bool] = []

    def application(environ: dict[str, Any], _start: object) -> list[bytes]:
        if environ["PATH_INFO"] == "/first":
            first_is_in.set()
            seen.append(second_is_in.wait(0.3))
        else:
            second_is_in.set()
        return [environ["wsgi.input"].read()]

    in_turn = OneAtATime(application)
    first_is_in = threading.Event()

    def ask(path: str) -> list[bytes]:
        body = path.encode()
        environ = {"PATH_INFO": path, "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
        return in_turn(environ, lambda *_: None)  # type: ignore[arg-type]

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(ask, "/first")
        first_is_in.wait()
        second = threads.submit(ask, "/second")

    assert seen == [False]
    assert (first.result(), second.result()) == ([b"/first"], [b"/second"])


def test_boto3_is_led_to_the_local_services(aws: Aws) -> None:
    aws.create_secret("job", json.dumps({"current": "x"}))

    assert boto3.client("secretsmanager").list_secrets()["SecretList"][0]["Name"] == "job"


def test_settings_of_the_shell_are_not_seen() -> None:
    assert not [name for name in os.environ if name.startswith(("AWS_", "CHECK_"))]
