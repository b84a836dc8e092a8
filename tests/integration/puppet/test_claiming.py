"""What a claim takes, and in which order: against a plain statement of the rule, and case by case."""

from __future__ import annotations

import json
import random
from typing import Any
from uuid import uuid4

import pytest

from nightshift.database import Database
from puppet.store import Claim, Limits, Result, claim, complete, give_back, register
from tests.integration.puppet.working import Queue

WIDE = Limits(batch_size=100, max_concurrent=1000, per_user=1000)

# The rule, as plainly as SQL can say it: every due job is ranked among its user's, after what that user has in flight.
# Within a turn and a priority it goes by place: when the user had a turn last, or an hour before the job was due.
_RULE = """
    WITH held AS (
        SELECT user_id, count(*) AS jobs FROM puppet_jobs WHERE status IN ('running', 'waiting') GROUP BY 1
    ), ranked AS (
        SELECT j.id, j.priority, j.scheduled_at, greatest(t.at, j.scheduled_at - interval '1 hour') AS place,
               coalesce(h.jobs, 0) + row_number() OVER (
                   PARTITION BY j.user_id ORDER BY j.priority DESC, j.scheduled_at) AS turn
        FROM puppet_jobs AS j LEFT JOIN held AS h USING (user_id) LEFT JOIN puppet_turns AS t USING (user_id)
        WHERE j.status = 'pending' AND j.final_status IS NULL AND j.scheduled_at <= now()
    )
    SELECT id FROM ranked WHERE turn <= :per_user ORDER BY turn, priority DESC, place, scheduled_at
    LIMIT greatest(0, least(:batch_size, :max_concurrent - (SELECT coalesce(sum(jobs), 0) FROM held)))
"""


def ids(claimed: Claim) -> list[str]:
    return [str(job.id) for job in claimed]


def take(database: Database, limits: Limits = WIDE, processor: str = "p") -> Claim:
    return claim(database, processor, uuid4(), limits)


