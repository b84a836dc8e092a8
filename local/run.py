"""`make run`: starts everything, runs every job once, tells what happened, and stays up."""

from __future__ import annotations

import argparse
import platform
import signal
import sys
import threading
from pathlib import Path

from local import jobs, reader, running, sample, sample_data, settings, state
from local.jobs import JobRun
from local.report import progress, say, shortened, step, table
from local.shop.server import Shop
from local.state import AlreadyRunningError
from local.system import EXPLAINED, LocalSystem


class PortTakenError(Exception):
    """The port that was asked for is somebody else's."""


def main() -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="make run")
    parser.add_argument(
        "--port", type=int, help=f"of the door; {settings.PORT} if it is free, and any free one otherwise"
    )
    parser.add_argument("--once", action="store_true", help="end after the table")
    parser.add_argument("--verbose", action="store_true", help="show what the handlers log")
    options = parser.parse_args()
    for each in (signal.SIGINT, signal.SIGTERM):  # also where a script has started us in the background
        signal.signal(each, signal.default_int_handler)
    folder = state.folder()
    try:
        with running.hold(folder):
            return _run(folder, options)
    except AlreadyRunningError as other:
        say(f"This checkout is running already ({other}){_where(folder)}.")
        return 1
    except PortTakenError as taken:
        say(str(taken))
        return 2
    except EXPLAINED as problem:
        say(f"nightshift: {problem}")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130


def _run(folder: Path, options: argparse.Namespace) -> int:
    say(f"Nightshift on this machine, with Python {platform.python_version()}")
    with LocalSystem(folder, echo=_show if options.verbose else None, say=say) as system:
        shop = _start(system, options.port)
        try:
            as_expected = _first_runs(system, shop)
            if options.once:
                return 0 if as_expected else 1
            _stay(system)
        finally:
            running.withdraw(folder)
    return 0


def _show(_function: str, output: bytes) -> None:
    sys.stdout.buffer.write(output)
    sys.stdout.flush()


def _start(system: LocalSystem, port: int | None) -> Shop:
    with step("Stores") as told:
        system.start_stores()
        told.append(f"PostgreSQL ({system.database.describe()}), AWS services")
    _take_port(system, port)
    with step("Functions") as told:
        system.start_functions()
        told.append(", ".join(function.name for function in system.stack.functions))
    with step("Migrations") as told:
        told.append(", ".join(system.migrate()) or "nothing new")
    with step("Shop") as told:
        shop = sample.open_shop(system, new_day=True)
        told.append(f"{shop.url}, day {shop.day}, sample data loaded")
    with step("Door") as told:
        system.start_door()
        told.append(system.door.url)
    running.announce(system.state, system.door.url, system.functions.endpoint, system.jobs)
    return shop


def _take_port(system: LocalSystem, port: int | None) -> None:
    try:
        system.take_port(settings.PORT if port is None else port)
    except OSError:
        if port is not None:
            raise PortTakenError(f"Port {port} is taken. Give another one, or none: make run PORT=…") from None
        system.take_port(0)
        say(f"  Port {settings.PORT} is taken: the door gets another one")


def _first_runs(system: LocalSystem, shop: Shop) -> bool:
    """Runs every job twice; whether all of them ended as the sample data says they should."""
    say("\nEvery job once")
    _run_all(system)
    _tell_more(system)
    differences = sample_data.differences(system.database.url, shop.day)
    differences += _mail_differences(system, sample_data.expectations(shop.day).mails)
    say("\nAnd again: what was done is done, and nobody hears anything twice")
    sent = len(system.mailbox.mails)
    again = _run_all(system)
    differences += [
        f"{run.job}, again: {run.status}, processed {run.processed}"
        for run in again
        if (run.status, run.processed) != ("succeeded", 0)
    ]
    differences += _mail_differences(system, sent, ", again")
    differences += _readers(system, shop.day)
    say()
    if not differences:
        say("  Everything ended as the sample data says it should; its failures are meant.")
    for difference in differences:
        say(f"  NOT AS EXPECTED  {difference}")
    return not differences


def _run_all(system: LocalSystem) -> list[JobRun]:
    runs = []
    for job in system.jobs:
        say(f"  {job}")
        runs.append(jobs.run(system, job, progress(job)))
        system.keep_tables()
    say()
    say(table(("job", "status", "processed", "failed", "changes", "duration", "notes"), map(_row, runs)))
    return runs


def _mail_differences(system: LocalSystem, wanted: int, when: str = "") -> list[str]:
    sent = len(system.mailbox.mails)
    return [] if sent == wanted else [f"mails{when}: {sent} were sent, not {wanted}"]


def _readers(system: LocalSystem, day: int) -> list[str]:
    """Shows what readers of comparisons get, and draws the forecasts; what was not as it should be."""
    say("\nA reader comes to a comparison that no run has warmed")
    steps, differences = reader.come(system)
    say()
    say(table(("request", "status", "answer"), steps))
    say()
    say(table(("comparison", "expected to lead", "its forecasts, as a picture"), reader.draw_charts(system, day)))
    system.keep_tables()
    return differences


def _notes(name: str, value: object) -> list[str]:
    """What a count of a run says to people: nothing where nothing was counted."""
    if isinstance(value, dict):
        return [f"{name} {note}" for part, count in value.items() for note in _notes(part, count)]
    return [f"{name} {value}"] if value else []


def _row(run: JobRun) -> tuple[str, ...]:
    counts = run.metadata or {}
    changes = sum(value for name, value in counts.items() if name.endswith("_changes"))
    shown_elsewhere = ("failed_", "price_changes", "stock_changes")
    others = [
        note for name, value in counts.items() if not name.startswith(shown_elsewhere) for note in _notes(name, value)
    ]
    return (
        run.job,
        run.status,
        str(run.processed),
        str(run.failed),
        str(changes),
        f"{run.duration_ms / 1000:.1f} s",
        shortened(run.error if run.status == "failed" else ", ".join(others), 100),
    )


def _tell_more(system: LocalSystem) -> None:
    rows = [
        (row.kind, row.what, str(row.count), shortened(", ".join(row.examples), 100))
        for row in sample_data.summary(system.database.url)
    ]
    if rows:
        say()
        say(table(("", "what", "how many", "which"), rows))
    mails = [(mail.to[0], shortened(mail.subject, 70), str(mail.page)) for mail in system.mailbox.mails]
    if mails:
        say()
        say(table(("mail to", "subject", "as a page"), mails))


def _stay(system: LocalSystem) -> None:
    clock = system.start_clock()
    secret = system.secrets / "JobSecret"
    say(f"""
  The dashboard is at {system.door.url}/ until Ctrl-C. It asks for a secret, which this shows:

    cat {system.secrets / "AdminSecret"}; echo

  (ReadSecret, beside it, sees everything and changes nothing.) Programs show theirs in a header:

    curl -H "X-Job-Secret: $(cat {secret})" {system.door.url}/api/jobs
    curl -X POST -H "X-Job-Secret: $(cat {secret})" {system.door.url}/api/jobs/{next(iter(system.jobs), "JOB")}

  Logs are in {system.state / "logs"}. Next by themselves:""")
    for event, due in clock.next_times:
        say(f"    {event.function} at {due.isoformat(timespec='minutes') if due else 'no time'} ({event.expression})")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        say("\nStopping")


def _where(folder: Path) -> str:
    found = running.find(folder)
    return f" at {found.door}" if found else ""


if __name__ == "__main__":
    sys.exit(main())
