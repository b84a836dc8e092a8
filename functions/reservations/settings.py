"""How long a hold lives."""

from __future__ import annotations

from dataclasses import dataclass

from nightshift.settings import env


@dataclass(frozen=True)
class ReservationSettings:
    """The settings of reservations, from the environment."""

    ttl_minutes: int = env("RESERVATION_TTL_MINUTES", default=10, minimum=1, maximum=1440)
