"""What the table and PostgreSQL have accepted so far, and the claims that every next step must keep.

It looks at items and answers only, never at how the lock reaches them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nightshift.errors import LeaseLost, LockRefused, LockUnavailable
from nightshift.lease import SKEW_MARGIN_MS, Lease
from tests.lock.workers import Call, Message, Worker

Item = Mapping[str, Any]
Holder = tuple[str, int]
NO_SLOT = 1_000


@dataclass
class Ledger:
    """The history of one lock."""

    item: Item = field(default_factory=dict)
    orders: dict[Holder, int] = field(default_factory=dict)
    at_least_ms: dict[str, int] = field(default_factory=dict)
    held_back_until_ms: int = 0
    # Holders that a late copy of their own request has made so once more; they know nothing of it.
    ghosts: set[str] = field(default_factory=set)
    done_slot: int = 0
    claimed: int = 0
    finished: Counter[int] = field(default_factory=Counter)

    @property
    def newest(self) -> int:
        """How many leases have been given."""
        return len(self.orders)

    def applied(self, message: Message, call: Call | None, after: Item) -> None:
        """The table has carried out a request: `call` is who waits for the answer, if anybody does."""
        before, self.item = self.item, after
        assert after.get("fence", 0) >= before.get("fence", 0), "the fence of the item went back"
        holder, former = _holder(after), _holder(before)
        if holder and holder != former:
            self._given(holder, message, call)
        elif holder and after["until_ms"] != before["until_ms"]:
            assert after["until_ms"] > before["until_ms"], "a renewal shortened the lease"
        elif former and not holder:
            self._freed(former, before, message)
        if call is not None:
            call.touched = former

    def _given(self, holder: Holder, message: Message, call: Call | None) -> None:
        assert all(holder[1] > fence for _, fence in self.orders), "a newer lease has a higher fence"
        asked = message.values
        if ":token" not in asked:
            now_ms = max(asked[":now"], message.sender.wall_ms())
            assert now_ms > self.held_back_until_ms, "given before at-least-for was over"
            assert asked.get(":slot", self.done_slot + 1) > self.done_slot, "a slot was given that is done"
        self.orders[holder] = self.newest + 1
        if call is not None:
            call.granted = True
        else:
            self.ghosts.add(holder[0])

    def _freed(self, former: Holder, before: Item, message: Message) -> None:
        asked = message.values
        assert (asked[":me"], asked.get(":f", former[1])) == former, "somebody else's lease was ended"
        at_least_ms = self.at_least_ms.get(former[0], 0)
        self.held_back_until_ms = before["since_ms"] + at_least_ms if at_least_ms else 0
        if ":slot" in asked:
            assert asked[":slot"] > self.done_slot, "the last slot that is done went back"
            self.done_slot = asked[":slot"]

    def order(self, lease: Lease) -> int:
        """Which lease it is, in the order in which they were given."""
        return self.orders[lease.holder, lease.fence]

    def ended(self, worker: Worker, call: Call) -> None:
        """An operation is over: what it says must be what the table has done."""
        {"take": self._taken, "renew": self._renewed, "release": self._released}[call.kind](worker, call)

    def _taken(self, worker: Worker, call: Call) -> None:
        if isinstance(call.error, LockRefused):
            self._refused(call, call.error)
        elif isinstance(call.error, LockUnavailable | LeaseLost):
            self._given_back(call)
        elif call.error is not None:
            raise call.error
        else:
            assert (call.result.holder, call.result.fence) in self.orders, "a lease that was never given"
            assert worker.monotonic() < call.result.deadline, "a lease that had ended when its answer came"

    def _given_back(self, call: Call) -> None:
        me = call.sent[0].values[":me"]
        asked = [message for message in call.sent if message.values.get(":outcome") == "acquire-unknown"]
        assert len(asked) == 1, "nothing was given back"
        assert not asked[0].arrived or me in self.ghosts or self.item.get("holder") != me, "kept although given back"

    @staticmethod
    def _refused(call: Call, error: LockRefused) -> None:
        asked, refusal = call.sent[0].values, error.refusal
        assert not call.granted or refusal.holder != asked[":me"], "refused because of itself"
        shown, found = call.sent[-1].shown, call.sent[0].found
        told = (refusal.holder, refusal.who, refusal.since_ms, refusal.until_ms)
        assert told == tuple(shown.get(name) for name in ("holder", "who", "since_ms", "until_ms")), "wrongly told why"
        if ":token" not in asked:
            lasts = found.get("until_ms", 0) >= asked[":now"] - SKEW_MARGIN_MS
            assert lasts or found.get("done_slot", 0) >= asked.get(":slot", NO_SLOT), "refused although it was free"

    def _renewed(self, worker: Worker, call: Call) -> None:
        assert call.lease is not None
        mine = _holder_of(call.lease)
        if isinstance(call.error, LeaseLost):
            late = worker.monotonic() >= call.lease.deadline
            assert late or _holder(self.item) != mine, "told as lost although it is ours"
        elif call.error is None:
            assert call.result.deadline >= call.lease.deadline, "a renewal shortened the lease"
            assert call.touched in (None, mine), "renewed by somebody who does not hold it"
            assert worker.monotonic() < call.result.deadline, "a lease that had ended when its answer came"
        elif not isinstance(call.error, LockUnavailable):
            raise call.error

    def _released(self, _worker: Worker, call: Call) -> None:
        assert call.lease is not None
        if isinstance(call.error, LockUnavailable):
            return
        if call.error is not None:
            raise call.error
        overtaken = self.order(call.lease) < self.newest
        assert call.result or overtaken or call.touched is None, "told as not ours although it was released"
        assert _holder(self.item) != _holder_of(call.lease), "told as released although it is held"

    def claim_refused(self, order: int) -> None:
        """PostgreSQL refused a claim or a write as stale."""
        assert order < self.newest, "the newest holder was refused by the fence"

    def wrote(self, order: int) -> None:
        """A write was committed."""
        assert order >= self.claimed, "a write was accepted after a newer holder had claimed the fence"

    def finished_slot(self, slot_ms: int) -> None:
        """A slot was committed as finished."""
        self.finished[slot_ms] += 1
        assert self.finished[slot_ms] == 1, "a slot was finished twice"


def _holder(item: Item) -> Holder | None:
    return (item["holder"], item["fence"]) if item.get("holder") else None


def _holder_of(lease: Lease) -> Holder:
    return lease.holder, lease.fence
