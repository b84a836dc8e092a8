"""The least that handlers can do: what ours are held against. They load at once what any handler of their kind needs.

They keep no rules: no fence, no slot, no secrets, no record of who asked, no deadline, nothing retried.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import pg8000.native
from aws_lambda_powertools import Logger

LOGGER = Logger(service="bare")
DYNAMODB = boto3.client("dynamodb")
_FREE = "attribute_not_exists(holder) OR until_ms < :now"
_QUEUE = (
    "INSERT INTO job_runs (id, job, lock, trigger, status, who, params)"
    " VALUES (:id, 'bare', 'bare', 'http', 'queued', 'bench', '{}')"
)
_BEGIN = (
    "INSERT INTO job_runs (id, job, lock, trigger, status, who, params, started_at)"
    " VALUES (:id, 'bare', 'bare', 'manual', 'running', 'bench', '{}', now())"
)
_END = "UPDATE job_runs SET status = 'succeeded', finished_at = now(), duration_ms = 0 WHERE id = :id"
_NEWEST = (
    "SELECT DISTINCT ON (job) job, status, coalesce(started_at, created_at), duration_ms FROM job_runs"
    " ORDER BY job, coalesce(started_at, created_at) DESC"
)
_opened: dict[str, Any] = {}


def run(_event: Any, _context: Any) -> dict[str, Any]:
    """A job with an empty body: lock, a row when it begins and when it ends, unlock, one line."""
    me, run_id = str(uuid4()), str(uuid4())
    _lock(me)
    database = _database()
    database.run(_BEGIN, id=run_id)
    database.run(_END, id=run_id)
    _unlock(me)
    LOGGER.info("done", run_id=run_id)
    return {"status": "succeeded", "run_id": run_id}


def accept(_event: Any, _context: Any) -> dict[str, Any]:
    """A trigger that is let in: lock, a row, an event for the worker, 202."""
    run_id = str(uuid4())
    _lock(str(uuid4()))
    _database().run(_QUEUE, id=run_id)
    _lambda().invoke(FunctionName="worker", InvocationType="Event", Payload=json.dumps({"run_id": run_id}).encode())
    LOGGER.info("accepted", run_id=run_id)
    return _answer(202, {"runId": run_id})


def busy(_event: Any, _context: Any) -> dict[str, Any]:
    """A trigger while somebody else is at work: 429."""
    try:
        _lock(str(uuid4()))
    except DYNAMODB.exceptions.ConditionalCheckFailedException:
        LOGGER.info("busy")
        return _answer(429, {"status": 429})
    return _answer(202, {})


def refuse(_event: Any, _context: Any) -> dict[str, Any]:
    """A caller without a secret: 401."""
    LOGGER.info("refused")
    return _answer(401, {"status": 401})


def page(_event: Any, _context: Any) -> dict[str, Any]:
    """A page with the newest run of every job, by one statement."""
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in _database().run(_NEWEST))
    LOGGER.info("page")
    return {"statusCode": 200, "headers": {"Content-Type": "text/html"}, "body": f"<table>{rows}</table>"}


def _lock(me: str) -> None:
    values = {":me": {"S": me}, ":until": {"N": "9999999999999"}, ":now": {"N": "0"}}
    DYNAMODB.update_item(
        TableName=os.environ["LOCK_TABLE"],
        Key={"pk": {"S": "bare"}},
        UpdateExpression="SET holder = :me, until_ms = :until",
        ConditionExpression=_FREE,
        ExpressionAttributeValues=values,
    )


def _unlock(me: str) -> None:
    DYNAMODB.update_item(
        TableName=os.environ["LOCK_TABLE"],
        Key={"pk": {"S": "bare"}},
        UpdateExpression="REMOVE holder, until_ms",
        ConditionExpression="holder = :me",
        ExpressionAttributeValues={":me": {"S": me}},
    )


def _database() -> Any:
    if "database" not in _opened:
        parts = urlsplit(os.environ["DATABASE_URL"])
        _opened["database"] = pg8000.native.Connection(
            parts.username or "postgres",
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 5432,
            password=parts.password,
            database=parts.path.lstrip("/"),
            ssl_context=False,
        )
    return _opened["database"]


def _lambda() -> Any:
    if "lambda" not in _opened:
        _opened["lambda"] = boto3.client("lambda")
    return _opened["lambda"]


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
