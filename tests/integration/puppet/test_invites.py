"""Nobody is invited twice by one person within the cooldown, whatever is claimed when and by whom."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from nightshift.database import Database
from puppet.executing import Accepted, Answer, Done, JobType
from puppet.failures import ErrorType, failure
from puppet.store import ClaimedJob
from tests.integration.puppet.working import Queue, configuration, connected, types, work

ROWAN = {"profile": "https://www.linkedin.com/in/rowan"}
SAME = {"profileUrl": "http://linkedin.com/in/Rowan/?trk=people"}


class Sender:
    """Sends invites, and remembers whose."""

    def __init__(self, *answers: Answer) -> None:
        self.sent: list[str] = []
        self._answers = list(answers)
        self._turn = threading.Lock()

    @property
    def types(self) -> Any:
        return types(invite=JobType(self._send, is_invite=True), work=self._send)

    def _send(self, job: ClaimedJob, _timeout_s: float) -> Answer:
        with self._turn:
            self.sent.append(job.user_id)
            return self._answers.pop(0) if self._answers else Done()


def _put(jobs: Queue, payload: dict[str, Any], user: str = "ada", **columns: Any) -> str:
    (job_id,) = jobs.put("invite", user_id=user, payload=payload, **columns)
    return job_id


def test_the_second_invite_is_a_duplicate_however_it_is_written(jobs: Queue, database: Database) -> None:
    first = _put(jobs, ROWAN, scheduled_at="2020-01-01")
    second = _put(jobs, SAME)
    sender = Sender()

    tally = work(database, sender.types).tally

    assert sender.sent == ["ada"]
    assert [jobs.job(each)["final_status"] for each in (first, second)] == ["success", "duplicate"]
    assert (tally.counts["duplicate"], tally.counts["success"]) == (1, 1)
    assert jobs.run("SELECT user_id, profile, response FROM invite_attempts") == [
        ["ada", "linkedin.com/in/rowan", "success"]
    ]


def test_so_is_one_of_a_later_run(jobs: Queue, database: Database) -> None:
    sender = Sender()
    for payload in (ROWAN, SAME):
        _put(jobs, payload)
        work(database, sender.types)

    assert sender.sent == ["ada"]
    assert jobs.statuses() == {"success": 1, "duplicate": 1}


def test_somebody_else_may_invite_the_same_and_the_same_person_somebody_else(jobs: Queue, database: Database) -> None:
    _put(jobs, ROWAN)
    _put(jobs, ROWAN, user="ben")
    _put(jobs, {"profile": "juniper"})

    assert work(database, Sender().types).tally.counts["success"] == 3


@pytest.mark.parametrize(("days_ago", "allowed"), [(29, False), (31, True)])
def test_the_cooldown_ends(jobs: Queue, database: Database, days_ago: int, allowed: bool) -> None:
    sender = Sender()
    _put(jobs, ROWAN)
    work(database, sender.types)
    jobs.run("UPDATE invite_cooldowns SET attempted_at = now() - make_interval(days => :days)", days=days_ago)
    _put(jobs, ROWAN)
    work(database, sender.types)

    assert len(sender.sent) == 1 + allowed


def test_without_a_cooldown_all_go_out_and_are_noted(jobs: Queue, database: Database) -> None:
    for _ in range(3):
        _put(jobs, ROWAN)

    tally = work(database, Sender().types, configuration(invite_cooldown_days=0)).tally

    assert tally.counts["success"] == 3
    assert jobs.run("SELECT count(*), count(response) FROM invite_attempts") == [[3, 3]]


def test_another_attempt_of_the_same_job_is_no_duplicate(jobs: Queue, database: Database) -> None:
    first = _put(jobs, ROWAN)
    sender = Sender(failure(ErrorType.TIMEOUT, "no answer"))
    work(database, sender.types)
    # A rival that would be first in line: the row is not its own.
    rival = _put(jobs, SAME, priority=50)
    jobs.make_due()
    work(database, sender.types)

    assert [jobs.job(each)["final_status"] for each in (first, rival)] == ["success", "duplicate"]
    assert sender.sent == ["ada", "ada"]
    assert jobs.run("SELECT response FROM invite_attempts ORDER BY id") == [["timeout"], ["success"]]


@pytest.mark.parametrize(
    ("ending", "free"),
    [
        (failure(ErrorType.VALIDATION, "no such profile", untouched=True), True),
        (failure(ErrorType.AUTHENTICATION, "signed out", untouched=True), True),
        (failure(ErrorType.UNKNOWN, "it broke", retryable=False), False),
        (failure(ErrorType.RATE_LIMIT, "later", untouched=True), False),
    ],
)
def test_only_an_invite_that_certainly_did_not_go_out_and_will_not_lets_another_one_through(
    jobs: Queue, database: Database, ending: Answer, free: bool
) -> None:
    _put(jobs, ROWAN)
    sender = Sender(ending)
    work(database, sender.types)
    other = _put(jobs, ROWAN)
    work(database, sender.types)

    assert jobs.job(other)["final_status"] == ("success" if free else "duplicate")


def test_an_invite_that_names_nobody_fails_and_says_what_is_missing(jobs: Queue, database: Database) -> None:
    job_id = _put(jobs, {"note": "hello"})
    sender = Sender()
    work(database, sender.types)

    job = jobs.job(job_id)
    assert (sender.sent, job["final_status"], job["error_type"]) == ([], "failed", "validation_error")
    assert "profile or profileUrl" in job["error"]


def test_jobs_of_other_types_may_name_a_profile_as_often_as_they_like(jobs: Queue, database: Database) -> None:
    jobs.put("work", 3, user_id="ada", payload=ROWAN)

    assert work(database, Sender().types).tally.counts["success"] == 3
    assert jobs.run("SELECT count(*) FROM invite_attempts") == [[0]]


def test_an_invite_that_a_worker_took_keeps_others_out(jobs: Queue, database: Database) -> None:
    _put(jobs, ROWAN)
    work(database, Sender(Accepted()).types)
    _put(jobs, SAME)
    work(database, Sender().types)

    assert jobs.statuses() == {"waiting": 1, "duplicate": 1}
    assert jobs.run("SELECT response FROM invite_attempts") == [["accepted"]]


def test_of_many_processors_at_once_one_sends_it(jobs: Queue, postgres_url: str) -> None:
    for number in range(40):
        _put(jobs, {"profile": f"person-{number % 5}"})
    sender = Sender()
    barrier = threading.Barrier(4)

    def run() -> None:
        with connected(postgres_url) as own:
            barrier.wait(10)
            work(own, sender.types, configuration(batch_size=3, max_concurrent_jobs=40, per_user_limit=40))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(sender.sent) == 5
    assert jobs.statuses() == {"success": 5, "duplicate": 35}
