"""Who works how with what: the ways that are simulated, as it is and with each remedy, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.scale.database import Surroundings
from benchmarks.scale.mails import Ses
from local.bootstrap import ROOT
from local.template import load

WORKERS: Final = (1, 10, 100, 1_000)
# Lambda gives a whole processor with so much memory, and a part of it with less.
_WHOLE_MB: Final = 1_769


def slowness(function: str) -> float:
    """Return how much longer this function of template.yaml computes than a process with a whole processor."""
    template = load(ROOT / "template.yaml")
    shared = template["Globals"]["Function"]["MemorySize"]
    memory_mb = int(template["Resources"][function]["Properties"].get("MemorySize", shared))
    return max(1.0, _WHOLE_MB / memory_mb)


# What a shop's system stands on unless it says otherwise: two cores and 4 GB, about 400 connections by RDS' own
# parameters, one availability zone.
AWS: Final = Surroundings(
    cores=2, round_trip_s=0.001, commit_s=0.002, connections=400, slowness=slowness("PuppetJobsFunction")
)
MAILING: Final = replace(AWS, slowness=slowness("DeliverNotificationsFunction"))
# As docs/puppet-jobs.md counts: what a puppet job takes. The others ask a service that answers soon.
JOB_S: Final = 20.0
SHORT_JOB_S: Final = 2.0
_MOST_OF_A_PROCESSOR: Final = 200
_BATCH: Final = 20
_LARGEST_BATCH: Final = 500


@dataclass(frozen=True)
class Claims:
    """One way to have puppet jobs carried out by so many workers, that is, so many at once.

    Attributes:
        job_s: how long a job takes. processors: how many processors there are for so many workers.
        databases: how many queues they are spread over.
        hands_over_s: how long it takes to hand a job to a queue whose readers call back; None: it is waited for.
        again_s: when a processor that has ended is called again.
        in_flight: the limit where it does not grow with the workers.
        warm_up_s: the first seconds, in which everybody comes. least_s: how long it is counted at least.
    """

    name: str
    title: str
    job_s: float = JOB_S
    processors: Callable[[int], int] = lambda workers: workers
    databases: int = 1
    batch_size: int = _BATCH
    hands_over_s: float | None = None
    again_s: float = 60.0
    in_flight: int | None = None
    surroundings: Surroundings = AWS
    workers: Sequence[int] = WORKERS
    warm_up_s: float = 6.0
    least_s: float = 1.0


def _few(workers: int) -> int:
    return -(-workers // _MOST_OF_A_PROCESSOR)


_SHORT: Final = Claims("short", "jobs of 2 s, a processor for each worker", SHORT_JOB_S, warm_up_s=5.0, least_s=3.0)
_FAN_OUT: Final = replace(_SHORT, processors=lambda _: 1, batch_size=_LARGEST_BATCH, hands_over_s=0.02)
CLAIMS: Final = (
    Claims("deployed", "jobs of 20 s, 10 at once as deployed, however many processors", in_flight=10, workers=(1, 100)),
    Claims("long", "jobs of 20 s, a processor for each worker"),
    _SHORT,
    replace(_SHORT, name="few", title="jobs of 2 s, few processors: one for 200 workers", processors=_few,
            workers=WORKERS[2:]),
    replace(_SHORT, name="shards", title="jobs of 2 s, ten databases on one server, a processor each",
            databases=10, processors=lambda _: 10, workers=WORKERS[2:]),
    replace(_FAN_OUT, name="fan-out", title="jobs of 2 s, fan-out: one processor, called once a minute",
            workers=WORKERS[2:3], least_s=114.0),
    replace(_FAN_OUT, name="fan-out-called", title="jobs of 2 s, fan-out: one processor, called again after a second",
            workers=WORKERS[2:], again_s=1.0),
    replace(_SHORT, name="proxy", title="jobs of 2 s, a processor for each worker, RDS Proxy with 50 connections",
            workers=WORKERS[3:], surroundings=replace(AWS, pool=50), warm_up_s=7.0),
)  # fmt: skip


LOCKS: Final[Mapping[str, Callable[[int], str]]] = {
    "all want the lock of one job": lambda _: "job",
    "each wants a lock named after its data": lambda number: f"item:{number}",
}


@dataclass(frozen=True)
class Mailing:
    """Senders with one lock or one each, and what SES allows."""

    title: str
    senders: int
    ses: Ses
    per_second: int
    has_own_lock: bool = False


MAILINGS: Final = (
    *(Mailing("as it is: one lock, 10 a second", senders, Ses(14), 10) for senders in WORKERS),
    Mailing("the three jobs that send, 10 a second each", 3, Ses(14), 10, has_own_lock=True),
    Mailing("the three jobs that send, 4 a second each", 3, Ses(14), 4, has_own_lock=True),
    Mailing("ten senders with locks of their own, SES at 100 a second", 10, Ses(100), 10, has_own_lock=True),
)
