"""`make invoke JOB=…`: one function through the Lambda service, that of a running system or one of our own."""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from contextlib import ExitStack
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from local import running, sample, settings, state
from local.aws import client
from local.report import say, step
from local.stack import Function, Stack
from local.state import AlreadyRunningError
from local.system import EXPLAINED, LocalSystem
from local.template import Template

# What a job's answer says when it has done what was asked, or goes on doing it in another invocation.
_WELL: Final = ("succeeded", "continued")
# Why a run has nothing to do where its event came once before.
_DONE: Final = "slot_done"
# How the sample events name a secret of this machine.
_SECRET: Final = re.compile(r"the-value-of-(\w+)")


class MisusedError(Exception):
    """What was asked for cannot be; the message says what can."""


def main() -> int:
    """The command; 0 when the job did its work, 1 when it did not, 2 when it was asked wrongly."""
    parser = argparse.ArgumentParser(prog="make invoke")
    parser.add_argument(
        "--job", default="", help="a job, another function, or its logical id; else the event's name tells"
    )
    parser.add_argument("--event", type=Path, help="a file with the event, {} without one")
    options = parser.parse_args()
    try:
        function = function_of(options.job or (options.event.name.partition(".")[0] if options.event else ""))
        return _invoke(function, options.event)
    except MisusedError as problem:
        say(str(problem))
        return 2
    except EXPLAINED as problem:
        say(f"nightshift: {problem}")
        return 1
    except KeyboardInterrupt:
        return 130


def function_of(asked: str) -> str:
    """Return the name of a function here, by its name without the stack's or by its logical id as `sam` takes it.

    Raises:
        MisusedError: there is none of this name.
    """
    functions = _functions()
    by_id = {each.logical_id: each for each in functions.values()}
    if found := functions.get(asked) or by_id.get(asked):
        return found.name
    raise MisusedError(f"JOB={asked or '…'}: there are {', '.join(sorted(functions))}.")


@cache
def _functions() -> dict[str, Function]:
    template = Template.read(state.ROOT / "template.yaml", settings.STACK_NAME, settings.parameters())
    return {each.name.removeprefix(f"{settings.STACK_NAME}-"): each for each in Stack(template, "").functions}


def payload(file: Path | None, secrets: Path) -> bytes:
    """Return the event in a file, with the secrets of this machine where it names one; `{}` without a file.

    Raises:
        MisusedError: it cannot be read, or is no JSON.
    """
    if file is None:
        return b"{}"
    try:
        text = json.dumps(json.loads(file.read_text()))
    except OSError as problem:
        raise MisusedError(f"EVENT={file}: {problem.strerror}") from None
    except ValueError as problem:
        raise MisusedError(f"EVENT={file} is not JSON: {problem}") from None
    return _SECRET.sub(lambda found: _read_secret(secrets / found[1]) or found[0], text).encode()


def _read_secret(file: Path) -> str:
    return file.read_text().strip() if file.is_file() else ""


def _invoke(function: str, event: Path | None) -> int:
    folder = state.folder()
    payload(event, folder / "secrets")
    with ExitStack() as opened:
        try:
            opened.enter_context(running.hold(folder))
        except AlreadyRunningError:
            found = running.find(folder)
            if found is None:
                raise MisusedError("A system is starting in this checkout: try again when it is up.") from None
            return _ask(found.functions, function, payload(event, folder / "secrets"))
        system = opened.enter_context(LocalSystem(folder, say=say))
        with step("Stores"):
            system.start_stores()
        with step("Functions"):
            system.start_functions()
            system.migrate()
        with step("Shop"):
            sample.open_shop(system, new_day=False)
        status = _ask(system.functions.endpoint, function, payload(event, system.secrets))
        system.functions.wait_for_events(0)
        return status


def _ask(endpoint: str, function: str, payload: bytes) -> int:
    answer = client("lambda", endpoint).invoke(FunctionName=function, Payload=payload, LogType="Tail")
    result = json.loads(answer["Payload"].read())
    say("\n--- the end of the log")
    say(base64.b64decode(answer["LogResult"]).decode(errors="replace").rstrip())
    say("--- the result")
    say(json.dumps(result, indent=2, ensure_ascii=False))
    return 0 if "FunctionError" not in answer and did_well(result) else 1


def did_well(result: Any) -> bool:
    """Whether an answer says that what was asked for has been done: a run's, the door's, or any other function's."""
    if not isinstance(result, dict):
        return True
    if "statusCode" in result:
        return int(result["statusCode"]) < HTTPStatus.BAD_REQUEST
    return result.get("status", "succeeded") in _WELL or result.get("reason") == _DONE


if __name__ == "__main__":
    sys.exit(main())
