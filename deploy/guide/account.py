"""Whose account and region this is, and the stack in it as it stands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.guide.words import GuideError, hint

_SHOWN: Final = 6
_CANCELLED: Final = "Resource creation cancelled"


@dataclass(frozen=True)
class Caller:
    """Who deploys, and where to."""

    account: str
    arn: str
    region: str


@dataclass(frozen=True)
class Stack:
    """A stack that exists."""

    name: str
    status: str
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


def caller(session: Any) -> Caller:
    """Ask AWS who we are; botocore's own errors say what is wrong with the credentials.

    Raises:
        GuideError: no region is set.
    """
    if not session.region_name:
        raise GuideError("No region is set: AWS_REGION=eu-central-1 make deploy, or `aws configure set region …`")
    found = session.client("sts").get_caller_identity()
    return Caller(found["Account"], found["Arn"], session.region_name)


def find_stack(session: Any, name: str) -> Stack | None:
    """Return the stack, or None where there is none (or only one that was removed)."""
    from botocore.exceptions import ClientError

    try:
        found = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", ())}
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}
    return Stack(name, found["StackStatus"], parameters, outputs)


def why_it_failed(session: Any, name: str, since: float) -> str:
    """Return the first reasons that CloudFormation gave after a moment (a Unix time), with what lies behind them."""
    found = [f"  {resource}: {reason}" for resource, reason in _reasons(session, name, since)][-_SHOWN:]
    advice = next((said for line in reversed(found) if (said := hint(line))), "")
    return "\n".join([*reversed(found), *([f"  That often means: {advice}."] if advice else [])])


def _reasons(session: Any, name: str, since: float) -> Iterator[tuple[str, str]]:
    pages = session.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=name)
    for event in (event for page in pages for event in page["StackEvents"]):
        if event["Timestamp"].timestamp() < since:
            return
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and _CANCELLED not in reason:
            yield event["LogicalResourceId"], reason


def job_secret(session: Any, stack: Stack) -> str:
    """Return the secret that opens the door, for our own use: it is shown to nobody."""
    found = session.client("secretsmanager").get_secret_value(SecretId=stack.outputs["JobSecretArn"])
    return str(found["SecretString"])


def now() -> float:
    """Return a Unix time that no event of what comes next is older than, whatever the clocks."""
    return time.time() - 5
