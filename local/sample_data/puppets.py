"""The puppet jobs of a day: some go well, others are turned away, refused, hang, come twice or are answered later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from local.sample_data.people import ADA, BEN, CHIARA, PEOPLE, Person
from nightshift.database import Database, Row
from nightshift.sql import queries

_SQL = queries("local.sample_data", "puppets.sql")


@dataclass(frozen=True)
class PuppetJob:
    """One job: whose, what, how its worker should take it (`local.worker.manners`), and what its first attempt ends as.

    `{day}` in the payload is filled in. An attempt that is `waiting` is a success soon after.
    """

    person: Person
    type: str
    outcome: str  # success, failed, timeout, duplicate or waiting
    worker: str = "succeed"
    payload: dict[str, Any] = field(default_factory=dict)
    max_retries: int = 3


_ROWAN: Final = "https://www.linkedin.com/in/rowan-of-day-{day}"
PUPPET_JOBS: Final = (
    PuppetJob(ADA, "visit_profile", "success", payload={"profile": _ROWAN}),
    PuppetJob(ADA, "send_invite", "success", payload={"profile": _ROWAN, "note": "We met at the market."}),
    # The same person, written another way.
    PuppetJob(ADA, "send_invite", "duplicate", payload={"profileUrl": "uk.linkedin.com/in/Rowan-of-Day-{day}/?mini=1"}),
    PuppetJob(BEN, "send_message", "failed", "busy-at-first", {"text": "Is the tent still for sale?"}),
    PuppetJob(BEN, "follow_company", "failed", "refuse", {"company": "nobody-and-sons"}),
    PuppetJob(CHIARA, "scroll_feed", "timeout", "hang", max_retries=0),
    PuppetJob(CHIARA, "export_contacts", "waiting", "later"),
    PuppetJob(CHIARA, "visit_profile", "success", payload={"profile": "https://www.linkedin.com/in/juniper"}),
)


def put(database: Database, day: int) -> None:
    """Put the jobs of `day` into the queue, once a day; what the day before left there is cancelled."""
    people = [person.email for person in PEOPLE]
    database.write(_SQL["cancel_leftovers"], people=people)
    database.write(_SQL["put_jobs"], jobs=[_row(job, place, day) for place, job in enumerate(PUPPET_JOBS)])


def summary(database: Database) -> list[Row]:
    """What has become of the jobs of the day that were begun: of how many, and of which."""
    return database.read(_SQL["summary"], people=[person.email for person in PEOPLE])


def ended() -> tuple[int, int]:
    """How many attempts end in the first run, and how many of them without success."""
    outcomes = [job.outcome for job in PUPPET_JOBS if job.outcome != "waiting"]
    return len(outcomes), sum(outcome in ("failed", "timeout") for outcome in outcomes)


def _row(job: PuppetJob, place: int, day: int) -> dict[str, Any]:
    texts = {name: value.format(day=day) if isinstance(value, str) else value for name, value in job.payload.items()}
    return {
        "user": job.person.email,
        "type": job.type,
        "payload": {**texts, "worker": job.worker},
        "max_retries": job.max_retries,
        "place": place,
    }
