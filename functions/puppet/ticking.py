"""One run of the processor: what it may do, who carries jobs out, and what became of them."""

from __future__ import annotations

import os
from functools import partial

from nightshift import Outcome, Run
from puppet import alerting
from puppet.configuration import read_configuration
from puppet.executing.configured import configured
from puppet.processing import Hooks, Processed, process
from puppet.settings import load_settings

# How the counts of a processor are called in the records of runs.
_COUNTS = {
    "claimed": "claimed",
    "success": "succeeded",
    "retried": "retried",
    "timeout": "timedOut",
    "duplicate": "duplicates",
    "waiting": "waiting",
    "refused": "refused",
    "given_back": "givenBack",
    "batches": "batches",
}


def process_due_jobs(run: Run) -> Outcome:
    """Carry out what is due until nothing is, the time is up, or processing is stopped; then send the alerts."""
    try:
        return _process(run)
    finally:
        alerting.send_alerts(run)


def _process(run: Run) -> Outcome:
    configuration = read_configuration(run.database)
    if configuration.problems:
        run.log.warning("Stored configuration not heeded in full", problems=list(configuration.problems))
    if not configuration.enabled:
        return Outcome(metadata={"enabled": False})
    settings, targets = load_settings(os.environ)
    if not targets:
        # Jobs that nobody can carry out wait until somebody can; one by one they would all fail for good.
        run.log.warning("PUPPET_EXECUTORS names no job type: nothing is claimed")
        return Outcome(metadata={"enabled": True, "jobTypes": 0})
    secrets = run.platform.secrets.values(settings.secret_ref)
    hooks = Hooks(
        after_batch=partial(alerting.after_batch, run),
        reread=lambda: read_configuration(run.database),
        log=run.log,
        monotonic=run.monotonic,
        run_id=run.id,
    )
    with configured(targets, secrets, settings.public_url, float(configuration.job_timeout_s)) as job_types:
        done = process(run.database, run.id, configuration, job_types, deadline=run.deadline, hooks=hooks)
    return _outcome(run, done)


def _outcome(run: Run, done: Processed) -> Outcome:
    counts, rescued = done.tally.counts, done.rescued
    failed = counts["failed"] + counts["timeout"]
    run.count("PuppetJobsSucceeded", counts["success"])
    run.count("PuppetJobsFailed", failed)
    run.count("PuppetJobsStuck", rescued.reset + rescued.failed)
    metadata = {
        **{name: counts[key] for key, name in _COUNTS.items()},
        "stuckReset": rescued.reset,
        "stuckFailed": rescued.failed,
        "stopped": done.stopped,
    }
    return Outcome(
        processed=counts["success"] + counts["duplicate"] + failed,
        failed=failed,
        errors=done.tally.errors,
        metadata={name: value for name, value in metadata.items() if value},
    )
