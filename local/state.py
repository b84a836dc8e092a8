"""Where the local system keeps what outlives a run: data, secrets, logs, and who is running."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent


class AlreadyRunningError(Exception):
    """Another process of this checkout holds the state folder; the message is for a person."""


def folder() -> Path:
    """The state folder of this checkout (NIGHTSHIFT_STATE names another one, as the tests do), made if missing."""
    path = Path(os.environ.get("NIGHTSHIFT_STATE", ROOT / ".local")).absolute()
    path.mkdir(exist_ok=True)
    return path


def write_private(path: Path, text: str) -> None:
    """Replaces a file in one step; only its owner may read it, at no moment anybody else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write(text)
    draft.replace(path)


def read_json(path: Path) -> Any:
    """What `write_private` kept as JSON, or None when there is nothing or only half of something."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Holds the state folder for this process; the system releases it even after a kill -9.

    Raises:
        AlreadyRunningError: another process holds it; its own words in the file say who.
    """
    with path.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise AlreadyRunningError(handle.read().strip() or "another process") from None
        handle.truncate(0)
        handle.write(f"process {os.getpid()}")
        handle.flush()
        yield
