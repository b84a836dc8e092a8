"""What a worker is to suffer, and how it says that it has come to it: files in a folder that both sides know.

One order is there at a time. The first invocation that finds it takes it away: the runs after it are left alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

# The named steps of a run, in their order; RANDOM is a moment after its beginning, wherever that is.
AFTER_LOCK: Final = "after lock"
AFTER_FETCH: Final = "after fetch"
BEFORE_COMMIT: Final = "before commit"
AFTER_COMMIT: Final = "after commit"
BEFORE_RELEASE: Final = "before release"
RANDOM: Final = "random"
# Those of the door, which takes a job's lock, records the run and wakes the job's function.
BEFORE_WAKING: Final = "before waking"
AFTER_WAKING: Final = "after waking"
STEPS: Final = (AFTER_LOCK, AFTER_FETCH, BEFORE_COMMIT, AFTER_COMMIT, BEFORE_RELEASE)

# What happens there: to the process itself, or to the message that it sends to PostgreSQL.
KILL: Final = "kill"
STOP: Final = "stop"
END_BACKEND: Final = "end backend"
CUT_MESSAGE: Final = "cut message"
CUT_ANSWER: Final = "cut answer"

_ORDER: Final = "order.json"
_REACHED: Final = "reached-"
_UNDISTURBED: Final = "undisturbed.json"


@dataclass(frozen=True)
class Order:
    """What one invocation is to suffer.

    Attributes:
        act: one of the acts above.
        step: where.
        nth: at the how many-th time that it comes by there.
        after_s: with RANDOM, how long after its beginning.
    """

    act: str
    step: str
    nth: int = 1
    after_s: float = 0.0


@dataclass(frozen=True)
class Undisturbed:
    """What a run is like that suffers nothing: by it, faults are aimed."""

    writes: int = 1
    took_s: float = 0.5


class Orders:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def give(self, order: Order) -> None:
        """Let the next invocation suffer this."""
        draft = self._folder / "draft"
        draft.write_text(json.dumps(asdict(order)))
        draft.rename(self._folder / _ORDER)

    def take(self) -> Order | None:
        """Return what this invocation is to suffer; None where it is left alone."""
        mine = self._folder / f"taken-{os.getpid()}"
        try:
            (self._folder / _ORDER).rename(mine)
        except FileNotFoundError:
            return None
        return Order(**json.loads(mine.read_text()))

    def say_reached(self) -> None:
        """Write down that this process is where it was to suffer."""
        (self._folder / f"{_REACHED}{os.getpid()}").touch()

    def reached(self) -> Iterator[int]:
        """Return the processes that have come so far."""
        for file in self._folder.glob(f"{_REACHED}*"):
            yield int(file.name.removeprefix(_REACHED))

    def note(self, run: Undisturbed) -> None:
        """Write down what an undisturbed run was like."""
        draft = self._folder / f"draft-{os.getpid()}"
        draft.write_text(json.dumps(asdict(run)))
        draft.rename(self._folder / _UNDISTURBED)

    def undisturbed(self) -> Undisturbed:
        """Return what the last undisturbed run was like."""
        file = self._folder / _UNDISTURBED
        return Undisturbed(**json.loads(file.read_text())) if file.exists() else Undisturbed()

    def clear(self) -> None:
        """Forget the order and who reached what."""
        for pattern in (_ORDER, "taken-*", f"{_REACHED}*"):
            for file in self._folder.glob(pattern):
                file.unlink()
