"""Rows that are past their limit go, younger ones stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.chaos.effects import Effect
from tests.chaos.world import World

_OLD: Final = 300
_YOUNG: Final = 20
_GIVE: Final = (
    """INSERT INTO idempotency_keys (scope, key, fingerprint, created_at)
       SELECT 'a', gen_random_uuid(), 'f', now() - :age * interval '1 day' FROM generate_series(1, :n)""",
    """INSERT INTO puppet_job_execution_logs
           (job_id, claim_token, user_id, job_type, attempt, processor_id, batch_id, outcome, started_at, finished_at)
       SELECT gen_random_uuid(), gen_random_uuid(), 'u', 'x', 1, 'p', gen_random_uuid(), 'success',
           now() - :age * interval '1 day', now() - :age * interval '1 day' FROM generate_series(1, :n)""",
    """INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, status, ended_at)
       SELECT 1, 'cart', 1, 'released', now() - :age * interval '1 day' FROM generate_series(1, :n)""",
)
_COUNT: Final = """
    SELECT ((SELECT count(*) FROM idempotency_keys WHERE (created_at < now() - interval '300 days') = :old)
          + (SELECT count(*) FROM puppet_job_execution_logs WHERE (finished_at < now() - interval '300 days') = :old)
          + (SELECT count(*) FROM inventory_reservations WHERE (ended_at < now() - interval '300 days') = :old))::int
"""


class OldRows:
    """The work of retention."""

    locked = True
    scheduled = True

    def open(self, world: World) -> None:
        self._world = world
        self._rounds = 0

    def give(self) -> Mapping[str, Any]:
        for statement in _GIVE:
            self._world.sql(statement, age=400, n=_OLD)
            self._world.sql(statement, age=1, n=_YOUNG)
        self._rounds += 1
        return {}

    def meanwhile(self) -> None:
        """More rows grow old."""
        self.give()

    def left(self) -> int:
        return int(self._world.one(_COUNT, old=True))

    def effects(self) -> Sequence[Effect]:
        young = self._rounds * _YOUNG * len(_GIVE)
        return [
            Effect("old rows left", 0, self.left()),
            Effect("young rows kept", young, self._world.one(_COUNT, old=False)),
        ]

    def close(self) -> None:
        """Nothing of its own."""
