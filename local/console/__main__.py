"""`python -m local.console`: jobs, runs, logs, start, pause and resume, here or with `--remote URL` on a stack."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from pathlib import Path
from typing import Any, Final

from local import running, state
from local.console import commands, logs
from local.console.door import HEADERS, Door, DoorError
from local.report import say

_SECRET: Final = "NIGHTSHIFT_SECRET"  # noqa: S105  # the name of the variable that holds it


def main() -> int:
    """The command; 0 when all is well, 1 when something failed or is late, 2 when it was asked wrongly."""
    options = _parser().parse_args()
    try:
        with _door(options) as door:
            return _obey(door, options)
    except DoorError as problem:
        say(str(problem))
        return 2
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` has; what is still to be written goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.console", description=__doc__)
    parser.add_argument("--remote", metavar="URL", help="a deployed door; without it, the system of this checkout")
    parser.add_argument("--secret-file", type=Path, help=f"where the secret is; else {_SECRET}, else you are asked")
    parser.add_argument("--as", dest="kind", choices=HEADERS, default="job", help="whose secret it is")
    orders = parser.add_subparsers(dest="order", required=True)
    orders.add_parser("jobs", help="every job and its state")
    runs = orders.add_parser("runs", help="the newest runs of a job")
    runs.add_argument("job")
    runs.add_argument("--limit", type=int, default=20)
    runs.add_argument("--status")
    show = orders.add_parser("logs", help="what a run did and wrote")
    show.add_argument("run", nargs="?", default="", help="its id")
    show.add_argument("--job", default="", help="the newest run of this job")
    start = orders.add_parser("start", help="start a job and wait for its end")
    start.add_argument("job")
    start.add_argument("--params", default="{}", metavar="JSON", help='such as {"limit": 5}')
    start.add_argument("--no-wait", action="store_true")
    for order in ("pause", "resume"):
        steer = orders.add_parser(order, help=f"{order} the schedule of a job")
        steer.add_argument("job")
        steer.add_argument("--reason")
    return parser


def _door(options: argparse.Namespace) -> Door:
    if options.remote:
        return Door(options.remote, _secret(options.secret_file), options.kind)
    found = running.find(state.folder())
    if found is None:
        raise DoorError("Nothing is running in this checkout: `make run` starts it, --remote URL asks a deployed door.")
    # A system that was killed could not take its announcement back: asking its door tells.
    return Door(found.door, _read(state.folder() / "secrets" / "JobSecret"))


def _secret(file: Path | None) -> str:
    if file is not None:
        return _read(file)
    if given := os.environ.get(_SECRET):
        return given.strip()
    if sys.stdin.isatty():
        return getpass.getpass("Secret of the door: ").strip()
    raise DoorError(f"The door's secret is missing: --secret-file FILE or the variable {_SECRET} holds it.")


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise DoorError(f"{file} cannot be read: {getattr(problem, 'strerror', '') or 'it is no text'}.") from None


def _obey(door: Door, options: argparse.Namespace) -> int:
    match options.order:
        case "jobs":
            return commands.jobs(door)
        case "runs":
            return commands.runs(door, options.job, options.limit, options.status)
        case "start":
            return commands.start(door, options.job, _params(options.params), waits=not options.no_wait)
        case "logs":
            return _logs(door, options)
        case _:
            return commands.steer(door, options.job, options.order, options.reason)


def _params(text: str) -> dict[str, Any]:
    try:
        params = json.loads(text)
    except ValueError as problem:
        raise DoorError(f"The parameters are not JSON: {problem}") from None
    if not isinstance(params, dict):
        raise DoorError('The parameters are no JSON object, such as {"limit": 5}')
    return params


def _logs(door: Door, options: argparse.Namespace) -> int:
    run_id = options.run or (commands.newest(door, options.job) if options.job else None)
    if run_id is None:
        raise DoorError(
            "This job has not run yet." if options.job else "Which run? RUN=…, or JOB=… for its newest one."
        )
    status = commands.show(door, run_id)
    say()
    if options.remote:
        say("  Its lines, in CloudWatch Logs Insights over the stack's log groups:")
        say(f'    fields @timestamp, level, message | filter run_id = "{run_id}" | sort @timestamp')
    else:
        for line in logs.lines(state.folder() / "logs", run_id):
            say(f"  {line}")
    return status


if __name__ == "__main__":
    sys.exit(main())
