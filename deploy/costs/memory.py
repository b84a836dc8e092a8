"""How much memory each function is given: what its month would cost with less and with more, and why it has that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from deploy.costs.lines import computing, seconds
from deploy.costs.work import Work

SIZES: Final = (256, 512, 1024, 1769)
# Why a function has the memory that the template gives it; those that are not named wait for the database.
REASONS: Final[Mapping[str, str]] = {
    "Api": "people and webhooks wait for it, and its start is processor time: half as long as with 512 MB",
    "ProductChecks": "many shops answer at once, and reading pages is work for a whole processor",
    "WarmupForecasts": "processor time alone: the same price, in the shortest time",
    "WarmupOnDemand": "a reader waits for it",
    "WarmupExplanations": "waits for the model; the longest series need the memory",
    "PuppetJobs": "waits for workers; 200 of them at a time, with answers of 250 KB, take 450 MB",
}
WAITS: Final = "waits for the database and for others: the least memory that its largest case and its start are well in"


def at(work: Work, memory_mb: int) -> tuple[float, float]:
    """Return the seconds of a run and the US dollars of the month with so much memory."""
    return seconds(work, memory_mb) / work.runs, computing(work, memory_mb)
