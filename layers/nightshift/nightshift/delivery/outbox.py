"""The outbox in PostgreSQL: claim, check again, mark. Every write is fenced, and each method is one message."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from nightshift.database import Row
from nightshift.delivery.digest import Notice
from nightshift.errors import DatabaseBusy, DatabaseUnavailable
from nightshift.job import Run
from nightshift.sql import queries

# How many waiting notifications one claim looks at, and so how many people it takes at most.
CLAIM_ROWS: Final = 200
# A mail shows 50 items; this many notifications are read for it, because several may be about the same thing.
_NOTICES: Final = 300
# What was doubtful or refused is tried this often in all.
ATTEMPTS: Final = 2
# A claim outlives its run by what the last send and its record may take.
_CLAIM_RESERVE_S: Final = 30.0
_RECORD_PAUSES_S: Final = (0.2, 1.0, 3.0)


@dataclass(frozen=True)
class Begun:
    """A mail that has been checked again: in flight where `is_sending`, otherwise left alone."""

    mail_id: str
    is_sending: bool
    suppressed: int = 0
    user_id: int = 0
    address: str = ""
    name: str = ""
    locale: str = ""
    at: datetime | None = None
    # Kind to how many notifications of it this mail settles, and how many different things they are about.
    told: Mapping[str, int] | None = None
    things: int = 0
    notices: tuple[Notice, ...] = ()


class Outbox:
    """What one run does in the outbox."""

    def __init__(self, run: Run, zone: str, cap: int, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Take the shop's zone, by which days are counted, and the daily cap per person."""
        self._run = run
        self._zone = zone
        self._cap = cap
        self._sleep = sleep
        self._sql = queries("nightshift.delivery")

    def recover(self) -> Row:
        """End the claims of runs that are gone; return the numbers of `doubtful` mails and `failed` notifications."""
        return self._run.write(self._sql["recover"], attempts=ATTEMPTS)[0]

    def claim(self, kinds: Sequence[str] | None) -> Iterator[Sequence[str]]:
        """Claim batch after batch, each person at most once, and yield the ids of the mails that were opened."""
        after_at, after_id, seen = None, 0, CLAIM_ROWS
        while seen == CLAIM_ROWS:
            rows = self._run.write(self._sql["claim"], **self._claim(kinds), after_at=after_at, after_id=after_id)
            if not rows or "mails" not in rows[0]:
                return
            after_at, after_id, seen = rows[0]["last_at"], rows[0]["last_id"], rows[0]["seen"]
            yield rows[0]["mails"]

    def begin(self, mail_id: str) -> Begun:
        """Check a claimed mail again and put it in flight, or leave out what must not be told any more."""
        rows = self._run.write(
            self._sql["begin"], mail_id=mail_id, run_id=self._run.id, zone=self._zone, cap=self._cap, rows=_NOTICES
        )
        if not rows or "notices" not in rows[0]:
            return Begun(mail_id, is_sending=False)
        row = rows[0]
        return Begun(
            mail_id,
            row["state"] == "sending",
            suppressed=row["suppressed"],
            user_id=row["user_id"],
            address=row["email"],
            name=row["name"] or "",
            locale=row["locale"],
            at=row["at"],
            told=row["told"],
            things=row["things"],
            notices=tuple(_notice(each) for each in row["notices"]),
        )

    def sent(self, mail_id: str, message_id: str) -> None:
        """Mark a mail and what it told as sent."""
        self._record("sent", mail_id=mail_id, message_id=message_id)

    def failed(self, mail_id: str, error: str) -> int:
        """Mark a mail as failed for good, suppress its address, and return how many notifications failed with it."""
        return len([row for row in self._record("failed", mail_id=mail_id, error=error) if "id" in row])

    def unsure(self, mail_id: str, state: str, error: str) -> int:
        """Mark a mail as `doubtful` or `refused`; return how many notifications will not be tried again."""
        rows = self._record("unsure", mail_id=mail_id, state=state, error=error, attempts=ATTEMPTS)
        return sum(row.get("status") == "failed" for row in rows)

    def land(self, mail_id: str) -> None:
        """Take a mail out of flight that certainly was not sent; it stays claimed."""
        self._record("land", mail_id=mail_id)

    def free(self) -> None:
        """Give back what this run has claimed and not begun."""
        self._run.write(self._sql["free"], run_id=self._run.id)

    def left(self, kinds: Sequence[str] | None) -> int:
        """Return how many notifications wait, over the cap or for a later run."""
        return int(self._run.database.read(self._sql["left"], kinds=_json(kinds))[0]["waiting"])

    def _claim(self, kinds: Sequence[str] | None) -> dict[str, Any]:
        run = self._run
        ends_at = run.deadline if run.ends_at is None else run.ends_at
        return {
            "run_id": run.id,
            "lock": run.lease.name if run.lease else run.job.name,
            "fence": run.lease.fence if run.lease else 0,
            "claim_s": max(0.0, ends_at - run.monotonic()) + _CLAIM_RESERVE_S,
            "kinds": _json(kinds),
            "rows": CLAIM_ROWS,
            "zone": self._zone,
            "cap": self._cap,
        }

    def _record(self, query: str, /, **values: Any) -> list[Row]:
        """Write down what became of a mail, trying more than once: what is not written down is in doubt."""
        for pause_s in _RECORD_PAUSES_S:
            try:
                return self._run.write(self._sql[query], run_id=self._run.id, **values)
            except (DatabaseUnavailable, DatabaseBusy):
                self._sleep(pause_s)
        return self._run.write(self._sql[query], run_id=self._run.id, **values)


def _json(kinds: Sequence[str] | None) -> list[str] | None:
    return None if kinds is None else list(kinds)


def _notice(row: Mapping[str, Any]) -> Notice:
    return Notice(
        id=row["id"],
        kind=row["kind"],
        product_id=row["product_id"],
        variant_id=row["variant_id"],
        name=row["name"],
        url=row["url"],
        image_url=row["image_url"],
        attributes=row["attributes"],
        price=Decimal(row["price"]) if row["price"] is not None else None,
        currency=row["currency"],
        payload=row["payload"],
    )
