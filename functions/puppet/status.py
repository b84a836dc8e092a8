"""`GET /api/cron/status`: whether jobs are processed, by whom at the moment, and when next."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from nightshift.deployed import deployed
from nightshift.routes import Json, Request
from nightshift.sql import queries
from puppet.configuration import SUBJECT, read_configuration
from puppet.configuring import view
from puppet.reading.figures import moment
from puppet.steering import switched

_PROCESSORS = 50


def status(request: Request) -> Json:
    """Answer the state of processing; `isRunning` says that a processor is at work."""
    database = request.platform.database
    configuration = read_configuration(database)
    row = database.read(queries("puppet.reading")["status"], subject=SUBJECT, rows=_PROCESSORS)[0]
    now: datetime = row["at"]
    processors = [_processor(each, now, configuration.stuck_after_s) for each in row["processors"]]
    return {
        **view(configuration),
        **switched(database),
        "isRunning": any(processor["isAlive"] for processor in processors),
        "inFlight": row["in_flight"],
        "processors": processors,
        "lastRun": _run(row["last_run"]),
        **_planned(is_on=configuration.enabled),
    }


def _processor(row: Mapping[str, Any], now: datetime, stuck_after_s: int) -> Json:
    heartbeat = moment(row["heartbeat_at"])
    silent_s = round((now - heartbeat).total_seconds(), 1) if heartbeat else None
    return {
        "processorId": row["processor_id"],
        "runId": row["run_id"],
        "startedAt": moment(row["started_at"]),
        "heartbeatAt": heartbeat,
        # A processor that died says nothing; it is taken for dead when its jobs are.
        "isAlive": silent_s is not None and silent_s <= stuck_after_s,
        "batches": row["batches"],
        "processed": row["processed"],
        "succeeded": row["succeeded"],
        "failed": row["failed"],
    }


def _run(row: Mapping[str, Any] | None) -> Json | None:
    if row is None:
        return None
    return {
        "runId": row["id"],
        "status": row["status"],
        "createdAt": moment(row["created_at"]),
        "startedAt": moment(row["started_at"]),
        "finishedAt": moment(row["finished_at"]),
        "processed": row["processed"],
        "failed": row["failed"],
        "metadata": row["metadata"],
        "statusUrl": f"/api/runs/{row['id']}",
    }


def _planned(*, is_on: bool) -> Json:
    entry = deployed(SUBJECT, os.environ)
    next_run = entry.schedule.next_after(datetime.now(UTC)) if entry.schedule and entry.enabled and is_on else None
    return {
        "schedule": entry.schedule.expression if entry.schedule else None,
        "scheduleEnabled": entry.enabled,
        "nextRun": next_run,
    }
