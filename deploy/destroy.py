"""`make destroy`: removes a stack, after asking twice. What holds data stays, unless DATA=delete.

Reads ENV, STACK, DATA, YES and CONFIRM from the environment, where make puts what is given on its command line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy import sam
from deploy.guide import account, answers, words
from deploy.guide.asking import Person
from deploy.guide.database_secret import TAG
from deploy.guide.words import GuideError
from deploy.translated import Template, load
from local.report import say, step

_WAIT: Final = {"Delay": 10, "MaxAttempts": 360}  # network interfaces of functions in a VPC take their time
_KEEPS: Final = ("Retain", "RetainExceptOnCreate", "Snapshot")
# The secret of a database that `make deploy` made can still be had back for so long.
_RECOVERY_DAYS: Final = 7


def main() -> int:
    """0 when the stack is gone, 1 when nobody wanted that, 2 when it cannot be done."""
    person = Person(present=sys.stdin.isatty() and os.environ.get("YES", "") in ("", "0"))
    try:
        return destroy(os.environ, person)
    except (KeyboardInterrupt, EOFError):
        say("\nStopped. What AWS has begun to remove, it goes on removing.")
        return 130
    except Exception as error:  # noqa: BLE001 - what is not known is raised again
        say(f"\nStopped: {words.explained(error)}")
        return 2


def destroy(given: Mapping[str, str], person: Person) -> int:
    """Remove the stack of an environment; see `main`."""
    import boto3

    environment, all_of_it = given.get("ENV") or "dev", _deletes_data(given)
    before = answers.load(sam.ROOT, environment)
    wanted = answers.settings(sam.ROOT, environment)["stack_name"]
    session = boto3.Session(region_name=given.get("AWS_REGION") or before.region or None)
    caller = account.caller(session)
    stack = account.find_stack(session, given.get("STACK") or before.stack or wanted)
    if stack is None:
        raise GuideError(f"There is no stack {given.get('STACK') or before.stack or wanted} in {_place(caller)}")
    kept = list(_kept(session, stack.name, load(sam.ROOT / "template.yaml")))
    secrets = _database_secrets(session, stack.name)
    say(_told(stack.name, caller, [*kept, *secrets], all_of_it=all_of_it))
    if not confirmed(stack.name, given, person):
        say("Nothing was removed.")
        return 1
    _remove(session, stack.name)
    if all_of_it:
        _remove_data(session, kept, secrets)
    if before.stack == stack.name:
        answers.forget(sam.ROOT, environment)
    return 0


def _deletes_data(given: Mapping[str, str]) -> bool:
    """Raise GuideError for a DATA that might have meant something else."""
    if given.get("DATA", "") not in ("", "keep", "delete"):
        raise GuideError(f"DATA is {given['DATA']!r}: it must be keep or delete")
    return given.get("DATA") == "delete"


def confirmed(stack: str, given: Mapping[str, str], person: Person) -> bool:
    """Whether it is wanted: a yes and the stack's name, or YES=1 and CONFIRM with that name."""
    if person.present:
        return person.agrees(f"Remove stack {stack}?", otherwise=False) and person.answer("Type its name.") == stack
    if given.get("YES", "") in ("", "0") or given.get("CONFIRM") != stack:
        raise GuideError(f"Nobody is here to ask. If it is meant: make destroy YES=1 CONFIRM={stack}")
    return True


def _place(caller: account.Caller) -> str:
    return f"account {caller.account}, {caller.region}"


def _told(stack: str, caller: account.Caller, kept: list[str], *, all_of_it: bool) -> str:
    what = "removed with it" if all_of_it else "kept (DATA=delete removes it too)"
    lines = [f"Stack {stack} in {_place(caller)}: its functions, schedules, queues, cache, logs and own secrets go."]
    lines += [f"  {what}: {each}" for each in kept]
    return "\n".join([*lines, "  never touched: the PostgreSQL database"])


def _kept(session: Any, stack: str, template: Template) -> Iterator[str]:
    """Tables that the template keeps when the stack goes."""
    lasting = {name for name, each in template["Resources"].items() if each.get("DeletionPolicy") in _KEEPS}
    pages = session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    for each in (each for page in pages for each in page["StackResourceSummaries"]):
        is_there = each["ResourceStatus"] != "DELETE_COMPLETE" and each.get("PhysicalResourceId")
        if each["LogicalResourceId"] in lasting and is_there:
            yield each["PhysicalResourceId"]


def _database_secrets(session: Any, stack: str) -> list[str]:
    """Secrets that `make deploy` made for this stack from a connection URL."""
    found = session.client("secretsmanager").get_paginator("list_secrets")
    tagged = [{"Key": "tag-key", "Values": [TAG]}, {"Key": "tag-value", "Values": [stack]}]
    secrets = [each for page in found.paginate(Filters=tagged) for each in page["SecretList"]]
    return [each["ARN"] for each in secrets if {"Key": TAG, "Value": stack} in each.get("Tags", ())]


def _remove(session: Any, stack: str) -> None:
    """Raise GuideError with CloudFormation's reasons when the stack does not go."""
    from botocore.exceptions import WaiterError

    cloudformation, since = session.client("cloudformation"), account.now()
    with step("removing") as told:
        cloudformation.delete_stack(StackName=stack)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig=_WAIT)
        except WaiterError:
            raise GuideError(f"Stack {stack} is not gone\n{account.why_it_failed(session, stack, since)}") from None
        told.append(f"{stack} is gone")


def _remove_data(session: Any, tables: list[str], secrets: list[str]) -> None:
    for table in tables:
        session.client("dynamodb").delete_table(TableName=table)
        say(f"  removed         {table}")
    for secret in secrets:
        manager = session.client("secretsmanager")
        manager.delete_secret(SecretId=secret, RecoveryWindowInDays=_RECOVERY_DAYS)
        say(f"  removed         {secret}; it can be restored for {_RECOVERY_DAYS} days")


if __name__ == "__main__":
    sys.exit(main())
