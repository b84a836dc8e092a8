"""The door of a bundle with 50 jobs: those that are shipped, and as many more that do nothing."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from api.domains import DOMAINS
from api.door import Door
from api.incoming import Incoming
from api.settings import load_settings
from nightshift import Job
from nightshift.platform import platform

JOBS_IN_ALL = 50
_SHIPPED = [job.name for domain in DOMAINS for job in domain.JOBS]


class Invented:
    """A domain of jobs that nobody runs."""

    JOBS = tuple(
        Job(f"invented-job-{number}", at_most_s=300, description="One of many.")
        for number in range(JOBS_IN_ALL - len(_SHIPPED))
    )
    ROUTES = ()
    TRIGGERS = ()


@cache
def door() -> Door:
    """Return the door of this process."""
    deployed = json.loads(os.environ["JOBS"])
    for job in Invented.JOBS:
        deployed[job.name] = {"function": job.name, "schedule": "rate(5 minutes)", "zone": "UTC", "enabled": True}
    return Door(platform(), load_settings({**os.environ, "JOBS": json.dumps(deployed)}), (*DOMAINS, Invented()))


NAMES = (*_SHIPPED, *(job.name for job in Invented.JOBS))


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one request as the shipped door does."""
    return door().answer(Incoming.read(event, context.aws_request_id), context.get_remaining_time_in_millis() / 1000)
