"""Puppet jobs: each ends once, and well; its worker is asked again only where the log says that an attempt was lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.chaos.effects import Effect
from tests.chaos.world import World

_JOBS: Final = 8
_GIVE: Final = """
    INSERT INTO puppet_jobs (user_id, job_type, payload, max_retries)
    SELECT 'user ' || n % 4, 'visit_profile', CAST(:payload AS jsonb), 10 FROM generate_series(1, :jobs) AS n
"""
# Retries that wait for minutes would only make it longer.
_HASTEN: Final = """
    UPDATE puppet_jobs SET scheduled_at = now()
    WHERE status = 'pending' AND final_status IS NULL AND scheduled_at > now()
"""
_ENDED_ONCE: Final = """
    SELECT count(*) FROM puppet_jobs AS j
    WHERE (SELECT count(*) FROM puppet_job_execution_logs AS l
           WHERE l.job_id = j.id AND NOT l.will_retry AND l.outcome <> 'refused') = 1
"""


class Puppets:
    """The work of puppet-jobs."""

    locked = False
    scheduled = True

    def open(self, world: World) -> None:
        self._world = world
        self._jobs = 0

    def give(self) -> Mapping[str, Any]:
        self._world.sql(_GIVE, jobs=_JOBS, payload=json.dumps({"profile": "https://www.linkedin.com/in/rowan"}))
        self._jobs += _JOBS
        return {}

    def meanwhile(self) -> None:
        """More jobs."""
        self.give()

    def left(self) -> int:
        self._world.sql(_HASTEN)
        return int(self._world.one("SELECT count(*) FROM puppet_jobs WHERE final_status IS NULL"))

    def effects(self) -> Sequence[Effect]:
        succeeded = "SELECT count(*) FROM puppet_jobs WHERE final_status = 'success'"
        lost = "SELECT count(*) FROM puppet_job_execution_logs WHERE will_retry"
        carried_out = [(job.id, job.attempt) for job in self._world.worker.jobs]
        return [
            Effect("jobs that succeeded", self._jobs, self._world.one(succeeded)),
            Effect("jobs that ended once", self._jobs, self._world.one(_ENDED_ONCE)),
            Effect("jobs that reached a worker", self._jobs, len({job for job, _ in carried_out})),
            Effect(
                "attempts carried out", self._jobs, len(carried_out), at_most=self._jobs + int(self._world.one(lost))
            ),
            Effect("attempts carried out twice", 0, len(carried_out) - len(set(carried_out))),
        ]

    def close(self) -> None:
        """Nothing of its own."""
