"""Lets Spin search the model of the lock: as it is nothing may be found, and every seeded mistake must be.

`make model`, or `python -m tests.model.check [--short]`. Needs Spin (Debian's package `spin`) and a C compiler.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

MODEL = Path(__file__).with_name("lock.pml")
# What the search varies: which requests may arrive twice, how often a worker tries and renews, who hands over to whom.
TURNS = ("-DTRIES=2", "-DRENEWALS=0", "-DLATE=2")
WRITES = ("-DTRIES=2", "-DRENEWALS=0", "-DTWO_WRITES")
RENEWALS = ("-DTRIES=1", "-DRENEWALS=2", "-DLATE=1", "-DLEASE=3", "-DOWN_SLOTS")
CRASHES = ("-DTRIES=2", "-DRENEWALS=0", "-DCRASHES")
HANDOVER = ("-DHANDOVER", "-DRENEWALS=1")
LATE_HANDOVER = ("-DHANDOVER", "-DRENEWALS=1", "-DLATE=2", "-DCRASHES")
WAITING = ("-DWAITING",)
NAMES = {
    TURNS: "turns",
    WRITES: "writes",
    RENEWALS: "renewals",
    CRASHES: "crashes in a transaction",
    HANDOVER: "hand-over",
    LATE_HANDOVER: "hand-over, requests twice",
    WAITING: "a worker alone",
}
# Each mistake with the variation that shows it soonest.
BUGS = {
    "RELEASE_WITHOUT_OWNER_CHECK": TURNS,
    "DELETE_ON_RELEASE": WRITES,
    "NO_MARGIN": WRITES,
    "DEADLINE_FROM_RESPONSE": WRITES,
    "RENEW_WITHOUT_GUARD": RENEWALS,
    "HANDOVER_WITHOUT_ADOPT": HANDOVER,
    "SLOT_ONLY_IN_DYNAMODB": WRITES,
    "FENCE_WITHOUT_ROW_LOCK": WRITES,
    "NO_FENCE": WRITES,
}
# Beyond the nine: that a worker alone gets the lock must be able to fail as well.
FURTHER = {"LEASE_NEVER_LAPSES": WAITING}
SHORT = ("NO_MARGIN", "HANDOVER_WITHOUT_ADOPT", "FENCE_WITHOUT_ROW_LOCK")


@dataclass(frozen=True)
class Search:
    """One search, and whether it must find a mistake."""

    variation: tuple[str, ...]
    bug: str = ""

    def __str__(self) -> str:
        return f"{self.bug or 'as it is'} ({NAMES[self.variation]})"


@dataclass(frozen=True)
class Found:
    """What a search came to: how many states, the first violated claim, and whether all states were seen."""

    states: int
    violated: str
    complete: bool
    seconds: float


def missing() -> str:
    """What this machine lacks for a search; empty where it lacks nothing."""
    return ", ".join(name for name in ("spin", "cc") if shutil.which(name) is None)


def searches(*, short: bool) -> list[Search]:
    """The searches to make; the short form leaves out what takes longer than a few seconds."""
    whole = (WRITES, HANDOVER, WAITING) if short else tuple(NAMES)
    bugs = {bug: BUGS[bug] for bug in SHORT} if short else {**BUGS, **FURTHER}
    return [*(Search(variation) for variation in whole), *(Search(shown, bug) for bug, shown in bugs.items())]


def search(wanted: Search) -> Found:
    """Translates the model, compiles the search and runs it to its end or to the first mistake."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(MODEL, folder)
        seeded = (f"-DBUG_{wanted.bug}",) if wanted.bug else ()
        _run(folder, "spin", "-a", *wanted.variation, *seeded, MODEL.name)
        # Liveness needs another kind of search, under weak fairness: whoever can go on does so in the end.
        live = wanted.variation == WAITING
        # Compiling well takes longer than most of these searches do.
        level = "-O2" if wanted.variation in (TURNS, RENEWALS, CRASHES, LATE_HANDOVER) else "-O0"
        defined = ("-DCOLLAPSE", "-DMEMLIM=4000", *(() if live else ("-DSAFETY",)))
        _run(folder, "cc", level, "-w", *defined, "-o", "pan", "pan.c")
        said = _run(folder, "./pan", "-m200000", *(("-a", "-f") if live else ()))
    return _read(said, time.monotonic() - started)


def _run(folder: str, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0 and command[0] != "./pan":
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}"[:2000])
    return done.stdout


def _read(said: str, seconds: float) -> Found:
    states = re.search(r"(\d+) states, stored", said)
    violated = re.search(r"pan:\d+: (.*?) \(at depth", said)
    complete = "Search not completed" not in said and "max search depth too small" not in said
    return Found(int(states[1]) if states else 0, violated[1] if violated else "", complete, seconds)


def differences(wanted: Search, found: Found) -> Iterator[str]:
    """Where a search did not end as it must."""
    if wanted.bug and not found.violated:
        yield f"{wanted}: the mistake was not found"
    if not wanted.bug and found.violated:
        yield f"{wanted}: violates {found.violated}"
    if not wanted.bug and not (found.complete and found.states):
        yield f"{wanted}: the search did not see all states"


def main() -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="make model")
    parser.add_argument("--short", action="store_true", help="only what takes a few seconds")
    options = parser.parse_args()
    if lacking := missing():
        print(f"The model was not searched: {lacking} is missing here (Debian: apt-get install spin gcc).")
        return 0
    wrong: list[str] = []
    wanted = searches(short=options.short)
    with ThreadPoolExecutor(2) as pool:
        for each, found in zip(wanted, pool.map(search, wanted), strict=True):
            verdict = found.violated or "nothing found"
            print(f"  {each!s:<52} {found.states:>11,} states  {found.seconds:5.1f} s  {verdict}", flush=True)
            wrong += differences(each, found)
    for line in wrong:
        print(f"  WRONG  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
