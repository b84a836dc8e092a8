"""The one list of what the door serves: to add a domain, add its `routes` module here.

Such a module has `JOBS`, `ROUTES` and `TRIGGERS`, made of what `nightshift` and `nightshift.routes` declare.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from housekeeping import routes as housekeeping
from nightshift import Job
from nightshift.routes import Route, Trigger
from notifications import routes as notifications
from product_checks import routes as product_checks
from puppet import routes as puppet
from reservations import routes as reservations
from warmup import routes as warmup
from wishlist import routes as wishlist


class Domain(Protocol):
    """What a domain's `routes` module brings."""

    @property
    def JOBS(self) -> Sequence[Job]:  # noqa: N802  # a module's constant
        """The jobs of the domain; each answers `POST /api/jobs/{job}`."""

    @property
    def ROUTES(self) -> Sequence[Route]:  # noqa: N802
        """What it answers itself."""

    @property
    def TRIGGERS(self) -> Sequence[Trigger]:  # noqa: N802
        """Further routes that start its jobs."""


DOMAINS: tuple[Domain, ...] = (
    product_checks,
    reservations,
    wishlist,
    notifications,
    warmup,
    puppet,
    housekeeping,
)
