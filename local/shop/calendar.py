"""The day of the market, kept in a file, so that the next run finds other prices than this one."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from local.state import read_json, write_private


class Calendar:
    """Day 0 is the day before the first run."""

    def __init__(self, file: Path) -> None:
        """Goes on where the file stopped; a file that is missing or damaged begins anew."""
        self._file = file
        self._turning = threading.Lock()
        kept = read_json(file)
        day = kept.get("day") if isinstance(kept, dict) else None
        self._day = day if isinstance(day, int) and day >= 0 else 0

    @property
    def day(self) -> int:
        """Today."""
        return self._day

    def advance(self) -> int:
        """Begin the next day, and return it."""
        with self._turning:
            write_private(self._file, json.dumps({"day": self._day + 1}) + "\n")
            self._day += 1
            return self._day
