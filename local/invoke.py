"""`make invoke JOB=…`: one job through the Lambda service, that of a running system or one of our own."""

from __future__ import annotations

import argparse
import base64
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from local import running, sample, state
from local.aws import client
from local.report import say, step
from local.state import AlreadyRunningError
from local.system import EXPLAINED, LocalSystem

# What a job's answer says when it has done what was asked, or goes on doing it in another invocation.
_WELL: Final = ("succeeded", "continued")


class MisusedError(Exception):
    """What was asked for cannot be; the message says what can."""


def main() -> int:
    """The command; 0 when the job did its work, 1 when it did not, 2 when it was asked wrongly."""
    parser = argparse.ArgumentParser(prog="make invoke")
    parser.add_argument("--job", default="", help="its name, as in JOB=product-checks")
    parser.add_argument("--event", type=Path, help="a file with the event, {} without one")
    options = parser.parse_args()
    try:
        payload = _payload(options.event)
        return _invoke(options.job, payload)
    except MisusedError as problem:
        say(str(problem))
        return 2
    except EXPLAINED as problem:
        say(f"nightshift: {problem}")
        return 1
    except KeyboardInterrupt:
        return 130


def _payload(file: Path | None) -> bytes:
    if file is None:
        return b"{}"
    try:
        return json.dumps(json.loads(file.read_text())).encode()
    except OSError as problem:
        raise MisusedError(f"EVENT={file}: {problem.strerror}") from None
    except ValueError as problem:
        raise MisusedError(f"EVENT={file} is not JSON: {problem}") from None


def _invoke(job: str, payload: bytes) -> int:
    folder = state.folder()
    with ExitStack() as opened:
        try:
            opened.enter_context(running.hold(folder))
        except AlreadyRunningError:
            found = running.find(folder)
            if found is None:
                raise MisusedError("A system is starting in this checkout: try again when it is up.") from None
            return _ask(found.functions, _known(job, found.jobs)[job], payload)
        system = opened.enter_context(LocalSystem(folder, say=say))
        with step("Stores"):
            system.start_stores()
        functions = _known(job, system.jobs)
        with step("Functions"):
            system.start_functions()
            system.migrate()
        with step("Shop"):
            sample.open_shop(system, new_day=False)
        status = _ask(system.functions.endpoint, functions[job], payload)
        system.functions.wait_for_events(0)
        return status


def _known(job: str, functions: Any) -> dict[str, str]:
    if job not in functions:
        names = ", ".join(sorted(functions)) or "none"
        raise MisusedError(f"JOB={job or '…'}: the jobs are {names}.")
    return dict(functions)


def _ask(endpoint: str, function: str, payload: bytes) -> int:
    answer = client("lambda", endpoint).invoke(FunctionName=function, Payload=payload, LogType="Tail")
    result = json.loads(answer["Payload"].read())
    say("\n--- the end of the log")
    say(base64.b64decode(answer["LogResult"]).decode(errors="replace").rstrip())
    say("--- the result")
    say(json.dumps(result, indent=2, ensure_ascii=False))
    failed = "FunctionError" in answer
    return 0 if not failed and isinstance(result, dict) and result.get("status") in _WELL else 1


if __name__ == "__main__":
    sys.exit(main())
