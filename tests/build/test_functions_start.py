"""Every function starts from what was built, with nothing but what Lambda would give it, and refuses a wrong event."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Final

import pytest

from deploy.translated import load
from local.http_server import RequestHandler, Server
from local.stack import Stack
from local.template import Template

pytestmark = pytest.mark.long

ARM: Final = platform.machine().lower() in ("arm64", "aarch64")
ARN: Final = "arn:aws:secretsmanager:us-east-1:123456789012:secret:database-AbCdEf"
GIVEN: Final = {
    "Architecture": "arm64" if ARM else "x86_64",
    "DatabaseSecretArn": ARN,
    "MailFrom": "news@shop.example",
    "ShopName": "A shop",
    "ShopUrl": "https://shop.example",
}
WRITTEN: Final = load()
FUNCTIONS: Final = {
    each.logical_id: each for each in Stack(Template(WRITTEN, "built", GIVEN), "http://127.0.0.1:1").functions
}
# What Lambda puts on the path: the function, its layers, what the runtime brings. -I and -S let nothing else in.
STARTS: Final = """
import json, runpy, sys
paths, handler = json.loads(sys.argv[1]), sys.argv[2]
sys.path[:0] = paths
sys.argv = ["awslambdaric", handler]
runpy.run_module("awslambdaric", run_name="__main__")
"""
# What no function takes, and a part of what it must say. Whatever is needed from elsewhere cannot be reached here.
WRONG: Final = {
    "ApiFunction": ({"version": "1.0", "httpMethod": "GET"}, "404"),
    "DeploymentFunction": ({"RequestType": "Create"}, "the event must be one of a custom resource"),
    "MailFeedbackFunction": ({"Records": [{"s3": {}}]}, "Records[0].Sns must be a JSON object"),
    "MigrateFunction": ({}, "database"),
}
A_JOB: Final = ({"trigger": "sunrise"}, "trigger")


class Api:
    """As much of Lambda's Runtime API as one event needs; the second `next` waits, as it does on AWS."""

    def __init__(self, event: Any) -> None:
        self.events: Queue[Any] = Queue()
        self.events.put(event)
        self.said: Queue[tuple[str, Any]] = Queue()

    @contextmanager
    def open(self) -> Iterator[int]:
        """Serve on the port that is returned."""
        server = Server(type("Handler", (_Handler,), {"api": self}))
        server.start()
        try:
            yield server.port
        finally:
            self.events.put({})  # for whoever waits for another one
            server.stop()


class _Handler(RequestHandler):
    api: Api

    def do_GET(self) -> None:
        event = self.api.events.get()
        self.api.said.put(("next", None))
        headers = [
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
            ("Lambda-Runtime-Deadline-Ms", "4102444800000"),
            ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:built"),
        ]
        self.answer(200, json.dumps(event).encode(), headers)

    def do_POST(self) -> None:
        self.api.said.put((self.path.rpartition("/")[2], json.loads(self.read_body(10_000_000))))
        self.answer(202)


def _layers(built: Path, logical_id: str) -> list[str]:
    document = Template(WRITTEN, "built", GIVEN)
    document.lookup = lambda name, _attribute: name
    names = document.resolve(WRITTEN["Resources"][logical_id]["Properties"].get("Layers", []))
    return [str(built / name / "python") for name in names]


def _environment(logical_id: str, port: int) -> dict[str, str]:
    function = FUNCTIONS[logical_id]
    return {
        **function.environment,
        "PATH": os.defpath,
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "TZ": ":UTC",
        "PYTHONDONTWRITEBYTECODE": "1",
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": "/var/task",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        # Nobody listens there: what needs a service fails at once.
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_MAX_ATTEMPTS": "1",
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_starts_and_refuses_a_wrong_event(name: str, built: Path, python: str, runtime: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("the layers' binaries are for Linux")
    event, complaint = WRONG.get(name, A_JOB)
    paths = [str(built / name), *_layers(built, name), str(runtime)]
    api = Api(event)
    with api.open() as port:
        process = subprocess.Popen(
            [python, "-I", "-S", "-B", "-c", STARTS, json.dumps(paths), FUNCTIONS[name].handler],
            cwd=built / name,
            env=_environment(name, port),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            heard = list(_heard(api, process))
        finally:
            process.kill()
            output = process.communicate()[0].decode(errors="replace")

    assert [kind for kind, _ in heard] == ["next", "response" if name == "ApiFunction" else "error"], (heard, output)
    assert complaint in _words(heard[1][1]), (heard, output)


def _heard(api: Api, process: subprocess.Popen[bytes]) -> Iterator[tuple[str, Any]]:
    """What the function says to its first event; less when it ends before, and nothing more after a minute."""
    for _ in range(2):
        for _ in range(600):
            with suppress(Empty):
                yield api.said.get(timeout=0.1)
                break
            if process.poll() is not None:
                return


def _words(said: dict[str, Any]) -> str:
    return str(said.get("errorMessage", said.get("statusCode")))
