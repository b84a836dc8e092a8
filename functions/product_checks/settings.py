"""How often and how gently pages are checked."""

from __future__ import annotations

from dataclasses import dataclass

from nightshift.settings import env


@dataclass(frozen=True)
class SchedulerSettings:
    """What the door tells of the schedule; the job's function has it too."""

    enabled: bool = env(
        "CHECK_SCHEDULER_ENABLED", default=True, tells="Whether the schedule of the product checks is on"
    )
    interval_minutes: int = env("CHECK_SCHEDULER_INTERVAL_MINUTES", default=30, minimum=1, maximum=1440)


@dataclass(frozen=True)
class CheckSettings(SchedulerSettings):
    """The settings of the job's function."""

    min_interval_minutes: int = env("MIN_CHECK_INTERVAL_MINUTES", default=30, minimum=0, maximum=43_200)
    max_products: int = env("MAX_PRODUCTS_PER_RUN", default=50, minimum=1, maximum=500)
    lock_timeout_s: int = env("CHECK_LOCK_TIMEOUT_SECONDS", default=300, minimum=90, maximum=900)
    respect_robots: bool = env("CHECK_RESPECT_ROBOTS_TXT", default=True)
    allow_loopback: bool = env(
        "CHECK_ALLOW_LOOPBACK", default=False, tells="Lets shops be on this machine; for the local system only"
    )
    user_agent: str = env("CHECK_USER_AGENT", default="Nightshift/0.1 (product price and stock checks)")
