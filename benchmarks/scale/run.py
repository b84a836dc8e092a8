"""`make scale`: how far it goes beyond one machine, by simulation, and how far the simulation is to be believed.

`python -m benchmarks.scale.run [--only claims,locks,mails,reality] [--budget 2]`; what is left out stays as it was
found before. Writes benchmarks/results/scale.json and docs/scaling.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, Final

from benchmarks.rounds import RESULTS, save
from benchmarks.scale import costs, reality, scenarios, ways
from benchmarks.scale.costs import Measured
from benchmarks.scale.figures import Line
from benchmarks.scale.page import shown_line, write
from benchmarks.server import server, version
from tests.support.databases import DatabaseServer

# For how many people there is news: more than any senders here send.
_PEOPLE: Final = 6_000
_Series = list[dict[str, Any]]


def claims(on: DatabaseServer, measured: Measured, budget_s: float) -> _Series:
    """Simulate every way to have jobs carried out."""
    return [
        _series(way.title, [scenarios.claim(on, measured, way, workers, budget_s) for workers in way.workers])
        for way in ways.CLAIMS
    ]


def locks(_on: DatabaseServer, _measured: Measured, _budget_s: float) -> _Series:
    """Simulate callers who want locks."""
    return [
        _series(title, [scenarios.lock(name_of, callers) for callers in ways.WORKERS])
        for title, name_of in ways.LOCKS.items()
    ]


def mails(on: DatabaseServer, _measured: Measured, budget_s: float) -> _Series:
    """Simulate senders of mails."""
    with on.database() as url, closing(scenarios.Post(on, url, _PEOPLE)) as post:
        titles = dict.fromkeys(way.title for way in ways.MAILINGS)
        return [
            _series(title, [post.send(way, budget_s) for way in ways.MAILINGS if way.title == title])
            for title in titles
        ]


def compared(on: DatabaseServer, measured: Measured, _budget_s: float) -> _Series:
    """Let processes really run, and the same ones simulated."""
    found = []
    for kind in reality.KINDS:
        print(f"\n{kind.name}", flush=True)
        for processes in reality.PROCESSES:
            one = reality.compare(on, measured, kind, processes).document()
            print(f"  {processes}: simulated {one['simulated']:,.0f}/s, real {one['real']:,.0f}/s: {one['ratio']:.2f}")
            found.append(one)
    return found


PARTS: Final[Mapping[str, Callable[[DatabaseServer, Measured, float], _Series]]] = {
    "claims": claims,
    "locks": locks,
    "mails": mails,
    "reality": compared,
}


def _series(title: str, lines: Sequence[Line]) -> dict[str, Any]:
    print(f"\n{title}", flush=True)
    for line in lines:
        print(f"  {shown_line(line)}", flush=True)
    return {"title": title, "lines": [line.document() for line in lines]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate, compare, and write the page."""
    parser = argparse.ArgumentParser(prog="make scale", description=__doc__)
    parser.add_argument("--only", default="", help=f"some of {', '.join(PARTS)}, with commas between")
    parser.add_argument("--budget", type=float, default=2.0, help="seconds for each line, once everybody has come")
    chosen = parser.parse_args(arguments)
    names = [name for name in chosen.only.split(",") if name] or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"ONLY={','.join(unknown)}: the parts are {', '.join(PARTS)}")
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")
    before = RESULTS / "scale.json"
    parts = json.loads(before.read_text("utf-8")).get("parts", {}) if before.exists() else {}
    with server() as on:
        measured = costs.measure(on)
        parts["costs"] = _shown_costs(measured)
        for name in names:
            began_s = time.monotonic()
            parts[name] = PARTS[name](on, measured, chosen.budget)
            print(f"\n== {name}: {time.monotonic() - began_s:.0f} s", flush=True)
            save("scale", [], {"postgresql": version(on)}, parts=parts)
    print(write(), flush=True)
    return 0


def _shown_costs(measured: Measured) -> _Series:
    found: _Series = [
        {
            "what": f"a claim of {taken}, with {held:,} users' jobs in flight",
            "taken": taken,
            "held": held,
            "ms": seconds * 1000,
        }
        for (taken, held), seconds in measured.claims_s.items()
    ]
    found += [
        {"what": "the results of one job", "ms": measured.complete_one_s * 1000},
        {"what": "the results of 500 jobs", "ms": measured.complete_many_s * 1000},
        {"what": "a commit's wait for this machine's disk", "ms": measured.commit_s * 1000},
    ]
    for one in found:
        print(f"{one['what']:55} {one['ms']:8.2f} ms", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
