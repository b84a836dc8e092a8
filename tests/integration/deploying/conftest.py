"""An account (moto's), and a folder that is deployed from."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest

from deploy.guide.asking import Person
from deploy.translated import ROOT, load
from tests.support.aws import Aws

REGION = "us-east-1"
NOBODY = Person(present=False)
TEMPLATE = load()


class Account:
    """What is in the account of a test."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def client(self, service: str) -> Any:
        return self._aws.client(service)

    def secret(self, **changes: Any) -> str:
        """The database's secret, in the form of RDS; returns its ARN."""
        value = {
            "host": "db.example",
            "port": 5432,
            "username": "shop",
            "password": "word",
            "dbname": "shop",
            **changes,
        }
        found = self.client("secretsmanager").create_secret(Name="shop", SecretString=json.dumps(value))
        return str(found["ARN"])

    def stack(self, name: str, **parameters: str) -> None:
        """A stack with a table that outlives it, and parameters that it was given."""
        template = {
            "Parameters": {each: {"Type": "String"} for each in parameters},
            "Resources": {
                "LocksTable": {
                    "Type": "AWS::DynamoDB::Table",
                    "DeletionPolicy": "Retain",
                    "Properties": {
                        "BillingMode": "PAY_PER_REQUEST",
                        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    },
                },
                "FailedRunsQueue": {"Type": "AWS::SQS::Queue"},
            },
        }
        given = [{"ParameterKey": each, "ParameterValue": value} for each, value in parameters.items()]
        self.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template), Parameters=given)

    def tables(self) -> list[str]:
        """The tables that are left."""
        found: list[str] = self.client("dynamodb").list_tables()["TableNames"]
        return found


@pytest.fixture
def account(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv("AWS_REGION", REGION)
    return Account(aws)


_new_session = boto3.Session


@cache
def _session(region_name: str | None = None) -> Any:
    return _new_session(region_name=region_name)


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The template and the models of AWS's services take seconds of a processor to read, and are always the same."""
    monkeypatch.setattr(boto3, "Session", _session)
    for module in ("deploy.guide.__main__", "deploy.destroy"):
        monkeypatch.setattr(f"{module}.load", lambda _: TEMPLATE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout in which nothing has been answered yet."""
    shutil.copy(ROOT / "samconfig.toml", tmp_path)
    return tmp_path


def with_database(arn: str) -> dict[str, str]:
    """What is given where nobody is asked."""
    return {"PARAMETERS": f"DatabaseSecretArn={arn}"}
