"""Nobody is invited twice by one person within the cooldown: a row for each pair lets one job through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from nightshift.sql import queries
from puppet.profiles import profile_of
from puppet.store import ClaimedJob

if TYPE_CHECKING:
    from nightshift.database import Database

_sql = partial(queries, "puppet", "invites.sql")


@dataclass(frozen=True, slots=True)
class Invite:
    """One person's invite to one profile, and the job that sends it."""

    job_id: UUID
    user_id: str
    profile: str


@dataclass(frozen=True, slots=True)
class Response:
    """What became of an invite: `success`, `accepted` (the worker says later) or the type of an error.

    `releases`: it certainly did not go out and will not, so that another job may send one.
    """

    invite: Invite
    response: str
    releases: bool = False


def invite_of(job: ClaimedJob) -> Invite | None:
    """Return the invite that a job sends, None where its payload names no profile."""
    profile = profile_of(job.payload) if isinstance(job.payload, dict) else None
    return Invite(job.id, job.user_id, profile) if profile else None


def reserve(database: Database, invites: Sequence[Invite], cooldown_days: int) -> set[UUID]:
    """Note that these invites are about to be sent, and return the jobs that may; the others are duplicates."""
    rows = [_row(invite, place) for place, invite in enumerate(invites)]
    if cooldown_days == 0:
        database.write(_sql()["note"], invites=rows)
        return {invite.job_id for invite in invites}
    reserved = database.write(_sql()["reserve"], invites=rows, cooldown_days=cooldown_days)
    return {row["job_id"] for row in reserved}


def respond(database: Database, responses: Sequence[Response]) -> None:
    """Write down what became of invites."""
    if responses:
        rows = [_row(each.invite, 0, response=each.response, releases=each.releases) for each in responses]
        database.write(_sql()["respond"], responses=rows)


def respond_later(database: Database, job_id: UUID, response: str, *, releases: bool) -> None:
    """Write down what a worker says later of a job; one that sent no invite is left alone."""
    rows = database.read(_sql()["invited_by"], job_id=job_id)
    payload = rows[0]["payload"] if rows else None
    profile = profile_of(payload) if isinstance(payload, dict) else None
    if profile:
        respond(database, [Response(Invite(job_id, rows[0]["user_id"], profile), response, releases)])


def _row(invite: Invite, place: int, **facts: Any) -> dict[str, Any]:
    return {"job_id": invite.job_id, "user_id": invite.user_id, "profile": invite.profile, "place": place, **facts}
