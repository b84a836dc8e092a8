"""What a person reads in the terminal: the steps of the start, a table, and how to go on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

_NAME_WIDTH: Final = 15
_QUIET_S: Final = 5.0  # between two signs of life where lines cannot be overwritten


def say(text: str = "") -> None:
    """One line, at once."""
    print(text, flush=True)


@contextmanager
def step(name: str) -> Iterator[list[str]]:
    """Names a step while it is taken and tells how long it took; what is put into the list is told as well."""
    told: list[str] = []
    started = time.monotonic()
    if sys.stdout.isatty():
        print(f"  {name:<{_NAME_WIDTH}} ...", end="\r", flush=True)
    yield told
    say(f"  {name:<{_NAME_WIDTH}} {' '.join(told) or 'ready'} ({time.monotonic() - started:.1f} s)")


def progress(name: str) -> Callable[[float], None]:
    """Shows that something is going on: seconds that count up, or now and then a line where they cannot."""
    told = [0.0]

    def tick(seconds: float) -> None:
        if sys.stdout.isatty():
            print(f"  {name}: running, {seconds:.0f} s ", end="\r", flush=True)
        elif seconds - told[0] >= _QUIET_S:
            told[0] = seconds
            say(f"  {name}: running, {seconds:.0f} s")

    return tick


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as what is in them."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    rule = ["-" * width for width in widths]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        for line in (header, rule, *lines[1:])
    )
    return "\n".join(f"  {line}".rstrip() for line in padded)


def shortened(text: str, width: int) -> str:
    """At most so many letters, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
