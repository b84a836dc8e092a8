"""One history of a lock: what happens to it step by step, told to the ledger, which holds it against the claims."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError, ConnectionClosedError

from nightshift.database import Database
from nightshift.dynamodb import decode
from nightshift.errors import DatabaseBusy, LeaseLost, SlotAlreadyDone, StaleFence
from nightshift.lease import SKEW_MARGIN_MS, Lease
from tests.lock.ledger import Ledger
from tests.lock.workers import Call, Message, Time, Worker

# So long that clocks which drift by a thousandth are still off by less than the margin.
LONGEST_MS = 80_000
_AT_ONCE = "SET LOCAL lock_timeout = '1ms';"  # whoever holds the row goes on only when we do


class History:
    """What has become of one lock, and who is at what. Every step returns a line for people."""

    def __init__(self, table: Any, fence: Any) -> None:
        """Begin with a name that the table has never heard; `fence` is the module that renders its statements."""
        self.table = table
        self.fence = fence
        self.name = str(uuid4())
        self.time = Time()
        self.ledger = Ledger()
        self.workers: list[Worker] = []
        self.past: list[Message] = []
        self.events: list[Lease] = []

    def add_worker(self, database: Database, make_locks: Callable[..., Any], skew_ms: int, rate: float) -> None:
        """One more process that may want the lock."""
        self.workers.append(Worker(len(self.workers), self.time, database, make_locks, skew_ms, rate, 50.0 * rate))

    def end(self) -> None:
        """Leave nothing behind."""
        for worker in self.workers:
            worker.crash()

    def look_who_believes(self) -> None:
        """The first claim of all."""
        assert sum(worker.believes for worker in self.workers) <= 1, "two holders inside their deadlines"

    def wait(self, ms: int) -> str:
        """Time passes."""
        self.time.passed_ms += ms
        return f"{ms} ms pass"

    # ---- operations begin ----

    def acquire(self, worker: Worker, lease_s: float, slot_ms: int | None) -> str:
        """A worker asks for the lock."""
        run, locks = str(uuid4()), worker.locks
        self._start(
            worker,
            "take",
            lambda: locks.acquire(self.name, lease_s, who=f"run {run}", run_id=run, slot_ms=slot_ms),
        )
        return f"{worker}: acquires for {lease_s} s, slot {slot_ms}"

    def adopt(self, worker: Worker, given: Lease, lease_s: float) -> str:
        """The event of a hand-over arrives, for the first time or once more."""
        locks, slot_ms = worker.locks, given.slot_ms
        self._start(worker, "take", lambda: locks.adopt(self.name, given.holder, given.fence, lease_s, slot_ms=slot_ms))
        return f"{worker}: adopts fence {given.fence} for {lease_s} s"

    def checkpoint(self, worker: Worker, lease_s: float) -> str:
        """A worker renews between two batches."""
        run = worker.run
        assert run is not None
        run.ends_at = worker.monotonic() + lease_s

        def check() -> Lease | None:
            run.checkpoint()
            return run.lease

        self._start(worker, "renew", check, run.lease)
        return f"{worker}: comes to a checkpoint and wants {lease_s} s"

    def renew(self, worker: Worker, lease: Lease, lease_s: float) -> str:
        """One who has handed its lease over renews it all the same."""
        locks = worker.locks
        self._start(worker, "renew", lambda: locks.renew(lease, lease_s), lease)
        return f"{worker}: renews fence {lease.fence}, which it had handed over, for {lease_s} s"

    def finish(self, worker: Worker, well: bool, at_least_s: int) -> str:
        """A worker stops and releases."""
        lease = worker.lease
        assert lease is not None
        worker.stop()
        done = well and self.ledger.finished[lease.slot_ms or 0] > 0
        return self.release(worker, lease, slot_done=done, at_least_s=at_least_s)

    def release(self, worker: Worker, lease: Lease, *, slot_done: bool = False, at_least_s: int = 0) -> str:
        """A lease is given back."""
        kept_ms = self.ledger.at_least_ms
        kept_ms[lease.holder] = max(at_least_s * 1000, kept_ms.get(lease.holder, 0))
        locks = worker.locks
        self._start(
            worker, "release", lambda: locks.release(lease, "done", slot_done=slot_done, at_least_s=at_least_s), lease
        )
        return f"{worker}: releases fence {lease.fence}, slot done: {slot_done}, at least {at_least_s} s"

    def hand_over(self, worker: Worker) -> str:
        """A worker wakes another one; the event may arrive twice, or never."""
        assert worker.lease is not None
        self.events.append(worker.lease)
        worker.stop()
        return f"{worker}: hands over"

    def crash(self, worker: Worker) -> str:
        """A process ends in the middle of whatever it does."""
        worker.crash()
        return f"{worker}: crashes"

    # ---- messages travel ----

    def arrive(self, worker: Worker) -> str:
        """A request reaches the table and is carried out; its answer is on the way."""
        message = worker.message
        self.past.append(message)
        message.arrived, message.found = True, self.ledger.item
        message.answer = self._carry_out(message, worker.call)
        return f"{worker}: its request arrives"

    def answer(self, worker: Worker) -> str:
        """An answer reaches the worker."""
        self._go_on(worker, worker.message.answer)
        return f"{worker}: its answer arrives"

    def ask_again(self, worker: Worker) -> str:
        """The answer is lost and the SDK sends the request again; the worker's code does not hear of it."""
        worker.message.arrived = False
        return f"{worker}: its answer is lost, the SDK asks again"

    def break_off(self, worker: Worker) -> str:
        """The SDK gives up; whether the request has arrived or not, the worker's code hears of no answer."""
        arrived = worker.message.arrived
        self._go_on(worker, ConnectionClosedError(endpoint_url="x"))
        return f"{worker}: its {'answer' if arrived else 'request'} is lost for good"

    def settle(self, worker: Worker) -> str:
        """All goes well until the operation is over."""
        while worker.call is not None:
            if not worker.message.arrived:
                self.arrive(worker)
            self.answer(worker)
        return f"{worker}: all goes well"

    def deliver_late(self, message: Message) -> str:
        """A request that arrived before arrives once more, and nobody waits for the answer."""
        self._carry_out(Message(message.sender, message.operation, message.request), None)
        return f"a copy arrives of {message.request.get('UpdateExpression', message.operation)}"

    def _carry_out(self, message: Message, call: Call | None) -> Any:
        try:
            answer = getattr(self.table, message.operation)(**message.request)
        except ClientError as error:
            message.shown = decode(error.response.get("Item", {}))
            return error
        if message.operation == "get_item":
            message.shown = decode(answer.get("Item", {}))
        else:
            self.ledger.applied(message, call, decode(answer.get("Attributes", {})))
        return answer

    def _start(self, worker: Worker, kind: str, operation: Callable[[], Any], lease: Lease | None = None) -> None:
        worker.call = Call(kind, operation, lease)
        worker.call.start()
        self._look(worker, worker.call)

    def _go_on(self, worker: Worker, answer: Any) -> None:
        assert worker.call is not None
        worker.call.go_on(answer)
        self._look(worker, worker.call)

    def _look(self, worker: Worker, call: Call) -> None:
        """If the operation is over: hold what came of it against the ledger, and go on with it."""
        if call.message is not None:
            return
        worker.call = None
        self.ledger.ended(worker, call)
        if call.kind == "take" and call.result is not None:
            worker.begin(call.result, self.ledger.order(call.result))
        elif call.kind == "renew" and isinstance(call.error, LeaseLost):
            worker.stop()

    # ---- PostgreSQL ----

    def claim(self, worker: Worker, patience: str = _AT_ONCE) -> str:
        """A new holder makes itself the newest, or waits for whoever writes."""
        assert worker.lease is not None
        try:
            worker.database.write(f"{patience} {self.fence.claim_one(worker.lease)}")
        except DatabaseBusy:
            return f"{worker}: waits to claim the fence"
        except StaleFence:
            self.ledger.claim_refused(worker.order)
            worker.stop()
            return f"{worker}: is refused by the fence"
        worker.claimed = True
        self.ledger.claimed = max(self.ledger.claimed, worker.order)
        return f"{worker}: claims fence {worker.lease.fence}"

    def settle_and_claim(self, worker: Worker) -> str:
        """All goes well from the beginning."""
        well = self.settle(worker)
        return f"{well}; {self.claim(worker)}" if worker.run else well

    def send(self, worker: Worker, *, finishes: bool) -> str:
        """A worker looks at its deadline and sends a write."""
        assert worker.run is not None
        assert worker.lease is not None
        worker.finishes = finishes and worker.lease.slot_ms is not None
        finish = self.fence.finish_slot(worker.lease) if worker.finishes else ""
        try:
            # Nothing is sent before the transaction is entered.
            worker.sending = worker.run.transaction(f"{_AT_ONCE} {finish} SELECT 1")
        except LeaseLost:
            worker.stop()
            return f"{worker}: notices that its lease is over"
        return f"{worker}: sends a write{', which finishes its slot' if worker.finishes else ''}"

    def open(self, worker: Worker) -> str:
        """The write arrives; its transaction stays open."""
        assert worker.sending is not None
        transaction, worker.sending = worker.sending, None
        try:
            transaction.__enter__()
        except (StaleFence, DatabaseBusy) as error:
            if isinstance(error, StaleFence):
                self.ledger.claim_refused(worker.order)
            worker.stop()
            return f"{worker}: its write is refused ({type(error).__name__})"
        except SlotAlreadyDone:
            return self._done_by_another(worker)
        worker.open = transaction
        return f"{worker}: its write arrives"

    def _done_by_another(self, worker: Worker) -> str:
        lease = worker.lease
        assert lease is not None
        assert self.ledger.finished[lease.slot_ms or 0] == 1, "refused as done, but nobody has done it"
        worker.stop()
        return f"its slot is done already; {self.release(worker, lease, slot_done=True)}"

    def commit(self, worker: Worker) -> str:
        """The write is committed."""
        assert worker.lease is not None
        worker.end_transaction(commit=True)
        self.ledger.wrote(worker.order)
        if worker.finishes:
            self.ledger.finished_slot(worker.lease.slot_ms or 0)
        return f"{worker}: commits"

    def write(self, worker: Worker, *, finishes: bool) -> str:
        """A write without a pause."""
        told = [self.send(worker, finishes=finishes)]
        if worker.sending is not None:
            told.append(self.open(worker))
        if worker.open is not None:
            told.append(self.commit(worker))
        return "; ".join(told)

    # ---- and in the end ----

    def let_one_come_later(self, taker: Worker) -> str:
        """All others die: whatever was held is free once its lease, or what holds it back, is over."""
        self.end()
        self.wait(3_000 + 2 * SKEW_MARGIN_MS)
        self.acquire(taker, 1.0, None)
        self.settle(taker)
        assert taker.run is not None, "nobody holds it, and it is not given"
        self.claim(taker, patience="")
        assert taker.claimed, "the only holder was refused by the fence"
        return f"all die, and {taker} comes 5 s later"
