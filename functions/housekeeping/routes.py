"""What housekeeping brings to the door: its job, started by its general route."""

from __future__ import annotations

from housekeeping.retention import RETENTION
from nightshift.routes import Route, Trigger

JOBS = (RETENTION,)
ROUTES: tuple[Route, ...] = ()
TRIGGERS: tuple[Trigger, ...] = ()
