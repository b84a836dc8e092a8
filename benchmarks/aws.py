"""Stands in for AWS where moto would cost more than what is measured: locks, secrets, a Lambda that only accepts.

Every request is answered out of memory in about the same time, by one thread of a process of its own. Nothing is
proved on it: that is what moto, dynalite and `make lock-proof` are for.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.table import ConditionFailedError, Table
from local.leash import leashed

# What every secret is.
SECRET: Final = "a-secret-for-measuring-and-nothing-else"  # noqa: S105
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TARGET: Final = re.compile(rb"x-amz-target: *[\w.]*?(\w+)\r\n", re.IGNORECASE)
# What is answered whoever asks.
_SAID: Final[Mapping[str, dict[str, Any]]] = {
    "GetSecretValue": {"Name": "secret", "SecretString": SECRET, "VersionStages": ["AWSCURRENT"]},
    "CreateTable": {"TableDescription": {"TableStatus": "ACTIVE"}},
    "DescribeTable": {"Table": {"TableStatus": "ACTIVE"}},
    "UpdateTimeToLive": {},
}
# The answer to what has no target: an event for a function, a mail.
_TAKEN: Final = b'{"MessageId": "taken"}'
_JSON: Final = b"Content-Type: application/x-amz-json-1.0\r\n"


@contextmanager
def services() -> Iterator[str]:
    """The address of the stand-in, until the block ends."""
    command = leashed([sys.executable, "-m", "benchmarks.aws"], death=signal.SIGKILL)
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:  # noqa: S603  # ourselves
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class _Connection(asyncio.Protocol):
    tables: Final[dict[str, Table]] = {}

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head, length = self._received[: end + 2], 0
            if found := _LENGTH.search(head):
                length = int(found[1])
            if len(self._received) < end + 4 + length:
                return
            body = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            self._transport.write(self._answer(head, body))

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if not (found := _TARGET.search(head)):
            return _http(202, _TAKEN)
        try:
            return _http(200, json.dumps(self._do(found[1].decode(), json.loads(body))).encode())
        except ConditionFailedError as error:
            kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
            said: dict[str, Any] = {"__type": kind, "message": str(error)}
            if error.item:
                said["Item"] = error.item
            return _http(400, json.dumps(said).encode())
        except (KeyError, ValueError, SyntaxError) as error:
            said = {"__type": "ValidationException", "message": f"{type(error).__name__}: {error}"}
            return _http(400, json.dumps(said).encode())

    def _do(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "CreateTable":
            keys = sorted(request["KeySchema"], key=lambda key: str(key["KeyType"]))
            self.tables[request["TableName"]] = Table(tuple(key["AttributeName"] for key in keys))
        if operation in _SAID:
            return _SAID[operation]
        if operation == "ListTables":
            return {"TableNames": list(self.tables)}
        if operation == "BatchGetItem":
            asked = request["RequestItems"].items()
            return {"Responses": {name: self._each(name, table["Keys"]) for name, table in asked}}
        table = self.tables[request["TableName"]]
        items = {
            "GetItem": table.get,
            "PutItem": table.put,
            "UpdateItem": table.update,
            "DeleteItem": table.delete,
            "Query": table.query,
        }
        return items[operation](request)

    def _each(self, name: str, keys: list[Any]) -> list[Any]:
        answers = (self.tables[name].get({"Key": key}) for key in keys)
        return [answer["Item"] for answer in answers if answer]


def _http(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n%s" % (status, _JSON, len(body), body)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print("http://{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
