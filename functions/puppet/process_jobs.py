"""Carry out the puppet jobs that are due: the handler of the puppet-jobs job."""

from __future__ import annotations

from nightshift import Job, Outcome, Run

PUPPET_JOBS = Job(
    name="puppet-jobs",
    at_most_s=900,
    description="Carry out the puppet jobs that are due, several at a time, through their workers.",
    # Several processors share the work: the claim, in PostgreSQL, is what lets one at a time choose.
    exclusive=False,
    completed="Puppet jobs processed",
)


@PUPPET_JOBS.handler
def handler(run: Run) -> Outcome:
    """Claim and carry out what is due, until nothing is or the time is up; the next tick goes on."""
    from puppet.ticking import process_due_jobs

    return process_due_jobs(run)
