"""The lines that one run has written, from the log files of the local system."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from local.console import words

# What every line has, or what its place says already.
_KNOWN: Final = frozenset((
    "level", "location", "message", "timestamp", "service", "run_id", "function_name", "function_memory_size",
    "function_arn", "function_request_id", "cold_start", "sampling_rate", "xray_trace_id",
))  # fmt: skip


def lines(folder: Path, run_id: str) -> Iterator[str]:
    """Yield the lines of a run in the order of their times, as people read them."""
    found = [line for file in sorted(folder.glob("*.log")) for line in _of(file, run_id)]
    for line in sorted(found, key=lambda each: str(each.get("timestamp", ""))):
        yield _shown(line)


def _of(file: Path, run_id: str) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8", errors="replace") as written:
        for text in written:
            # A file may be large, and most of its lines are of other runs.
            if run_id in text and (line := _read(text)) is not None and line.get("run_id") == run_id:
                yield line


def _read(text: str) -> dict[str, Any] | None:
    start = text.find("{")
    try:
        line = json.loads(text[start:]) if start >= 0 else None
    except ValueError:
        return None
    return line if isinstance(line, dict) else None


def _shown(line: dict[str, Any]) -> str:
    facts = " ".join(f"{name}={words.details(value)}" for name, value in line.items() if name not in _KNOWN)
    when = words.plain(line.get("timestamp"), 32)
    return f"{when} {words.plain(line.get('level'), 8):<7} {words.plain(line.get('message'), 300)} {facts}".rstrip()
