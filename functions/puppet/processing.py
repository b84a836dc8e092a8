"""One processor at work: it claims jobs, has them carried out, and writes what became of them.

The main thread alone speaks to PostgreSQL, the threads of the crew wait for workers. It knows nothing of Lambda:
whoever has a database can drive it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from nightshift.errors import DatabaseBusy, DatabaseError, DatabaseUnavailable
from nightshift.telemetry import logger
from puppet import store
from puppet.alerting import BatchSummary
from puppet.configuration import HEARTBEAT_S, Configuration
from puppet.crew import Crew
from puppet.executing import JobTypes
from puppet.results import result_of
from puppet.screening import Screen
from puppet.store import ClaimedJob, Result
from puppet.tallies import Batch, Tally
from puppet.threads import Task

if TYPE_CHECKING:
    from nightshift.database import Database

# Kept back behind the longest attempt, for its result and the end of the run: with less time left, nothing is claimed.
STOP_BEFORE_S: Final = 30.0
# How often it is looked what is in force: a stop is heeded this soon.
_REREAD_S: Final = 5.0
# While nothing could be claimed and jobs are at work, the queue is asked again after so long.
_POLL_S: Final = 1.0
# A database that does not take results is asked again so often, so far apart, before the run is given up.
_MOST_MISHAPS: Final = 5
_AGAIN_S: Final = 1.0


@dataclass(frozen=True)
class Hooks:
    """What the processor tells others, and what it lives by.

    Attributes:
        after_batch: called with each batch whose jobs have all ended.
        reread: returns what is in force now; None: what was in force at the beginning. How long an attempt may take
            stays as it was.
        log: takes lines as a logger of Powertools does.
        monotonic: the clock of the deadline.
        run_id: the run that the processor is part of, for its record.
    """

    after_batch: Callable[[BatchSummary], None] = lambda _: None
    reread: Callable[[], Configuration] | None = None
    log: Any = None
    monotonic: Callable[[], float] = time.monotonic
    run_id: str | None = None


@dataclass(frozen=True)
class Processed:
    """What a processor has done; `stopped` says why it ended while more may have been due."""

    tally: Tally
    rescued: store.Rescued
    stopped: str = ""


def process(
    database: Database,
    processor_id: str,
    configuration: Configuration,
    job_types: JobTypes,
    *,
    deadline: float,
    hooks: Hooks | None = None,
) -> Processed:
    """Carry out due jobs until none is left that may run, or the time is up.

    Args:
        database: the one connection, used by the calling thread alone.
        processor_id: who claims.
        configuration: what may be done at once, and how long it may take.
        job_types: who carries out the jobs of each type.
        deadline: when all must be written, on the monotonic clock.
        hooks: what to tell whom.

    Raises:
        DatabaseError: claims or results cannot be written; what is at work is found stuck later, and begun again.
    """
    hooks = hooks or Hooks()
    log = hooks.log or logger("puppet-jobs")
    crew = Crew(job_types, configuration.job_timeout_s, log, monotonic=hooks.monotonic)
    screen = Screen(database, job_types)
    return _Processor(database, processor_id, configuration, crew, screen, deadline, hooks, log).work()


@dataclass
class _Processor:
    database: Database
    id: str
    configuration: Configuration
    crew: Crew
    screen: Screen
    deadline: float
    hooks: Hooks
    log: Any
    tally: Tally = field(default_factory=Tally)
    batches: dict[UUID, Batch] = field(default_factory=dict)
    batch: Batch = field(default_factory=lambda: Batch(uuid4(), room=0))
    ask_again_at: float = 0.0
    beat_at: float = 0.0
    reread_at: float = 0.0
    mishaps: int = 0
    stopped: str = ""

    def work(self) -> Processed:
        store.register(self.database, self.id, self.hooks.run_id)
        self.beat_at, self.reread_at = self._now() + HEARTBEAT_S, self._now() + _REREAD_S
        try:
            rescued = store.rescue(self.database, self.configuration.limits())
            while self._claim() or self.crew.at_work:
                self._settle(self.crew.collect(self.beat_at - self._now()))
                self._tend()
        finally:
            self._leave()
        return Processed(self.tally, rescued, self.stopped)

    def _now(self) -> float:
        return self.hooks.monotonic()

    # ---- Claiming ----------------------------------------------------------------------------------------------------

    def _claim(self) -> bool:
        """Take what is due, as far as batch and limits have room; return whether anything was taken."""
        if self._now() < self.ask_again_at or not (asked := self._wanted()):
            return False
        claimed = store.claim(self.database, self.id, self.batch.id, self.configuration.limits(asked))
        self._begin(claimed.jobs, asked)
        return bool(claimed)

    def _wanted(self, ended: int = 0) -> int:
        """Return how many jobs to ask for, for the batch that has room for them, where so many have ended just now."""
        free = self.configuration.max_concurrent_jobs - len(self.crew.at_work) + ended
        if free <= 0 or not self._may_claim():
            return 0
        if self.batch.room <= 0:
            self._begin_batch()
        return min(free, self.batch.room)

    def _may_claim(self) -> bool:
        if not self.stopped and self.deadline - self._now() < self.crew.longest_s + STOP_BEFORE_S:
            self.stopped = "the time is up"
        return not self.stopped

    def _begin_batch(self) -> None:
        self.batch = Batch(uuid4(), room=self.configuration.batch_size)
        self.batches[self.batch.id] = self.batch

    def _begin(self, jobs: Sequence[ClaimedJob], asked: int) -> None:
        # With fewer than there is room for, nothing else may run for now.
        self.ask_again_at = self._now() + _POLL_S if len(jobs) < asked else 0.0
        if not jobs:
            return
        self.tally.counts["claimed"] += len(jobs)
        self.batch.take(len(jobs))
        self.crew.begin(jobs, self.screen.endings(jobs, self.configuration.invite_cooldown_days))

    # ---- Writing -----------------------------------------------------------------------------------------------------

    def _settle(self, tasks: Sequence[Task]) -> None:
        """Write what became of tasks, take others in the same message, and count."""
        if not tasks:
            return
        results = [self._result(task) for task in tasks]
        asked = self._wanted(len(tasks))
        try:
            refused, claimed = self._exchange(results, asked)
        except (DatabaseBusy, DatabaseUnavailable) as error:
            self._try_again(tasks, error)
            return
        self.mishaps = 0
        self._account(tasks, results, set(refused))
        if claimed is None:
            self.ask_again_at = 0.0  # there is room again
        else:
            self._begin(claimed.jobs, asked)
        self._end_batches([batch for batch in self.batches.values() if batch.is_over])

    def _exchange(self, results: Sequence[Result], asked: int) -> tuple[Sequence[UUID], store.Claim | None]:
        """Write results and ask for so many jobs; the results alone where another claimer takes long."""
        if asked:
            try:
                return store.exchange(self.database, self.id, results, self.batch.id, self.configuration.limits(asked))
            except DatabaseBusy as error:
                self.log.info("Results written without a claim", error=str(error))
        return store.complete(self.database, self.id, results), None

    def _account(self, tasks: Sequence[Task], results: Sequence[Result], refused: AbstractSet[UUID]) -> None:
        """Count what was written, and note what became of invites."""
        for task, result in zip(tasks, results, strict=True):
            self._count(task, None if task.job.id in refused else result)
        self.screen.respond(
            (task.job, task.ending, result)
            for task, result in zip(tasks, results, strict=True)
            if task.job.id not in refused
        )

    def _result(self, task: Task) -> Result:
        took_s = (task.ended_at or 0.0) - (task.begun_at or 0.0)
        most = self.configuration.max_retries
        return result_of(task.job, task.ending, round(took_s * 1000), most, self.crew.callback_s(task.job))

    def _try_again(self, tasks: Sequence[Task], error: DatabaseError) -> None:
        """Keep results that could not be written; to write them twice changes nothing."""
        self.mishaps += 1
        if self.mishaps >= _MOST_MISHAPS:
            raise error
        self.log.warning("Results not written yet", error=str(error), results=len(tasks))
        self.crew.put_back(tasks)
        time.sleep(_AGAIN_S)

    def _count(self, task: Task, result: Result | None) -> None:
        batch = self.batches[task.job.batch_id]
        if result is None:
            self.log.warning("Late result refused", job_id=str(task.job.id), attempt=task.job.attempt)
            self.tally.add_refused(batch)
        else:
            self.tally.add(task.job, result, batch)
        self.crew.settle(task)

    def _end_batches(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            del self.batches[batch.id]
            if batch.claimed:
                self.tally.counts["batches"] += 1
                self.hooks.after_batch(batch.summary)

    # ---- Signs of life, and the end ----------------------------------------------------------------------------------

    def _tend(self) -> None:
        """Say now and then that we live, and hear what is in force."""
        now = self._now()
        try:
            if now >= self.beat_at:
                self.beat_at = now + HEARTBEAT_S
                self._beat()
            if self.hooks.reread and now >= self.reread_at:
                self.reread_at = now + _REREAD_S
                self._heed(self.hooks.reread())
        except (DatabaseBusy, DatabaseUnavailable) as error:
            self.log.warning("No sign of life", error=str(error))

    def _beat(self) -> None:
        lost = store.heartbeat(self.database, self.id, self.crew.at_work)
        if lost:
            self.log.warning("Claims lost", lost=len(lost))

    def _heed(self, in_force: Configuration) -> None:
        self.configuration = in_force
        if not in_force.enabled and not self.stopped:
            self.stopped = "processing was stopped"
            self._give_back()

    def _give_back(self) -> None:
        tokens = self.crew.withdraw()
        if tokens:
            self.tally.counts["given_back"] += store.give_back(self.database, tokens)

    def _leave(self) -> None:
        """Give back what was not begun, and say that we end; the run's own trouble, if there is any, comes first."""
        try:
            self._give_back()
            store.stop(self.database, self.id)
        except DatabaseError as error:
            self.log.warning("Left without a word", error=str(error))
        self.crew.close()
        self._end_batches(list(self.batches.values()))
