"""Contenders in processes of their own, and the environments that the peers among them live in."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from local.bootstrap import IMPORT_ROOTS, Environment

ROOT: Final = Path(__file__).resolve().parents[1]
_PATIENCE_S: Final = 600


class Worker:
    """A process that hears and says lines; killed where its block ends."""

    def __init__(self, command: Sequence[str], import_path: str) -> None:
        environment = {**os.environ, "PYTHONPATH": import_path, "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(  # noqa: S603  # our own workers
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def wait_for_end(self) -> None:
        """Wait until it has done what it was started for."""
        with self:
            if self._process.wait(_PATIENCE_S):
                raise RuntimeError("a worker failed; what it said is above")

    def expect(self, word: str) -> None:
        """Wait until it says this."""
        if (heard := self.hear()) != word:
            raise RuntimeError(f"a worker said {heard!r} instead of {word!r}")

    def say(self, word: str) -> None:
        """Say something to it."""
        assert self._process.stdin
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """Return what it says next."""
        assert self._process.stdout
        if not (line := self._process.stdout.readline()):
            raise RuntimeError("a worker ended without a word; what it said before is above")
        return line.strip()


def peers(lock: str = "bench") -> Path:
    """The interpreter of an environment of the peers' own, made as locked in requirements."""
    environment = Environment(ROOT / f".venv-{lock}")
    if not environment.is_ready(lock):
        environment.prepare(lock)
    return environment.python


def own_path() -> str:
    """Where a process finds our own code; peers find none of it."""
    return os.pathsep.join(str(ROOT / part) for part in IMPORT_ROOTS)


def locked(*packages: str, lock: str = "bench") -> dict[str, str]:
    """The versions of the peers, as they are locked."""
    found = dict(re.findall(r"^(\S+)==(\S+)", (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8"), re.MULTILINE))
    return {name: found[name] for name in packages}
