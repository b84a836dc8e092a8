"""Senders of mail by the hundred: the delivery, its pace and its lock as they are, and an SES that keeps its rate."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final, cast
from uuid import uuid4

from botocore.exceptions import ClientError

from benchmarks.scale.database import Client, Tables
from benchmarks.scale.simulation import Bucket, Simulation
from nightshift import fence
from nightshift.delivery.delivering import Delivery
from nightshift.delivery.post import Post
from nightshift.delivery.settings import MailSettings
from nightshift.delivery.writing import Writer
from nightshift.errors import LockRefused
from nightshift.job import Job, Run
from nightshift.lock import Locks
from nightshift.platform import Platform
from tests.support.databases import DatabaseServer

# As deliver-notifications.
_RUN_S: Final = 300.0
_SETTINGS: Final[Any] = {
    "mail_from": "news@shop.example",
    "reply_to": "",
    "shop_name": "Shop",
    "shop_url": "https://shop.example",
    "public_url": "https://door.example",
    "unsubscribe_secret_ref": "",
    "zone": "UTC",
    "configuration_set": "",
    "max_per_person_and_day": 3,
}
# Everybody follows one of 1,000 products, and hears that its price fell.
FILL: Final = """
    INSERT INTO products (url, name, price, currency, availability)
    SELECT 'https://shop.example/p/' || g, 'Lamp ' || g, 74, 'EUR', 'in_stock' FROM generate_series(1, 1000) AS g;
    INSERT INTO users (email, name) SELECT 'person-' || g || '@shop.example', 'Person ' || g
    FROM generate_series(1, {people}) AS g;
    INSERT INTO tracked_items (user_id, product_id) SELECT u.id, p.id
    FROM users AS u JOIN products AS p ON p.url = 'https://shop.example/p/' || 1 + u.id % 1000;
    INSERT INTO notifications (event_key, user_id, product_id, kind, payload)
    SELECT 'drop:' || t.user_id, t.user_id, t.product_id, 'price_drop',
           '{{"old_price": "89.00", "price": "74.00", "currency": "EUR"}}' FROM tracked_items AS t;
    ANALYZE
"""


@dataclass(frozen=True)
class Ses:
    """SES as its users see it: what it takes a second, and how long it takes to answer."""

    per_second: float = 14
    answer_s: float = 0.1


class Senders:
    """Senders who share an account; `lock_of` says which lock each one takes: one at a time has it."""

    def __init__(  # who sends, where, how fast
        self,
        tables: Tables,
        locks: Locks,
        ses: Ses,
        chance: random.Random,
        *,
        per_second: int,
        lock_of: Callable[[int], str],
    ) -> None:
        self.sent = 0
        self.throttled = 0
        self.refused = 0
        self.stopped = 0
        self.answers_s: list[float] = []
        self._simulation: Simulation = tables.server.simulation
        self._tables = tables
        self._locks = locks
        self._ses = ses
        self._rate = Bucket(self._simulation, ses.per_second)
        self._chance = chance
        self._lock_of = lock_of
        self._settings = MailSettings(**_SETTINGS, max_per_second=per_second)

    def begin(self, number: int) -> None:
        """Let one more sender come within a second, as the clock wakes them, and again every five minutes."""
        job = Job(self._lock_of(number), int(_RUN_S), "Sends.")
        self._simulation.spawn(lambda: self._live(job), at=self._chance.random())

    def reset(self) -> None:
        """Forget what was counted."""
        self.sent = self.throttled = self.refused = self.stopped = 0
        self.answers_s.clear()

    def send_email(self, **_: Any) -> dict[str, str]:
        """What the senders have in place of the SDK's client."""
        self._simulation.sleep(self._ses.answer_s)
        if not self._rate.takes():
            self.throttled += 1
            raise ClientError(
                {
                    "Error": {"Code": "TooManyRequestsException", "Message": "Maximum sending rate exceeded."},
                    "ResponseMetadata": {"HTTPStatusCode": 429},
                },
                "SendEmail",
            )
        self.sent += 1
        return {"MessageId": str(uuid4())}

    def _live(self, job: Job) -> None:
        while True:
            began_s = self._simulation.now
            try:
                self._run(job)
            except LockRefused:
                self.refused += 1
            self._simulation.sleep(began_s + _RUN_S - self._simulation.now)

    def _run(self, job: Job) -> None:
        simulation, client, run_id = self._simulation, Client(self._tables), str(uuid4())
        lease = self._locks.acquire(job.name, _RUN_S, who="a schedule", run_id=run_id)
        with closing(client):
            client.write(fence.claim_one(lease))
            platform = cast("Platform", SimpleNamespace(database=client, locks=self._locks))
            ends_at = simulation.now + _RUN_S
            run = Run(
                run_id, job, "schedule", {}, platform, ends_at - 10, lease=lease, monotonic=lambda: simulation.now
            )
            run.ends_at = ends_at
            secrets: Any = SimpleNamespace(current=lambda _: "u" * 43)
            post = Post(client=lambda: self)
            delivery = Delivery(run, self._settings, Writer(self._settings, secrets), post, sleep=simulation.sleep)
            self.stopped += bool(delivery.carry_out().stopped)
            self._locks.release(run.lease or lease, "succeeded")


def fill(on: DatabaseServer, url: str, people: int) -> None:
    """Let so many people have something to hear."""
    with closing(on.connect(url.rpartition("/")[2])) as connection:
        for statement in FILL.format(people=people).split(";"):
            connection.run(statement)
