"""Questions to the logs that somebody who was woken asks, saved in Logs Insights."""

from __future__ import annotations

from typing import Any, Final

from deploy.observability.alarms import Resources
from deploy.observability.registry import Watched

# Which logs (jobs, api, watchdog, all) are asked, under which name, and the commands of the query.
_QUERIES: Final[tuple[tuple[str, str, str, tuple[str, ...]], ...]] = (
    ("Runs", "jobs", "runs, newest first", (
        "fields @timestamp, jobType, status, reason, processed, failed, duration, run_id",
        "filter ispresent(jobType)", "sort @timestamp desc", "limit 200",
    )),
    ("FailedRuns", "jobs", "runs that failed, and why", (
        "fields @timestamp, jobType, error, duration, run_id",
        'filter status = "failed"', "sort @timestamp desc", "limit 200",
    )),
    ("OneRun", "jobs", "all lines of one run", (
        "fields @timestamp, level, message, @message",
        'filter run_id = "the id of the run"', "sort @timestamp asc", "limit 1000",
    )),
    ("Durations", "jobs", "how long runs take, by job and hour", (
        'filter ispresent(jobType) and status = "succeeded"',
        "stats count(*) as runs, avg(duration), pct(duration, 95), max(duration) by jobType, bin(1h)",
    )),
    ("Items", "jobs", "items done and failed, by job and day", (
        "filter ispresent(jobType) and ispresent(processed)",
        "stats sum(processed), sum(failed) by jobType, bin(1d)",
    )),
    ("Skipped", "jobs", "runs that were skipped, by job and reason", (
        'filter status = "skipped"', "stats count(*) by jobType, reason",
    )),
    ("Watching", "watchdog", "what the watchdog found", (
        "fields @timestamp, metadata.late.0, metadata.stuck.0, metadata.lost.0.job",
        "filter ispresent(metadata.late.0) or ispresent(metadata.stuck.0) or ispresent(metadata.lost.0.job)",
        "sort @timestamp desc", "limit 200",
    )),
    ("Alerts", "jobs", "alerts that could not be sent", (
        "fields @timestamp, service, problem",
        'filter message = "Alerts not sent"', "sort @timestamp desc", "limit 100",
    )),
    ("Refused", "api", "requests that were refused or failed", (
        "fields @timestamp, method, route, status, principal, request_id",
        'filter message = "Request" and status >= 400', "sort @timestamp desc", "limit 200",
    )),
    ("SlowRequests", "api", "how long requests take, by route", (
        'filter message = "Request"',
        "stats count(*), pct(duration_ms, 50), pct(duration_ms, 95), max(duration_ms) by method, route",
    )),
    ("Memory", "all", "cold starts and memory, by function", (
        'filter @type = "REPORT"',
        "stats count(*), count(@initDuration) as cold, max(@initDuration), max(@maxMemoryUsed / 1048576) by @log",
    )),
)  # fmt: skip


def saved_queries(functions: list[Watched]) -> Resources:
    """Return the saved queries, over the log groups of the functions they ask about."""
    return {
        f"{name}Query": {
            "Type": "AWS::Logs::QueryDefinition",
            "Properties": {
                "Name": {"Fn::Sub": f"${{AWS::StackName}}/{title}"},
                "LogGroupNames": _groups(functions, where),
                "QueryString": "\n| ".join(commands),
            },
        }
        for name, where, title, commands in _QUERIES
    }


def _groups(functions: list[Watched], where: str) -> list[dict[str, Any]]:
    return [
        {"Ref": f"{each.id}Logs"} for each in functions if where in ("all", each.name) or (where == "jobs" and each.job)
    ]
