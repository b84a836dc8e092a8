"""Makes the template's tables, queues, secrets and parameters in the local AWS services."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from local.aws import client
from local.stack import PARAMETER, QUEUE, SECRET, TABLE, Resource, Stack
from local.state import write_private

_QUEUE_ATTRIBUTES: Final = (
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "VisibilityTimeout",
)
_TABLE_ATTRIBUTES: Final = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
)


def create(stack: Stack, endpoint: str, secrets_folder: Path) -> None:
    """Makes everything that functions of this stack may ask for.

    Secrets are generated once, kept in a file each for their owner's eyes only, and the same ever after.
    """
    for table in stack.stores(TABLE):
        _create_table(client("dynamodb", endpoint), table)
    for queue in stack.stores(QUEUE):
        _create_queue(client("sqs", endpoint), queue)
    for parameter in stack.stores(PARAMETER):
        body = parameter.properties
        client("ssm", endpoint).put_parameter(Name=parameter.name, Value=body["Value"], Type=body["Type"])
    _create_secrets(client("secretsmanager", endpoint), stack.stores(SECRET), secrets_folder)


def _create_table(dynamodb: Any, table: Resource) -> None:
    wanted = {name: table.properties[name] for name in _TABLE_ATTRIBUTES if name in table.properties}
    dynamodb.create_table(TableName=table.name, **wanted)
    expiry = table.properties.get("TimeToLiveSpecification")
    if expiry:
        dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification=expiry)


def _create_queue(sqs: Any, queue: Resource) -> None:
    body = queue.properties
    attributes = {
        name: json.dumps(body[name]) if isinstance(body[name], dict) else str(body[name])
        for name in _QUEUE_ATTRIBUTES
        if name in body
    }
    sqs.create_queue(QueueName=queue.name, Attributes=attributes)


def _create_secrets(manager: Any, wanted: list[Resource], folder: Path) -> None:
    for secret in wanted:
        file = folder / secret.logical_id
        if not file.exists():
            write_private(file, _value(secret))
        manager.create_secret(Name=secret.name, SecretString=file.read_text())


def _value(secret: Resource) -> str:
    given = secret.properties.get("SecretString")
    if given is not None:
        return str(given)
    rules = secret.properties.get("GenerateSecretString", {})
    password = generated(rules)
    if "GenerateStringKey" in rules:
        template = json.loads(rules.get("SecretStringTemplate", "{}"))
        return json.dumps({**template, rules["GenerateStringKey"]: password})
    return password


def generated(rules: Mapping[str, Any]) -> str:
    """A password by the rules of GenerateSecretString (32 characters, of all kinds, unless they say otherwise)."""
    kinds = {
        "ExcludeLowercase": string.ascii_lowercase,
        "ExcludeUppercase": string.ascii_uppercase,
        "ExcludeNumbers": string.digits,
        "ExcludePunctuation": string.punctuation,
    }
    letters = "".join(letters for rule, letters in kinds.items() if not rules.get(rule))
    letters += " " if rules.get("IncludeSpace") else ""
    allowed = [letter for letter in letters if letter not in rules.get("ExcludeCharacters", "")]
    return "".join(secrets.choice(allowed) for _ in range(int(rules.get("PasswordLength", 32))))
