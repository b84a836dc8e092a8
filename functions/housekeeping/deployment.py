"""CloudFormation's way to the migrations: they run before any other function gets new code.

A function of its own, because it must answer CloudFormation even when the database cannot be reached; it needs
neither the database's network nor a layer.
"""

from __future__ import annotations

import json
import logging
import urllib.request
from typing import Any

# Above the timeout of the migrate function, so that its answer is heard, and below the timeout of this one.
PATIENCE_S = 320
LOG = logging.getLogger("nightshift.deployment")
# Without these there is nobody to answer.
_NEEDED = ("RequestType", "ResponseURL", "StackId", "RequestId", "LogicalResourceId")


def handler(event: dict[str, Any], _context: Any) -> None:
    """Run the migrations for one request of the custom resource and answer it, whatever happens.

    Raises:
        ValueError: the event is none of CloudFormation.
    """
    if missing := [name for name in _NEEDED if name not in event]:
        raise ValueError(f"the event must be one of a custom resource of CloudFormation: it lacks {', '.join(missing)}")
    try:
        data, reason = run(event), ""
    except Exception as error:  # noqa: BLE001 - unanswered, CloudFormation would wait until its own timeout
        data, reason = None, f"{type(error).__name__}: {error}"
    LOG.warning("migrations for %s: %s", event["RequestType"], reason or data)
    answer(event, data, reason)


def run(event: dict[str, Any]) -> dict[str, Any]:
    """Apply what the new code needs; say what was applied.

    Raises:
        RuntimeError: the migrations failed; carries the error of the migrate function.
    """
    if event["RequestType"] == "Delete":
        return {"skipped": "the schema stays when the stack goes"}
    if is_going_back(event):
        return {"skipped": "the version before is coming back; its schema is part of the newer one"}
    import boto3
    from botocore.config import Config

    once = Config(read_timeout=PATIENCE_S, connect_timeout=10, retries={"total_max_attempts": 1})
    function = event["ResourceProperties"]["MigrateFunction"]
    reply = boto3.client("lambda", config=once).invoke(FunctionName=function, Payload=b"{}")
    payload = json.loads(reply["Payload"].read() or b"null")
    if "FunctionError" in reply:
        raise RuntimeError(f"{payload.get('errorType', 'Error')}: {payload.get('errorMessage', 'no message')}")
    return {"applied": ", ".join(payload.get("applied", [])) or "nothing new"}


def is_going_back(event: dict[str, Any]) -> bool:
    """Whether a failed update is being undone: CloudFormation then names an older version than the one it had."""
    before = event.get("OldResourceProperties", {}).get("MigrateFunction", "")
    now = event["ResourceProperties"].get("MigrateFunction", "")
    numbers = [arn.rpartition(":")[2] for arn in (now, before)]
    return all(map(str.isdigit, numbers)) and int(numbers[0]) < int(numbers[1])


def answer(event: dict[str, Any], data: dict[str, Any] | None, reason: str) -> None:
    """Tell CloudFormation, at the address it gave: that address is a secret and stays out of the log."""
    body = {
        "Status": "FAILED" if data is None else "SUCCESS",
        "Reason": reason[:1000] or "done",
        "PhysicalResourceId": event.get("PhysicalResourceId", "migrations"),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data or {},
    }
    # Its signature covers an empty content type.
    request = urllib.request.Request(  # noqa: S310 - https, from CloudFormation
        event["ResponseURL"], data=json.dumps(body).encode(), headers={"Content-Type": ""}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - the same
        pass
