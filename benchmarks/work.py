"""What the work of each job takes of a processor: the start of its function, a run with nothing to do, and each item.

`python -m benchmarks.work` writes deploy/costs/measured.json, from which `make costs` reckons what a month costs. A
busy machine takes hardly more processor time; how long a run waits for others is assumed (deploy/costs/waiting.py).
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from benchmarks.aws import SECRET
from benchmarks.ground import Ground, ground
from benchmarks.lambdas import ROOT, Function, FunctionFailedError, Process, runtime_python, versions
from benchmarks.rounds import machine
from local.leash import leashed
from nightshift.sql import queries
from tests.support.door import event

FILE: Final = ROOT / "deploy" / "costs" / "measured.json"
_SHOP: Final = queries("benchmarks.shop")
_OWN: Final = queries("benchmarks.memory")
# Clocks of processes tick every 10 ms: so many events that a tick is little.
_IDLE_RUNS: Final = 40
_HOSTS: Final = 20
_QUICK_MAIL: Final = {"SES_MAX_PER_SECOND": "1000", "MAX_EMAILS_PER_USER_PER_DAY": "100"}


@dataclass(frozen=True)
class World:
    """Where items are put, and whom jobs speak with."""

    connection: Any
    shops: Sequence[int]
    worker: int

    def run(self, statement: str, **values: Any) -> None:
        """Run a statement."""
        self.connection.run(statement, **values)


@dataclass(frozen=True)
class Work:
    """So many items of one kind, for one function."""

    function: str
    item: str
    items: int
    prepare: Callable[[World], None]
    event: Any = field(default_factory=dict)
    environment: Callable[[World], Mapping[str, str]] = lambda _: {}
    repeated: int = 1


def _wishes(world: World) -> None:
    world.run(_SHOP["fill_users"], users=50)
    world.run(_SHOP["fill_products"], products=200)
    world.run(_SHOP["fill_wishes"], users=50)
    world.run(_SHOP["begin_sale"], every=10)


def _holds(world: World) -> None:
    world.run(_SHOP["fill_stock"], holds=5000, products=200)
    world.run(_SHOP["fill_holds"], holds=5000, products=200)


def _pages(world: World) -> None:
    urls = [f"http://127.0.0.1:{port}/{page}" for port in world.shops for page in range(1, 11)]
    world.run(_OWN["track"], urls=json.dumps(urls))


def _nothing(_: World) -> None:
    """What there is already is enough."""


def _worker(world: World) -> Mapping[str, str]:
    executors = {"look_up": {"url": f"http://127.0.0.1:{world.worker}/jobs"}}
    return {"PUPPET_EXECUTORS": json.dumps(executors)}


def _asked(method: str, path: str) -> Any:
    return event(method, path, {"X-Job-Secret": SECRET})


# In this order: some find what those before them have left.
WORK: Final = (
    Work("WishlistSaleCheck", "a mail of 20 notices", 50, _wishes, environment=lambda _: _QUICK_MAIL),
    Work("CleanupReservations", "an expired hold", 5000, _holds),
    Work("ProductChecks", "a page of 60 KB", 200, _pages, {"params": {"limit": 200}}),
    Work("WarmupForecasts", "a comparison of 260 weeks", 20,
         lambda world: world.run(_OWN["fill_comparisons"], comparisons=20, points=260)),
    Work("WarmupExplanations", "a comparison of 260 weeks", 20, _nothing),
    Work("PuppetJobs", "a job of a worker over HTTP", 400,
         lambda world: world.run(_OWN["fill_queue"], jobs=400), environment=_worker),
    Work("Retention", "an old row", 20_000, lambda world: world.run(_OWN["fill_old"], rows=20_000)),
    Work("Api", "a page of the dashboard", 1, _nothing, _asked("GET", "/"), repeated=_IDLE_RUNS),
)  # fmt: skip
# What a function is called with where that is not a run with nothing to do.
_CALLS: Final = {"Api": _asked("GET", "/healthz")}
_LEFT_OUT: Final = ("Migrate", "Deployment", "MailFeedback", "WarmupOnDemand")


def idle(function: Function, python: str) -> dict[str, float]:
    """Return the processor time of a start and of a run with nothing to do, in ms."""
    with function.started(python) as process:
        start_ms = process.cpu_ms
        asked = _CALLS.get(function.name, {})
        first = _answered(process, asked)
        begun = process.cpu_ms
        for _ in range(_IDLE_RUNS):
            _answered(process, asked)
        run_ms = (process.cpu_ms - begun) / _IDLE_RUNS
        # What the first run loads belongs to the start.
        return {"start_ms": round(start_ms + first - run_ms), "run_ms": round(run_ms, 2)}


def busy(function: Function, work: Work, world: World, python: str, run_ms: float) -> dict[str, Any]:
    """Return the processor time of an item, in ms."""
    work.prepare(world)
    with replace(function, environment={**function.environment, **work.environment(world)}).started(python) as process:
        if work.repeated > 1:
            _answered(process, work.event)
        begun = process.cpu_ms
        for _ in range(work.repeated):
            _answered(process, work.event, work.items)
        spent = process.cpu_ms - begun - run_ms * work.repeated
    return {"item": work.item, "item_ms": round(max(0.0, spent) / (work.items * work.repeated), 3)}


def _answered(process: Process, asked: Any, least: int = 0) -> float:
    """Give an event, see that it went well and did enough, and return the processor time that it took, in ms."""
    before = process.cpu_ms
    answer = process.answer(asked).body
    if (
        answer.get("statusCode", 200) >= 300
        or answer.get("status") in ("failed", "skipped")
        or answer.get("processed", least) < least
    ):
        raise FunctionFailedError(str(answer)[:500])
    return process.cpu_ms - before


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args(arguments)
    python = runtime_python()
    with ExitStack() as stack:
        around = stack.enter_context(ground())
        connection = stack.enter_context(closing(around.on.connect(around.database)))
        world = World(connection, stack.enter_context(_shops()), stack.enter_context(_working()))
        found = _measured(around, world, python)
    about = {"date": datetime.now(UTC).date().isoformat(), "machine": machine(), "versions": versions(python)}
    FILE.write_text(json.dumps({**about, "functions": found}, indent=2, sort_keys=True) + "\n", "utf-8")


def _measured(around: Ground, world: World, python: str) -> dict[str, dict[str, Any]]:
    mail = {"AWS_ENDPOINT_URL_SESV2": around.endpoint, "SES_MAX_PER_SECOND": "1000"}
    functions = {
        name: replace(each, environment={**each.environment, **mail})
        for name, each in around.functions.items()
        if name not in _LEFT_OUT
    }
    found: dict[str, dict[str, Any]] = {}
    for name, function in functions.items():
        found[name] = idle(function, python)
        print(f"{name}: {found[name]}", flush=True)
    for work in WORK:
        own = found[work.function]
        own.update(busy(functions[work.function], work, world, python, 0.0 if work.repeated > 1 else own["run_ms"]))
        print(f"{work.function}: {own['item_ms']} ms for {work.item}", flush=True)
    return found


@contextmanager
def _shops() -> Iterator[list[int]]:
    command = leashed([sys.executable, "-m", "benchmarks.memory.others", str(_HOSTS)], death=signal.SIGKILL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:  # noqa: S603  # ourselves
        try:
            assert process.stdout
            yield [int(port) for port in process.stdout.readline().split()][:_HOSTS]
        finally:
            process.kill()


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        said = b'{"status": "success", "result": {"sent": true}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def _working() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as worker:
        threading.Thread(target=worker.serve_forever, daemon=True).start()
        yield worker.server_address[1]
        worker.shutdown()


if __name__ == "__main__":
    main()
