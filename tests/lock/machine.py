"""Whatever happens in whatever order: workers use the real lock, and every step must keep the claims of the ledger.

Their messages travel one by one: a request or an answer may be lost, be sent again by the SDK, arrive once more much
later; between any two steps others may go on and time may pass. The fence is PostgreSQL's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from nightshift.database import Database
from tests.lock.history import LONGEST_MS, History
from tests.lock.workers import START_MS, Worker

T = TypeVar("T")
Turn = tuple[int, Callable[[], str]]

# Clocks are off by at most 0.39 s, and by what they drift in the time of one history: less than the margin between
# any two.
SKEWS_MS = (0, -390, 390)
RATES = (1.0, 0.999, 1.001)
LEASES_S = (1.0, 3.0)
SLOTS_MS = (1, 2, None, 1)
# Everything that happens hangs on these bytes: to draw each choice on its own would take longer than to make it.
BYTES = st.binary(min_size=64, max_size=64)


class LockMachine(RuleBasedStateMachine):
    """Two workers, one lock. The class says against which table, with which code, on which connections."""

    table: Any
    fence: Any
    make_locks: Callable[..., Any]
    databases: tuple[Database, ...]

    @initialize(skews=st.tuples(*[st.sampled_from(SKEWS_MS)] * 2), rates=st.tuples(*[st.sampled_from(RATES)] * 2))
    def begin(self, skews: tuple[int, int], rates: tuple[float, float]) -> None:
        self.history = History(self.table, self.fence)
        for database, skew_ms, rate in zip(self.databases, skews, rates, strict=True):
            self.history.add_worker(database, type(self).make_locks, skew_ms, rate)

    def teardown(self) -> None:
        if hasattr(self, "history"):
            self.history.end()

    @rule(chances=BYTES)
    def go_on(self, chances: bytes) -> None:
        self._chances = list(chances)
        while len(self._chances) > 6:
            turns = self.of_the_world() if self.pick((False, False, True)) else self.of(self.pick(self.history.workers))
            note(self.pick([turn for weight, turn in turns for _ in range(weight)])())
            self.history.look_who_believes()

    def pick(self, some: Sequence[T]) -> T:
        return some[self._chances.pop() * len(some) // 256]

    def of_the_world(self) -> list[Turn]:
        history = self.history
        turns: list[Turn] = [(1, self.set_a_clock)]
        if history.past:
            turns.append((2, self.deliver_late))
        if history.time.passed_ms < LONGEST_MS:
            # A holder that sleeps in the middle of a write is what the fence is for.
            asleep = any(worker.sending or worker.open for worker in history.workers)
            turns += [(3, self.wait), (12 if asleep else 3, self.wait_for_the_lease), (1, self.let_one_come_later)]
        return turns

    def of(self, worker: Worker) -> list[Turn]:
        """What a worker may do next, and how often it does it."""
        crash = (1, lambda: self.history.crash(worker))
        if worker.call is not None:
            return [*self.of_a_call(worker), crash]
        if worker.run is None:
            return self.of_one_without_a_lease(worker)
        return [*self.of_one_at_work(worker), crash]

    def of_a_call(self, worker: Worker) -> list[Turn]:
        history = self.history
        gives_up = (1, lambda: history.break_off(worker))
        well = (6, lambda: history.settle(worker))
        if worker.message.arrived:
            return [well, (3, lambda: history.answer(worker)), (2, lambda: history.ask_again(worker)), gives_up]
        return [well, (5, lambda: history.arrive(worker)), gives_up]

    def of_one_without_a_lease(self, worker: Worker) -> list[Turn]:
        history = self.history

        def acquire() -> str:
            return history.acquire(worker, self.pick(LEASES_S), self.pick(SLOTS_MS))

        turns: list[Turn] = [(2, acquire), (4, lambda: f"{acquire()}; {history.settle_and_claim(worker)}")]
        if history.events:
            given = self.pick(history.events)
            turns += [
                (4, lambda: history.adopt(worker, given, self.pick(LEASES_S))),
                (1, lambda: history.release(worker, given)),
                (1, lambda: history.renew(worker, given, self.pick(LEASES_S))),
            ]
        return turns

    def of_one_at_work(self, worker: Worker) -> list[Turn]:
        history = self.history
        if worker.sending is not None:
            return [(8, lambda: history.open(worker))]
        if worker.open is not None:
            return [(8, lambda: history.commit(worker))]
        turns: list[Turn] = [
            (2, lambda: history.checkpoint(worker, self.pick(LEASES_S))),
            (3, lambda: history.finish(worker, self.pick((True, False)), self.pick((0, 0, 2)))),
            (1, lambda: history.hand_over(worker)),
        ]
        if not worker.claimed:
            return [*turns, (6, lambda: history.claim(worker))]
        return [
            *turns,
            (3, lambda: history.send(worker, finishes=self.pick((True, False)))),
            (3, lambda: history.write(worker, finishes=self.pick((True, False)))),
        ]

    def wait(self) -> str:
        return self.history.wait(self.pick((1, 400, 1000, 1500, 2600)))

    def wait_for_the_lease(self) -> str:
        until_ms = self.history.ledger.item.get("until_ms", 0)
        later_ms = until_ms + self.pick((-600, -1, 0, 650, 999, 1001, 1400, 1800)) - START_MS
        return self.history.wait(max(0, later_ms - self.history.time.passed_ms))

    def set_a_clock(self) -> str:
        worker = self.pick(self.history.workers)
        worker.skew_ms = self.pick(SKEWS_MS)
        return f"{worker}: its clock is now off by {worker.skew_ms} ms"

    def deliver_late(self) -> str:
        return self.history.deliver_late(self.pick(self.history.past[-8:]))

    def let_one_come_later(self) -> str:
        return self.history.let_one_come_later(self.pick(self.history.workers))
