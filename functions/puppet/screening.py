"""Before and after a batch: which invites may go out, and what became of them, with one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from puppet import invites
from puppet.executing import JobTypes
from puppet.failures import ErrorType, Failure, failure
from puppet.invites import Invite, Response
from puppet.profiles import FIELDS
from puppet.results import Duplicate, Ending
from puppet.store import ClaimedJob, Result

if TYPE_CHECKING:
    from nightshift.database import Database


class Screen:
    """Keeps invites from going out twice; jobs of other types pass."""

    def __init__(self, database: Database, job_types: JobTypes) -> None:
        self._database = database
        self._invite_types = {name for name, each in job_types.items() if each.is_invite}

    def endings(self, jobs: Sequence[ClaimedJob], cooldown_days: int) -> Mapping[UUID, Ending]:
        """Return how jobs end that are not carried out: invites that are duplicates or name nobody."""
        if not self._invite_types:
            return {}
        asked = {job.id: invites.invite_of(job) for job in jobs if job.job_type in self._invite_types}
        wanted = [invite for invite in asked.values() if invite is not None]
        allowed = invites.reserve(self._database, wanted, cooldown_days) if wanted else set()
        return {job_id: _ending(invite) for job_id, invite in asked.items() if job_id not in allowed}

    def respond(self, written: Iterable[tuple[ClaimedJob, Ending, Result]]) -> None:
        """Write down what became of the invites among these attempts."""
        if self._invite_types:
            invites.respond(self._database, [each for entry in written if (each := self._response(*entry))])

    def _response(self, job: ClaimedJob, ending: Ending, result: Result) -> Response | None:
        if job.job_type not in self._invite_types or isinstance(ending, Duplicate):
            return None
        invite = invites.invite_of(job)
        if invite is None:
            return None
        is_over = isinstance(ending, Failure) and ending.untouched and result.retry_in_s is None
        word = "accepted" if result.outcome == "waiting" else result.error_type or result.outcome
        return Response(invite, word, releases=is_over)


def _ending(invite: Invite | None) -> Ending:
    if invite is not None:
        return Duplicate(invite.profile)
    return failure(ErrorType.VALIDATION, f"the payload must name whom to invite, as {' or '.join(FIELDS)}")
