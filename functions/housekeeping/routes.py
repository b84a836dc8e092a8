"""What housekeeping brings to the door: its jobs, started by their general routes."""

from __future__ import annotations

from housekeeping.retention import RETENTION
from housekeeping.watchdog import WATCHDOG
from nightshift.routes import Route, Trigger

JOBS = (RETENTION, WATCHDOG)
ROUTES: tuple[Route, ...] = ()
TRIGGERS: tuple[Trigger, ...] = ()
