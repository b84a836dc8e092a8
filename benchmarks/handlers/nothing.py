"""A job that does nothing, as the library runs it: what is left is what the library costs."""

from __future__ import annotations

from nightshift import Job, Outcome, Run

NOTHING = Job("nothing", at_most_s=300, description="Nothing, to see what is around it.")


@NOTHING.handler
def handler(_run: Run) -> Outcome:
    """Do nothing."""
    return Outcome()
