"""The warmups' door for tests: its secrets, its jobs, and a Lambda that is played."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nightshift.platform import Platform
from tests.support.door import JOB_SECRET, READ_SECRET, WARMUP_SECRET
from warmup import warm_on_demand

PREMIUM, WARMUP = "/api/comparison/premium", "/api/comparison/warmup"
AS_SHOP, AS_READER = {"X-Warmup-Secret": WARMUP_SECRET}, {"X-Read-Secret": READ_SECRET}
AS_JOB = {"X-Job-Secret": JOB_SECRET}
JOBS = {
    "warmup-forecasts": {"function": "forecasts-lambda", "schedule": "cron(0 2 * * ? *)"},
    "warmup-ai-explanations": {"function": "explanations-lambda", "schedule": "cron(0 3 ? * SUN *)"},
    "warmup-on-demand": {"function": "on-demand-lambda"},
}


@dataclass
class Workers:
    """Lambda, played: keeps what was invoked, and may do it, refuse, or say nothing."""

    events: list[dict[str, Any]] = field(default_factory=list)
    status: int = 202
    works: bool = False

    def take(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        if self.works:
            warm_on_demand.handler(event, None)


def count_requests(platform: Platform, *services: str) -> list[str]:
    """The AWS requests that a platform makes from now on."""
    sent: list[str] = []
    for service in services:
        platform.client(service).meta.events.register(
            "before-send.*.*", lambda event_name, **_: sent.append(event_name.removeprefix("before-send."))
        )
    return sent
