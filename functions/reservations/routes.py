"""What reservations bring to the door: their job, started by its general route."""

from __future__ import annotations

from nightshift.routes import Route, Trigger
from reservations.cleanup_reservations import CLEANUP_RESERVATIONS

JOBS = (CLEANUP_RESERVATIONS,)
ROUTES: tuple[Route, ...] = ()
TRIGGERS: tuple[Trigger, ...] = ()
