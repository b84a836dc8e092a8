"""How many holds one batch takes, so that none keeps its row locks for long, on a slow database either."""

from __future__ import annotations

START = 1000
LEAST = 100
# Larger batches release no more in a second.
MOST = 2000
# A batch may not lock rows for longer than a second. What is aimed at leaves room for one that meets a busy disk.
SLOW_S = 0.3
QUICK_S = 0.1


def next_size(size: int, took_s: float) -> int:
    """Return the size of the next batch after one of `size` holds took `took_s` seconds."""
    if took_s > SLOW_S:
        return max(LEAST, size // 2)
    if took_s < QUICK_S:
        return min(MOST, size * 2)
    return size
