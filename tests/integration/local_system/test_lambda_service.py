"""The service behaves as Lambda does, towards the handler (awslambdaric) and towards the caller (boto3)."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.lambda_service import service
from local.lambda_service.invocation import Invocation, ThrottledError
from local.state import ROOT
from tests.support.lambdas import Lambdas, function, lambdas
from tests.support.processes import ended

_CODE = """
    import os, sys, time, subprocess, threading

    COUNT = 0

    def echo(event, context):
        global COUNT
        COUNT += 1
        print("seen", event, flush=True)
        return {
            "event": event,
            "pid": os.getpid(),
            "count": COUNT,
            "remaining": context.get_remaining_time_in_millis(),
            "arn": context.invoked_function_arn,
            "name": context.function_name,
            "environment": {k: v for k, v in os.environ.items() if k in ("COLOUR", "HOME", "AWS_REGION")},
        }

    def fail(event, context):
        raise ValueError("no such luck")

    def hang(event, context):
        child = subprocess.Popen(["sleep", "600"])
        print("child", child.pid, flush=True)
        time.sleep(600)

    def sleep(event, context):
        print("sleeper", os.getpid(), flush=True)
        time.sleep(600)

    def leave(event, context):
        os._exit(event.get("status", 1))

    def large(event, context):
        return "x" * event["size"]

    def meet(event, context):
        # Comes back only when as many are in here at once as the event says.
        folder, number = event["folder"], event["number"]
        open(f"{folder}/{os.getpid()}", "w").close()
        while len(os.listdir(folder)) < number:
            time.sleep(0.01)
        return os.getpid()
