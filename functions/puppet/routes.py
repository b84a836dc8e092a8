"""What puppet jobs bring to the door: steering the processor, its health, queue and figures, and workers' answers."""

from __future__ import annotations

from nightshift import Choice, Integer
from nightshift.routes import Guard, Route, Trigger
from puppet import callbacks
from puppet.configuration import PARAMETERS, PRESETS
from puppet.configuring import DEPLOYED, change, show
from puppet.health import health
from puppet.process_jobs import PUPPET_JOBS
from puppet.reading import period, schemas
from puppet.reading.insights import insights
from puppet.reading.metrics import metrics
from puppet.reading.queue import queue
from puppet.status import status
from puppet.steering import reset_stuck_jobs, start, stop

_TOP = Integer("top", 1, 100, 20, "Rows of each list, the largest first.")
_PRESET = Choice(
    "preset", (*PRESETS, DEPLOYED), description=f"Values by name; {DEPLOYED}: forget all that was stored before."
)

JOBS = (PUPPET_JOBS,)
ROUTES = (
    Route("GET", "/api/cron/status", Guard.READ, status, "Whether puppet jobs are processed, by whom, and when next",
          schema=schemas.STATUS),
    Route("GET", "/api/cron/health", Guard.READ, health,
          "Each thing the processor needs, on a line of its own; 503 with the same lines where one of them is not well",
          schema=schemas.HEALTH, same_form={503: "The same lines, of which at least one is not well"}),
    Route("GET", "/api/cron/queue", Guard.READ, queue, "What waits and what is in flight, in capped counts",
          query=(_TOP,), schema=schemas.QUEUE),
    Route("GET", "/api/cron/metrics", Guard.READ, metrics, "How attempts ended, how long they took, where they failed",
          query=(*period.PARAMETERS, Integer("batches", 1, 100, 20, "Batches that are shown, the newest first.")),
          schema=schemas.METRICS),
    Route("GET", "/api/cron/insights", Guard.READ, insights, "Trends over days, types and users, and what follows",
          query=(*period.PARAMETERS, period.Zone(), _TOP), schema=schemas.INSIGHTS),
    Route("POST", "/api/cron/start", Guard.ADMIN, start, "Let puppet jobs be claimed", schema=schemas.SWITCHED),
    Route("POST", "/api/cron/stop", Guard.ADMIN, stop, "Let no puppet job be claimed; those in flight end",
          schema=schemas.SWITCHED),
    Route("POST", "/api/cron/reset-stuck-jobs", Guard.ADMIN, reset_stuck_jobs,
          "Put jobs back that nobody works at any more, or fail them", schema=schemas.RESET),
    Route("GET", "/api/cron/config", Guard.READ, show, "What the processor may do, and the last changes",
          schema=schemas.CONFIGURATION),
    Route("PUT", "/api/cron/config", Guard.ADMIN, change, "Change what the processor may do, all or nothing",
          body=(_PRESET, *PARAMETERS), schema=schemas.CONFIGURATION, needs_version=True),
    *callbacks.ROUTES,
)  # fmt: skip
TRIGGERS = (
    Trigger("/api/cron/trigger", PUPPET_JOBS, Guard.ADMIN, "Carry out the puppet jobs that are due, now"),
    Trigger("/api/cron/webhook", PUPPET_JOBS, Guard.WEBHOOK, "The same, for other systems to call"),
)
