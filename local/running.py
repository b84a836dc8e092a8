"""How commands of one checkout find the system that is running in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

from local.state import held, read_json, write_private


@dataclass(frozen=True)
class Running:
    """Where a running system answers."""

    pid: int
    door: str
    functions: str
    jobs: Mapping[str, str]


def hold(state: Path) -> AbstractContextManager[None]:
    """Makes this process the one that uses the state folder.

    Raises:
        AlreadyRunningError: another one does.
    """
    return held(state / "lock")


def announce(state: Path, door: str, functions: str, jobs: Mapping[str, str]) -> None:
    """Tells other commands where we answer."""
    write_private(state / "running.json", json.dumps(asdict(Running(os.getpid(), door, functions, jobs))) + "\n")


def withdraw(state: Path) -> None:
    """Tells them that we do not any more."""
    (state / "running.json").unlink(missing_ok=True)


def find(state: Path) -> Running | None:
    """What the system that holds the state folder has announced; None while it starts."""
    found = read_json(state / "running.json")
    return Running(**found) if found else None
