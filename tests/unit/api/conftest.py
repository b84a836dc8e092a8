"""A door whose secrets are in a store of this process; no database, no AWS."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from api.door import Door
from api.log import log
from api.settings import ApiSettings
from nightshift.platform import Platform, PlatformSettings
from nightshift.secrets import Secrets
from tests.support import door as support
from tests.support.door import ADomain, Caller

REFERENCES = {
    "job_secret_ref": "ssm:job", "admin_secret_ref": "ssm:admin", "read_secret_ref": "ssm:read",
    "warmup_secret_ref": "ssm:warmup", "webhook_secret_ref": "ssm:webhook",
    "session_secret_ref": "ssm:session",
}  # fmt: skip


@dataclass
class Store:
    """An SSM that holds a current and a previous value of each parameter."""

    values: dict[str, list[str]] = field(
        default_factory=lambda: {
            "job": [support.JOB_SECRET],
            "admin": [support.ADMIN_SECRET],
            "read": [support.READ_SECRET],
            "warmup": [support.WARMUP_SECRET],
            "webhook": [support.WEBHOOK_SECRET],
            "session": [support.SESSION_SECRET],
        }
    )
    is_down: bool = False
    reads: int = 0
    exceptions: Any = field(
        default_factory=lambda: SimpleNamespace(ParameterVersionNotFound=KeyError, ParameterNotFound=KeyError)
    )

    def get_parameter(self, Name: str, WithDecryption: bool) -> Mapping[str, Any]:  # noqa: N803  # boto3's names
        assert WithDecryption
        self.reads += 1
        if self.is_down:
            raise EndpointConnectionError(endpoint_url="https://store.example")
        name, _, version = Name.partition(":")
        values = self.values[name]
        number = int(version) if version else len(values)
        return {"Parameter": {"Value": values[number - 1], "Version": number}}


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def make_caller(store: Store) -> Callable[..., Caller]:
    """Makes a caller of a door; `without` names the secrets that are not configured."""

    def make(*, without: tuple[str, ...] = ()) -> Caller:
        platform = Platform(PlatformSettings("no-table", "postgresql://nobody@127.0.0.1:1/none", "", "", "", ""))
        vars(platform)["secrets"] = Secrets(lambda _service: store)
        references = {name: "" if name.split("_")[0] in without else ref for name, ref in REFERENCES.items()}
        return Caller(Door(platform, ApiSettings(support.JOBS, **references), (ADomain(),)))

    return make


@pytest.fixture
def call(make_caller: Callable[..., Caller]) -> Caller:
    return make_caller()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the door logs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log().registered_formatter)
    log().addHandler(handler)
    yield stream
    logging.getLogger("api").removeHandler(handler)