"""


@pytest.fixture(params=["awslambdaric", "own loop"])
def running(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambdas]:
    if request.param == "own loop":
        monkeypatch.setattr(service, "_command", lambda handler: [sys.executable, str(service._OWN_LOOP), handler])
    elif sys.platform != "linux":
        pytest.skip("awslambdaric is built for Linux only")
    functions = [
        function("echo", "handlers.echo", environment={"COLOUR": "blue"}),
        function("fail", "handlers.fail"),
        function("hang", "handlers.hang", timeout_s=0.5),
        function("leave", "handlers.leave"),
        function("large", "handlers.large"),
        function("meet", "handlers.meet"),
        function("missing", "no_such_module.handler"),
    ]
    with lambdas(tmp_path, _CODE, functions) as one:
        yield one


def test_an_event_goes_in_and_an_answer_comes_back(running: Lambdas) -> None:
    answer = running.invoke("echo", b'{"a": "\\u00e4"}')
    body = json.loads(answer["Payload"])

    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert body["event"] == {"a": "ä"}
    assert 0 < body["remaining"] <= 20_000
    assert body["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:echo"
    assert body["environment"] == {"COLOUR": "blue", "AWS_REGION": "us-east-1"}


def test_a_warm_process_is_used_again(running: Lambdas) -> None:
    first, second = (json.loads(running.invoke("echo")["Payload"]) for _ in range(2))

    assert first["pid"] == second["pid"]
    assert (first["count"], second["count"]) == (1, 2)


def test_an_exception_is_the_answer(running: Lambdas) -> None:
    answer = running.invoke("fail")
    error = json.loads(answer["Payload"])

    assert answer["FunctionError"] == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no such luck")


def test_the_timeout_kills_the_process_and_what_it_started(running: Lambdas) -> None:
    answer = running.invoke("hang")
    error = json.loads(answer["Payload"])
    child = int(running.log("hang").partition("child ")[2].split()[0])

    assert answer["FunctionError"] == "Unhandled"
    assert error["errorType"] == "Sandbox.Timedout"
    assert error["errorMessage"].endswith("Error: Task timed out after 0.50 seconds")
    assert "Task timed out after 0.50 seconds" in running.log("hang")
    assert ended(child)


def test_a_process_that_leaves_is_reported_and_replaced(running: Lambdas) -> None:
    errors = [json.loads(running.invoke("leave", payload)["Payload"]) for payload in (b"{}", b'{"status": 0}')]

    assert [error["errorType"] for error in errors] == ["Runtime.ExitError"] * 2
    assert errors[0]["errorMessage"].endswith("Error: Runtime exited with error: exit status 1")
    assert errors[1]["errorMessage"].endswith("Error: Runtime exited without providing a reason")


def test_a_process_killed_between_two_events_is_replaced(running: Lambdas) -> None:
    first = json.loads(running.invoke("echo")["Payload"])
    os.kill(first["pid"], signal.SIGKILL)
    assert ended(first["pid"])
    second = json.loads(running.invoke("echo")["Payload"])

    assert second["count"] == 1
    assert second["pid"] != first["pid"]


def test_a_handler_that_cannot_be_loaded_says_why(running: Lambdas) -> None:
    answer = running.invoke("missing")

    assert answer["FunctionError"] == "Unhandled"
    assert "no_such_module" in json.loads(answer["Payload"])["errorMessage"]


def test_events_at_once_have_a_process_each(running: Lambdas, tmp_path: Path) -> None:
    (tmp_path / "met").mkdir()
    payload = json.dumps({"folder": str(tmp_path / "met"), "number": 3}).encode()
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: running.invoke("meet", payload)["Payload"], range(3)))

    assert len(set(answers)) == 3


def test_more_events_at_once_than_processes_are_throttled(
    running: Lambdas, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "met").mkdir()
    running.service._pools["meet"]._most = 1
    payload = json.dumps({"folder": str(tmp_path / "met"), "number": 2}).encode()
    running.client.meta.config.retries = {"total_max_attempts": 1}
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(running.invoke, "meet", payload)
        while not list((tmp_path / "met").iterdir()):
            pass
        with pytest.raises(ThrottledError):
            running.service.invoke("meet", Invocation(payload))
        (tmp_path / "met" / "somebody").touch()
        assert first.result()["StatusCode"] == 200


def test_the_log_is_kept_and_its_end_returned_on_request(running: Lambdas) -> None:
    answer = running.invoke("echo", b'{"marker": 4711}', LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()

    assert "START RequestId" in tail
    assert "seen {'marker': 4711}" in tail
    assert "END RequestId" in tail
    assert "seen {'marker': 4711}" in running.log("echo")


def test_a_response_that_is_too_large_is_an_error_and_the_next_event_runs(running: Lambdas) -> None:
    too_large = running.invoke("large", json.dumps({"size": 6 * 1024 * 1024 + 1}).encode())
    fits = running.invoke("large", json.dumps({"size": 1024}).encode())

    assert too_large["FunctionError"] == "Unhandled"
    assert json.loads(too_large["Payload"])["errorType"] == "Function.ResponseSizeTooLarge"
    assert len(fits["Payload"]) == 1026


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Lambdas]:
    """A service of which only the API is asked."""
    with lambdas(tmp_path, _CODE, [function("echo", "handlers.echo")]) as one:
        yield one


def _refusal(running: Lambdas, name: str = "echo", payload: bytes = b"{}", **options: str) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        running.invoke(name, payload, **options)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_an_unknown_function(idle: Lambdas) -> None:
    assert _refusal(idle, "nobody") == ("ResourceNotFoundException", 404)


def test_a_payload_that_is_no_json(idle: Lambdas) -> None:
    assert _refusal(idle, payload=b"{") == ("InvalidRequestContentException", 400)


def test_payloads_are_capped(idle: Lambdas) -> None:
    text = b'"' + b"x" * (1024 * 1024) + b'"'

    assert _refusal(idle, payload=text, InvocationType="Event") == ("RequestTooLargeException", 413)
    assert _refusal(idle, payload=b'"' + b"x" * (6 * 1024 * 1024) + b'"') == ("RequestTooLargeException", 413)
    assert idle.invoke("echo", text)["StatusCode"] == 200


def test_a_dry_run_runs_nothing(idle: Lambdas) -> None:
    assert idle.invoke("echo", InvocationType="DryRun")["StatusCode"] == 204
    assert not (idle.logs / "echo.log").exists()


@pytest.mark.parametrize(
    "name",
    ["echo", "echo:$LATEST", "arn:aws:lambda:us-east-1:123456789012:function:echo", "123456789012:function:echo"],
)
def test_a_function_has_several_names(idle: Lambdas, name: str) -> None:
    assert idle.invoke(name, InvocationType="DryRun")["StatusCode"] == 204


def test_a_caller_that_dies_disturbs_nobody(idle: Lambdas) -> None:
    port = int(idle.service.endpoint.rpartition(":")[2])
    for words in (
        b"POST /2015-03-31/functions/echo/invocations HTTP/1.1\r\nContent-Length: 99\r\n\r\n{",
        b"\x00\xff\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port)) as caller:
            caller.sendall(words)

    assert idle.invoke("echo")["StatusCode"] == 200


def test_nothing_is_left_when_the_service_stops(tmp_path: Path) -> None:
    with lambdas(tmp_path, _CODE, [function("echo", "handlers.echo"), function("hang", "handlers.hang")]) as one:
        idle_pid = json.loads(one.invoke("echo")["Payload"])["pid"]
        caller = threading.Thread(target=one.service.invoke, args=("hang", Invocation(b"{}")))
        caller.start()
        while not (one.logs / "hang.log").exists() or "child " not in one.log("hang"):
            pass
    caller.join()
    child = int(one.log("hang").partition("child ")[2].split()[0])

    assert ended(idle_pid)
    assert ended(child)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for a signal at the parent's death")
def test_handlers_at_work_die_with_a_service_that_is_killed(tmp_path: Path) -> None:
    script = f"""
import os, signal, threading
from pathlib import Path
from tests.support.lambdas import function, lambdas
with lambdas(Path({str(tmp_path)!r}), {_CODE!r}, [function("sleep", "handlers.sleep", timeout_s=600)]) as one:
    threading.Thread(target=one.invoke, args=("sleep",), daemon=True).start()
    while not (one.logs / "sleep.log").exists() or "sleeper " not in one.log("sleep"):
        pass
    print(one.log("sleep").partition("sleeper ")[2].split()[0], flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert ended(int(killed.stdout))