@pytest.mark.parametrize("seed", range(6))
def test_a_claim_takes_what_the_rule_says_whatever_is_there(jobs: Queue, database: Database, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # the same jobs each time
    for _ in range(12):
        _stir(jobs, chance)
        limits = Limits(chance.choice([1, 3, 20, 100]), chance.choice([5, 20, 1000]), chance.choice([1, 2, 3, 1000]))
        rule = {"batch_size": limits.batch_size, "max_concurrent": limits.max_concurrent, "per_user": limits.per_user}
        expected = [str(row[0]) for row in jobs.run(_RULE, **rule)]
        claimed = take(database, limits)
        assert ids(claimed) == expected
        ended = [Result(job.id, job.token, "success") for job in claimed if chance.random() < 0.7]
        again = [Result(job.id, job.token, "failed", retry_in_s=chance.choice([0, 60])) for job in claimed][:1]
        assert complete(database, "p", again) == []
        assert complete(database, "p", [each for each in ended if each.job_id not in {a.job_id for a in again}]) == []


def _stir(jobs: Queue, chance: random.Random) -> None:
    """Adds jobs of few and many users, some not due; puts some forward, back, elsewhere and away."""
    users = chance.choice([2, 10, 60])
    for _ in range(chance.choice([0, 1, 3])):
        jobs.run(
            "INSERT INTO puppet_jobs (user_id, job_type, priority, scheduled_at)"
            " SELECT 'user ' || u, 'visit', p, now() + make_interval(secs => s)"
            " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(u text, p int, s float)",
            rows=_rows(chance, users),
        )
    some = "ctid = ANY (ARRAY(SELECT ctid FROM puppet_jobs WHERE status = 'pending' ORDER BY md5(id::text) LIMIT 3))"
    change = chance.choice([
        "scheduled_at = now() - random() * interval '1 day'", "scheduled_at = now() + random() * interval '1 day'",
        "priority = 5", "user_id = 'another'", "final_status = 'cancelled'",
    ])  # fmt: skip
    jobs.run(f"UPDATE puppet_jobs SET {change} WHERE {some}")


def _rows(chance: random.Random, users: int) -> str:
    return json.dumps([
        {"u": chance.randrange(users), "p": chance.choice([0, 0, 0, 3, -7]), "s": chance.uniform(-5000, 500)}
        for _ in range(chance.choice([1, 5, 80]))
    ])  # fmt: skip


def test_a_job_comes_as_it_was_put(jobs: Queue, database: Database) -> None:
    (put,) = jobs.put("visit", payload={"profile": "ü"}, user_id="ann", max_retries=5, concurrency_group="g")
    batch = uuid4()
    (job,) = claim(database, "p", batch, WIDE)
    assert (str(job.id), job.user_id, job.job_type, job.payload) == (put, "ann", "visit", {"profile": "ü"})
    assert (job.attempt, job.max_retries, job.batch_id, job.concurrency_group) == (1, 5, batch, "g")
    assert job.waited_ms >= 0
    row = jobs.job(put)
    assert (row["status"], row["processor_id"], row["attempts"]) == ("running", "p", 1)
    assert row["claim_token"] == str(job.token)


def test_higher_priorities_come_first_and_of_equals_the_oldest(jobs: Queue, database: Database) -> None:
    late, low, high = (
        *jobs.put(user_id="a", scheduled_at="2020-01-02"),
        *jobs.put(user_id="b", scheduled_at="2020-01-01", priority=-1),
        *jobs.put(user_id="c", scheduled_at="2020-01-03", priority=9),
    )
    (early,) = jobs.put(user_id="d", scheduled_at="2020-01-01")
    assert ids(take(database)) == [high, early, late, low]


def test_everyones_first_comes_before_anyones_second(jobs: Queue, database: Database) -> None:
    hog = jobs.put(user_id="hog", jobs=1, scheduled_at="2020-01-01") + jobs.put(
        user_id="hog", scheduled_at="2020-01-02"
    )
    (guest,) = jobs.put(user_id="guest", scheduled_at="2020-01-03", priority=-5)
    assert ids(take(database)) == [hog[0], guest, hog[1]]


def test_what_is_in_flight_counts_as_a_turn_that_was_had(jobs: Queue, database: Database) -> None:
    jobs.put(user_id="hog", scheduled_at="2020-01-01")
    take(database)
    (second,) = jobs.put(user_id="hog", scheduled_at="2020-01-02")
    (guest,) = jobs.put(user_id="guest", scheduled_at="2020-01-03")
    assert ids(take(database, Limits(batch_size=1))) == [guest]
    assert ids(take(database, Limits(batch_size=1))) == [second]


def test_of_equals_whoever_has_waited_longest_is_next(jobs: Queue, database: Database) -> None:
    for user in ("a", "b", "c"):
        jobs.put(user_id=user, jobs=2, scheduled_at="2020-01-01")
    served = []
    for _ in range(6):
        (job,) = take(database, Limits(batch_size=1))
        complete(database, "p", [Result(job.id, job.token, "success")])
        served.append(job.user_id)
    assert sorted(served[:3]) == sorted(served[3:]) == ["a", "b", "c"]


@pytest.mark.parametrize(("state", "count"), [("running", 3), ("waiting", 3)])
def test_no_more_are_in_flight_than_may_be(jobs: Queue, database: Database, state: str, count: int) -> None:
    jobs.put(jobs=9)
    first = take(database, Limits(max_concurrent=count))
    if state == "waiting":
        complete(database, "p", [Result(job.id, job.token, "waiting", deadline_s=60) for job in first])
    full = take(database, Limits(max_concurrent=count), "another")
    assert (len(first), len(full), full.reason) == (count, 0, "full")
    more = take(database, Limits(max_concurrent=count + 2), "another")
    assert (len(more), more.reason) == (2, "claimed")


def test_no_user_has_more_in_flight_than_one_may(jobs: Queue, database: Database) -> None:
    jobs.put(user_id="ann", jobs=5)
    assert len(take(database, Limits(per_user=2))) == 2
    idle = take(database, Limits(per_user=2))
    assert (len(idle), idle.reason) == (0, "idle")
    assert len(take(database, Limits(per_user=3))) == 1


def test_of_a_group_one_is_in_flight(jobs: Queue, database: Database) -> None:
    grouped = [
        jobs.put(user_id=u, concurrency_group="g", scheduled_at=f"2020-01-0{n}")[0] for n, u in enumerate("abc", 1)
    ]
    (other,) = jobs.put(user_id="a", concurrency_group="h", scheduled_at="2020-01-04")
    (plain,) = jobs.put(user_id="d", scheduled_at="2020-01-05")
    first = take(database)
    assert ids(first) == [grouped[0], plain, other]
    assert len(take(database)) == 0
    complete(database, "p", [Result(first.jobs[0].id, first.jobs[0].token, "success")])
    assert ids(take(database)) == [grouped[1]]


def test_a_group_passes_over_a_user_who_is_at_the_limit(jobs: Queue, database: Database) -> None:
    jobs.put(user_id="a")
    take(database)
    jobs.put(user_id="a", concurrency_group="g", scheduled_at="2020-01-01")
    (free,) = jobs.put(user_id="b", concurrency_group="g", scheduled_at="2020-01-02")
    assert ids(take(database, Limits(per_user=1))) == [free]


def test_a_front_that_may_not_run_is_looked_past(jobs: Queue, database: Database) -> None:
    fill = (
        "INSERT INTO puppet_jobs (user_id, job_type, scheduled_at, concurrency_group)"
        " SELECT {user}, 'visit', now() - interval '1 day', {group} FROM generate_series(1, 300) AS n"
    )
    jobs.run(fill.format(user="'hog'", group="'hog ' || n"))
    jobs.run(fill.format(user="'user ' || n", group="'one'"))
    (by_user,) = jobs.put(user_id="zoe", concurrency_group="zoe's")
    limits = Limits(per_user=2)
    first = take(database, limits)
    taken = [*first]
    for _ in range(60):
        taken += take(database, limits)
    users = {job.user_id for job in taken}
    assert "zoe" in users
    assert by_user in [str(job.id) for job in taken]
    assert sum(job.user_id == "hog" for job in taken) == 2
    assert sum(job.concurrency_group == "one" for job in taken) == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"scheduled_at": "2999-01-01"},
        {"final_status": "cancelled"},
        {"status": "completed"},
        {"status": "failed", "final_status": "failed"},
    ],
)
def test_what_is_not_due_stays(jobs: Queue, database: Database, columns: dict[str, Any]) -> None:
    jobs.put(**columns)
    assert take(database).reason == "idle"


