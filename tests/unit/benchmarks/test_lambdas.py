"""A process is fed event by event over its Runtime API, and what goes wrong in it is told with what it said."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.lambdas import Function, FunctionFailedError, Process

# Speaks as AWS's client does: asks, answers or reports an error, and asks again.
_CLIENT = """
import http.client, json, os
print("a word before the end", flush=True)
asking = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    asking.request("GET", "/2018-06-01/runtime/invocation/next")
    given = asking.getresponse()
    event = json.loads(given.read())
    if event == "die":
        os._exit(3)
    kind = "error" if event == "fail" else "response"
    where = f"/2018-06-01/runtime/invocation/{given.headers['Lambda-Runtime-Aws-Request-Id']}/{kind}"
    asking.request("POST", where, json.dumps({"given": event}))
    asking.getresponse().read()
    if event == "hang up":
        asking.close()
"""


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    (tmp_path / "awslambdaric").mkdir()
    (tmp_path / "awslambdaric" / "__init__.py").touch()
    (tmp_path / "awslambdaric" / "__main__.py").write_text(_CLIENT)
    with Function("a-function", "a.handler", tmp_path, (), timeout_s=20).started(sys.executable) as started:
        yield started


def test_one_event_after_the_other_is_answered_also_over_a_new_connection(process: Process) -> None:
    for event in ("one", "hang up", {"large": "x" * 100_000}):
        assert process.answer(event).body == {"given": event}
    assert process.start_ms > 0
    assert process.peak_mb > 1


def test_an_error_is_told_with_what_it_said_and_does_not_end_it(process: Process) -> None:
    with pytest.raises(FunctionFailedError, match=r'a-function: \{"given": "fail"\}\na word before the end'):
        process.answer("fail")
    assert process.answer("again").body == {"given": "again"}


def test_a_process_that_ends_is_no_answer(process: Process) -> None:
    with pytest.raises(FunctionFailedError, match="a-function ended or said nothing"):
        process.answer("die")
