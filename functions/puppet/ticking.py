"""One run of the processor: what it may do, who carries jobs out, and what became of them."""

from __future__ import annotations

from nightshift import Outcome, Run
from puppet.configuration import read_configuration


def process_due_jobs(run: Run) -> Outcome:
    """Carry out what is due until nothing is or the time is up."""
    configuration = read_configuration(run.database)
    if not configuration.enabled:
        return Outcome(metadata={"enabled": False})
    return Outcome()
