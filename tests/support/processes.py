"""Looks at processes from outside: who started whom, and whether they have ended."""

from __future__ import annotations

import threading
from pathlib import Path


def descendants(pid: int) -> set[int]:
    """Every process that this one has started, directly or not (Linux)."""
    parents = {int(folder.name): _parent(folder) for folder in Path("/proc").iterdir() if folder.name.isdigit()}
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= more
    return found


def ended(pid: int, within_s: float = 5.0) -> bool:
    """Whether a process has ended or does so soon; one that nobody reaps has."""
    for _ in range(int(within_s * 100)):
        if _state(pid) in ("", "Z", "X"):
            return True
        threading.Event().wait(0.01)
    return False


def _fields(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _parent(folder: Path) -> int:
    fields = _fields(folder)
    return int(fields[1]) if fields else 0


def _state(pid: int) -> str:
    fields = _fields(Path(f"/proc/{pid}"))
    return fields[0] if fields else ""
