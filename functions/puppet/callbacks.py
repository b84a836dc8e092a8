"""The route on which a worker that took a job (202) says later what became of it."""

from __future__ import annotations

from nightshift.routes import Route

ROUTES: tuple[Route, ...] = ()
