"""The lease in DynamoDB: one holder at a time for each lock name, five operations, each one conditional UpdateItem.

What is guaranteed: no two holders believe in their lease at the same moment, as long as clocks differ by less
than the skew margin; and the fence number of a name never decreases. What is not: a holder that was paused
may still *act* after its lease has ended; that is what `nightshift.fence` is for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from nightshift.errors import LeaseLost, LockRefused, LockUnavailable
from nightshift.lease import COOLING, HELD, SKEW_MARGIN_MS, SLOT_DONE, STALE, Lease, Refusal

# Locks named after data (one product, one comparison) may vanish at least 7 days after their release; one day
# is for the run.
DATA_LOCK_TTL_S = 8 * 24 * 3600


class Locks:
    """The lock table."""

    def __init__(
        self,
        client: Callable[[], Any],
        table: str,
        *,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        monotonic: Callable[[], float] = time.monotonic,
        skew_margin_ms: int = SKEW_MARGIN_MS,
    ) -> None:
        """Take the DynamoDB client as a function, so that it is made at first use."""
        self._client = client
        self._table = table
        self._clock_ms = clock_ms
        self._monotonic = monotonic
        self._skew_ms = skew_margin_ms

    def acquire(
        self,
        name: str,
        lease_s: float,
        *,
        who: str,
        run_id: str,
        slot_ms: int | None = None,
        named_after_data: bool = False,
    ) -> Lease:
        """Take the lock for `lease_s` seconds.

        Raises:
            LockRefused: somebody holds it, it is held back by at-least-for, or `slot_ms` is done already.
            LockUnavailable: the table cannot be asked; whatever was taken has been given back if that was
                possible.
            LeaseLost: the answer came after the lease had ended; likewise.
        """
        me, started, now = str(uuid4()), self._monotonic(), self._clock_ms()
        lease_ms = int(lease_s * 1000)
        until = now + lease_ms
        values: dict[str, Any] = {
            ":me": me,
            ":one": 1,
            ":until": until,
            ":now": now,
            ":free": now - self._skew_ms,
            ":who": who,
            ":run": run_id,
            # A re-created data lock starts above every fence it ever had: fences grow slower than milliseconds.
            ":base": now if named_after_data else 0,
        }
        update = (
            "SET holder = :me, origin = :me, fence = if_not_exists(fence, :base) + :one, until_ms = :until,"
            " since_ms = :now, who = :who, run_id = :run"
        )
        condition = "(attribute_not_exists(until_ms) OR until_ms < :free)"
        if slot_ms is not None:
            values[":slot"] = slot_ms
            update += ", slot = :slot"
            condition += " AND (attribute_not_exists(done_slot) OR done_slot < :slot)"
        if named_after_data:
            values[":expires"] = until // 1000 + DATA_LOCK_TTL_S
            update += ", expires_s = :expires"
        if slot_ms is None:
            # The slot of the run before is not this one's.
            update += " REMOVE slot"
        try:
            item = self._update(name, update, condition, values)
        except _ConditionFailed as refused:
            if refused.item.get("holder") != me:
                raise LockRefused(self._refusal(name, refused.item, slot_ms)) from None
            # Ours: the response was lost and the SDK sent the request again.
            item = refused.item
        except LockUnavailable:
            self._give_back_unknown(name, me)
            raise
        return self._taken(Lease.of(name, item, started + lease_ms / 1000, slot_ms))

    def renew(self, lease: Lease, lease_s: float) -> Lease:
        """Extend a held lease to `lease_s` seconds from now; never shortens it.

        Raises:
            LeaseLost: it is not ours any more, or the answer came after the renewed lease had ended.
        """
        started = self._monotonic()
        lease_ms = int(lease_s * 1000)
        until = self._clock_ms() + lease_ms
        values = {":me": lease.holder, ":f": lease.fence, ":until": until}
        try:
            item = self._update(
                lease.name,
                "SET until_ms = :until",
                "holder = :me AND fence = :f AND until_ms <= :until",
                values,
            )
        except _ConditionFailed as refused:
            if (refused.item.get("holder"), refused.item.get("fence")) != (lease.holder, lease.fence):
                raise LeaseLost(f"{lease.name}: the lease was lost before it could be renewed") from None
            # It already lasts longer, by a renewal that went before this one.
            item = refused.item
        # In the table it has only grown, so what could be relied on before still can.
        deadline = max(lease.deadline, started + lease_ms / 1000)
        if self._monotonic() >= deadline:
            raise LeaseLost(f"{lease.name}: the lease had ended before the answer came")
        return Lease.of(lease.name, item, deadline, lease.slot_ms)

    def release(self, lease: Lease, outcome: str, *, slot_done: bool = False, at_least_s: float = 0) -> bool:
        """Give the lock back and return whether it still was ours.

        `slot_done` marks the lease's slot as finished well; `at_least_s` holds the lock back until that long
        after it was taken.
        """
        now = self._clock_ms()
        # Also where that is past already, by our clock: the next taker's may be behind it.
        free_at = lease.since_ms + int(at_least_s * 1000) - self._skew_ms if at_least_s else 0
        values: dict[str, Any] = {
            ":me": lease.holder, ":f": lease.fence, ":until": free_at, ":now": now, ":outcome": outcome,
        }  # fmt: skip
        update = "SET until_ms = :until, released_ms = :now, last_holder = :me, last_outcome = :outcome"
        if slot_done and lease.slot_ms is not None:
            values[":slot"] = lease.slot_ms
            update += ", done_slot = :slot"
        try:
            self._update(lease.name, update + " REMOVE holder", "holder = :me AND fence = :f", values)
        except _ConditionFailed as refused:
            return refused.item.get("last_holder") == lease.holder
        return True

    def adopt(self, name: str, token: str, fence: int, lease_s: float, *, slot_ms: int | None = None) -> Lease:
        """Take over the lease that was handed over with `token` and `fence`; the giver can do nothing with it any more.

        A second delivery of the same hand-over is refused, unless the first adopter has let its lease lapse
        (it died).

        Raises:
            LockRefused: the hand-over was adopted, released or has been superseded.
            LockUnavailable, LeaseLost: as for `acquire`.
        """
        me, started, now = str(uuid4()), self._monotonic(), self._clock_ms()
        lease_ms = int(lease_s * 1000)
        values = {
            ":me": me, ":one": 1, ":until": now + lease_ms, ":token": token, ":f": fence, ":free":
            now - self._skew_ms,
        }  # fmt: skip
        try:
            item = self._update(
                name,
                # origin follows the token, so that a run handed over a second time can be retried like the
                # first time.
                "SET holder = :me, origin = :token, fence = fence + :one, until_ms = :until",
                "(holder = :token AND fence = :f)"
                " OR (origin = :token AND attribute_exists(holder) AND until_ms < :free)",
                values,
            )
        except _ConditionFailed as refused:
            if refused.item.get("holder") != me:
                raise LockRefused(Refusal.read(name, refused.item, STALE)) from None
            item = refused.item
        except LockUnavailable:
            self._give_back_unknown(name, me)
            raise
        return self._taken(Lease.of(name, item, started + lease_ms / 1000, slot_ms))

    def force_release(self, name: str, holder: str, who: str) -> bool:
        """Free a lock by hand, naming the holder exactly as a refusal showed it; return whether it was that holder's.

        A holder that still works is stopped at its next checkpoint, and at its next write once somebody newer has
        claimed the fence.
        """
        values = {
            ":holder": holder,
            ":zero": 0,
            ":now": self._clock_ms(),
            ":outcome": f"force-released by {who}",
        }
        update = (
            "SET until_ms = :zero, released_ms = :now, last_holder = :holder, last_outcome = :outcome REMOVE holder"
        )
        try:
            self._update(name, update, "holder = :holder", values)
        except _ConditionFailed as refused:
            # Done by this very request, where its first answer was lost and the SDK sent it again.
            ours = {"last_holder": holder, "last_outcome": values[":outcome"], "released_ms": values[":now"]}
            return ours.items() <= refused.item.items()
        return True

    def read(self, name: str) -> dict[str, Any] | None:
        """Return the item of one lock, or None where it was never taken."""
        from nightshift.dynamodb import decode

        answer = self._call("get_item", Key={"pk": {"S": name}}, ConsistentRead=True)
        return decode(answer["Item"]) if "Item" in answer else None

    def read_each(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the items of up to 100 locks by name, in one request; those that were never taken are left out."""
        from nightshift.dynamodb import decode

        asked: dict[str, Any] = {self._table: {"Keys": [{"pk": {"S": name}} for name in names], "ConsistentRead": True}}
        items: dict[str, dict[str, Any]] = {}
        while names and asked:
            answer = self._request("batch_get_item", RequestItems=asked)
            items.update((item["pk"]["S"], decode(item)) for item in answer["Responses"].get(self._table, ()))
            asked = answer.get("UnprocessedKeys") or {}
        return items

    def held(self) -> list[dict[str, Any]]:
        """Return every lock that somebody holds now, by name."""
        from nightshift.dynamodb import decode

        items: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            page = self._call("scan", FilterExpression="attribute_exists(holder)", ConsistentRead=True, **start)
            items += [decode(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return sorted(items, key=lambda item: str(item["pk"]))
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _refusal(self, name: str, item: Mapping[str, Any], slot_ms: int | None) -> Refusal:
        # The slot first: whoever holds the lock, a slot that is done needs no second try.
        if slot_ms is not None and "done_slot" in item and item["done_slot"] >= slot_ms:
            return Refusal.read(name, item, SLOT_DONE)
        return Refusal.read(name, item, HELD if item.get("holder") else COOLING)

    def _taken(self, lease: Lease) -> Lease:
        """Check the deadline once the answer is here: a lease that ended on the way is not ours to use."""
        if self._monotonic() < lease.deadline:
            return lease
        self._give_back_unknown(lease.name, lease.holder)
        raise LeaseLost(f"{lease.name}: the lease had ended before the answer came")

    def _give_back_unknown(self, name: str, me: str) -> None:
        """Undo an acquire or adopt whose outcome is unknown; once, because the table may be out of reach altogether."""
        values = {":me": me, ":zero": 0, ":now": self._clock_ms(), ":outcome": "acquire-unknown"}
        update = "SET until_ms = :zero, released_ms = :now, last_holder = :me, last_outcome = :outcome REMOVE holder"
        try:
            self._update(name, update, "holder = :me", values)
        except (_ConditionFailed, LockUnavailable):
            return

    def _update(
        self,
        name: str,
        update: str,
        condition: str,
        values: Mapping[str, Any],
    ) -> dict[str, Any]:
        from nightshift.dynamodb import decode, encode

        request: dict[str, Any] = {
            "Key": {"pk": {"S": name}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": encode(values),
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return decode(self._call("update_item", **request)["Attributes"])

    def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        return self._request(operation, TableName=self._table, **request)

    def _request(self, operation: str, **request: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        from nightshift.dynamodb import decode

        try:
            answer: dict[str, Any] = getattr(self._client(), operation)(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise LockUnavailable(f"the lock table refused: {error.response['Error']['Code']}") from None
            old: Any = error.response.get("Item")
            # Some emulators leave the old item out; a refusal must tell who holds the lock, so it is read.
            raise _ConditionFailed(decode(old) if old else self.read(request["Key"]["pk"]["S"]) or {}) from None
        except BotoCoreError as error:
            raise LockUnavailable(f"the lock table cannot be reached ({type(error).__name__})") from None
        return answer


class _ConditionFailed(Exception):
    def __init__(self, item: dict[str, Any]) -> None:
        self.item = item
        super().__init__()