def test_what_becomes_due_is_found(jobs: Queue, database: Database) -> None:
    (later,) = jobs.put(user_id="ann", scheduled_at="2999-01-01")
    (now,) = jobs.put(user_id="ann")
    assert ids(take(database)) == [now]
    assert ids(take(database)) == []
    jobs.make_due()
    assert ids(take(database)) == [later]


def test_what_is_put_back_by_hand_is_found(jobs: Queue, database: Database) -> None:
    (job_id,) = jobs.put()
    (job,) = take(database)
    complete(database, "p", [Result(job.id, job.token, "failed")])
    jobs.run(
        "UPDATE puppet_jobs SET status = 'pending', final_status = NULL, scheduled_at = now() WHERE id = :id", id=job_id
    )
    assert ids(take(database)) == [job_id]


def test_what_somebody_is_changing_is_passed_over(
    jobs: Queue, database: Database, postgres_url: str, database_server: Any
) -> None:
    (locked,) = jobs.put(user_id="a", scheduled_at="2020-01-01")
    (free,) = jobs.put(user_id="b")
    shop = database_server.connect(postgres_url.rpartition("/")[2])
    shop.run("BEGIN")
    shop.run("UPDATE puppet_jobs SET payload = '{}' WHERE id = :id", id=locked)
    assert ids(take(database)) == [free]
    shop.run("COMMIT")
    shop.close()
    assert ids(take(database)) == [locked]


def test_jobs_are_given_back_as_if_they_had_not_been_claimed(jobs: Queue, database: Database) -> None:
    jobs.put(jobs=3)
    claimed = take(database)
    tokens = [job.token for job in claimed.jobs[:2]]
    assert give_back(database, tokens) == 2
    assert give_back(database, tokens) == 0
    again = take(database)
    assert {job.id for job in again} == {job.id for job in claimed.jobs[:2]}
    assert [job.attempt for job in again] == [1, 1]
    assert complete(database, "p", [Result(claimed.jobs[0].id, tokens[0], "success")]) == [claimed.jobs[0].id]


def test_batches_are_counted_where_something_was_claimed(jobs: Queue, database: Database) -> None:
    register(database, "p")
    jobs.put(jobs=2)
    for _ in range(3):
        take(database, Limits(batch_size=1))
    assert jobs.run("SELECT batches FROM puppet_cron_processor_state") == [[2]]


def test_who_does_not_come_to_a_turn_is_told_so(
    jobs: Queue, database: Database, postgres_url: str, database_server: Any
) -> None:
    jobs.put()
    other = database_server.connect(postgres_url.rpartition("/")[2])
    other.run("BEGIN")
    other.run("SELECT claim_puppet_jobs('other', gen_random_uuid(), 1, 1, 1, 300)")
    busy = take(database)
    assert (len(busy), busy.reason) == (0, "busy")
    other.run("ROLLBACK")
    other.close()
    assert take(database).reason == "claimed"


def test_a_clock_that_is_put_back_hides_nothing_that_is_in_flight(jobs: Queue, database: Database) -> None:
    jobs.put(jobs=4)
    # As if the last claim had been made by a clock that was an hour ahead.
    jobs.run(
        "SELECT setval('puppet_flight_since', CAST(extract(epoch FROM now() + interval '1 hour') * 1e6 AS bigint))"
    )
    assert len(take(database, Limits(max_concurrent=3))) == 3
    assert take(database, Limits(max_concurrent=3)).reason == "full"


def test_after_a_mass_cancellation_what_is_left_is_found_at_once(jobs: Queue, database: Database) -> None:
    jobs.run(
        "INSERT INTO puppet_jobs (user_id, job_type, priority, scheduled_at)"
        " SELECT 'user ' || n, 'visit', 5, now() - interval '1 hour' FROM generate_series(1, 6000) AS n"
    )
    (left,) = jobs.put(user_id="zoe")
    jobs.run("UPDATE puppet_jobs SET final_status = 'cancelled' WHERE user_id <> 'zoe'")
    assert ids(take(database, Limits())) == [left]
    assert database.round_trips > 1
    assert take(database).reason == "idle"
    assert jobs.run("SELECT count(*) FROM puppet_lanes") == [[0]]
