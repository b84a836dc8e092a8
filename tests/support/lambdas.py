"""A Lambda service over handlers that a test writes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.aws import client
from local.lambda_service.service import LambdaService
from local.stack import AsyncPolicy, Function


def function(name: str, handler: str, **changes: Any) -> Function:
    """A function as the template would give it."""
    values: dict[str, Any] = {
        "logical_id": name.title(),
        "name": name,
        "handler": handler,
        "timeout_s": 20.0,
        "memory_mb": 128,
        "environment": {},
        "asynchronous": AsyncPolicy(),
    }
    return Function(**{**values, **changes})


class Lambdas:
    """A running service and the client that code under test would use."""

    def __init__(self, service: LambdaService, logs: Path) -> None:
        self.service = service
        self.logs = logs
        self.client = client("lambda", service.endpoint)

    def invoke(self, name: str, payload: bytes = b"{}", **options: Any) -> dict[str, Any]:
        """boto3's answer, with the payload read."""
        answer: dict[str, Any] = self.client.invoke(FunctionName=name, Payload=payload, **options)
        return {**answer, "Payload": answer["Payload"].read()}

    def log(self, name: str) -> str:
        """Everything that a function has written so far."""
        return (self.logs / f"{name}.log").read_text()


@contextmanager
def lambdas(folder: Path, code: str, functions: list[Function], **options: Any) -> Iterator[Lambdas]:
    """A service whose functions are in the one module `handlers`."""
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / "handlers.py").write_text(textwrap.dedent(code))
    service = LambdaService(
        functions,
        code=[folder / "code"],
        logs=folder / "logs",
        **{"environment": {}, **options},
    )
    service.start()
    try:
        yield Lambdas(service, folder / "logs")
    finally:
        service.stop()
