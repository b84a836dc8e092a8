"""The watchdog over real PostgreSQL, moto's DynamoDB and a Slack of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from housekeeping.watchdog import handler
from nightshift import Outcome, runs
from nightshift.lease import Lease
from nightshift.platform import platform
from nightshift.runs import RunRecord
from tests.integration.library.jobs import Context, make
from tests.support.aws import LOCK_TABLE, Aws
from tests.support.slack import SlackDouble, slack_double

# Half a day from now, so that no test lets its time pass, whenever it is run.
_HOUR = (datetime.now(UTC) + timedelta(hours=12)).hour
NIGHTLY = {"function": "f", "schedule": f"cron(0 {_HOUR} * * ? *)", "zone": "UTC", "enabled": True}
OFTEN = {"function": "f", "schedule": "rate(5 minutes)", "zone": "UTC", "enabled": True}
ON_DEMAND = {"function": "f", "schedule": None, "zone": "UTC", "enabled": True}


class House:
    """A deployment with one job of each kind, and its watchdog."""

    def __init__(self, postgres: Any, aws: Aws, slack: SlackDouble, monkeypatch: pytest.MonkeyPatch) -> None:
        self._postgres, self._aws, self._monkeypatch = postgres, aws, monkeypatch
        self.slack = slack
        self.deploy()

    def deploy(self, **jobs: Any) -> None:
        everything = {"nightly": NIGHTLY, "often": OFTEN, "on-demand": ON_DEMAND, **jobs}
        self._monkeypatch.setenv("JOBS", json.dumps(everything))

    def sql(self, statement: str, **values: Any) -> list[Any]:
        return list(self._postgres.run(statement, **values) or [])

    def look(self) -> dict[str, Any]:
        # Slack gathers for 30 s after a message; for a test that is over at once.
        self.sql("UPDATE alert_channels SET sent_at = sent_at - interval '1 minute', next_at = now()")
        result = handler({}, Context())
        assert result["status"] == "succeeded"
        return dict(result["metadata"])

    def later(self, minutes: int) -> None:
        """Let time go by: everything that is written down is that much older."""
        by = f"interval '{minutes} minutes'"
        self.sql(f"UPDATE job_states SET watched_from = watched_from - {by}, since = since - {by}")
        self.sql(
            f"UPDATE job_runs SET created_at = created_at - {by}, started_at = started_at - {by},"
            f" finished_at = finished_at - {by}"
        )
        self.sql(f"UPDATE alert_states SET since = since - {by}, told_at = told_at - {by}")

    def begin(self, job: str, *, limit_s: int = 300) -> tuple[str, Lease]:
        """Begin a run that holds its job's lock."""
        record = RunRecord(str(uuid4()), job, job, "manual", "a test")
        lease = platform().locks.acquire(job, 300, who="a test", run_id=record.id)
        platform().database.write(runs.start(record, lease.fence, 1, "request", limit_s, is_whole=True))
        return record.id, lease

    def age_lock(self, job: str, seconds: int) -> None:
        key = {"pk": {"S": job}}
        item = self._aws.client("dynamodb").get_item(TableName=LOCK_TABLE, Key=key)["Item"]
        for name in ("until_ms", "released_ms"):
            if int(item.get(name, {"N": "0"})["N"]):
                item[name] = {"N": str(int(item[name]["N"]) - seconds * 1000)}
        self._aws.client("dynamodb").put_item(TableName=LOCK_TABLE, Item=item)

    def status(self, run_id: str) -> tuple[str, str | None]:
        [[status, error]] = self.sql("SELECT status, error FROM job_runs WHERE id = :id", id=run_id)
        return status, error

    def states(self) -> dict[str, str | None]:
        return dict(self.sql("SELECT job, state FROM job_states ORDER BY job"))


@pytest.fixture
def house(aws: Aws, postgres: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with slack_double() as slack:
        aws.create_secret("slack-webhook", slack.url)
        monkeypatch.setenv("ENABLE_SLACK_ALERTS", "true")
        monkeypatch.setenv("SLACK_WEBHOOK_REF", "secretsmanager:slack-webhook")
        monkeypatch.setenv("PUBLIC_URL", "https://door.example")
        yield House(postgres, aws, slack, monkeypatch)


def test_a_job_that_has_not_run_is_late_and_told_once(house: House) -> None:
    assert house.look() == {}
    house.later(9)
    assert house.look() == {"late": ["often"]}
    house.later(5)
    assert house.look() == {"late": ["often"]}

    assert house.states() == {"nightly": None, "often": "late", "on-demand": None}
    [[since]] = house.sql("SELECT since FROM job_states WHERE job = 'often'")
    assert datetime.now(UTC) - since == pytest.approx(timedelta(minutes=9), abs=timedelta(minutes=1))
    assert house.slack.texts == ["FAILING: Often: it has not run"]
    footer = house.slack.taken[0]["blocks"][1]["elements"][0]["text"]
    assert "<https://door.example/jobs/often|job often>" in footer
    assert "/runs/" not in footer


def test_a_run_that_comes_after_all_recovers_it(house: House) -> None:
    often, handle = make(lambda _: Outcome(), name="often")
    house.look()
    house.later(20)
    house.look()
    handle({"trigger": "schedule", "slot": "2026-11-22T15:00:00Z"}, Context())

    assert house.look() == {}
    assert house.states()["often"] is None
    assert house.slack.texts[1].startswith("RECOVERED: Often: it has not run (it lasted ")
    assert often.name == "often"
    assert len(house.slack.texts) == 2


def test_a_run_that_ended_well_during_the_look_is_seen_by_the_next(house: House) -> None:
    house.look()
    house.later(20)
    house.look()
    # Recorded, but not noted: its end came before the watchdog opened the alert.
    house.sql(
        "INSERT INTO job_runs (id, job, lock, trigger, status, who, started_at, finished_at, duration_ms)"
        " VALUES (gen_random_uuid(), 'often', 'often', 'schedule', 'succeeded', 'x', now(), now(), 5)"
    )
    assert house.look() == {}
    assert len(house.slack.texts) == 2


def test_a_failed_run_has_come_but_recovers_nothing(house: House) -> None:
    def fail(_run: Any) -> Outcome:
        raise ValueError("no")

    _, handle = make(fail, name="often")
    house.look()
    house.later(20)
    house.look()
    with pytest.raises(Exception, match="no"):
        handle({}, Context())

    assert house.look() == {}
    assert house.sql("SELECT is_open FROM alert_states") == [[True]]
    assert len(house.slack.texts) == 1


def test_a_schedule_that_is_off_or_new_promised_nothing(house: House) -> None:
    for change in (
        {"enabled": False},
        {"schedule": "rate(6 minutes)"},
        {"zone": "America/New_York"},
        {"schedule": None},
    ):
        house.deploy()
        house.look()
        house.later(60)
        house.deploy(often={**OFTEN, **change})

        assert house.look() == {}
    assert house.slack.texts == []


def test_a_new_schedule_is_watched_from_when_it_was_seen(house: House) -> None:
    house.look()
    house.later(60)
    house.deploy(often={**OFTEN, "schedule": "rate(6 minutes)"})
    house.look()
    house.later(10)

    assert house.look() == {"late": ["often"]}


def test_a_paused_job_is_not_late_and_its_alert_falls_silent(house: House) -> None:
    house.look()
    house.later(20)
    house.look()
    house.sql("INSERT INTO job_settings (job, updated_by, paused_at, paused_by) VALUES ('often', 'me', now(), 'me')")

    assert house.look() == {}
    assert house.sql("SELECT is_open FROM alert_states") == [[False]]
    assert len(house.slack.texts) == 1

    house.sql("UPDATE job_settings SET paused_at = NULL, resumed_at = now() - interval '7 minutes'")
    assert house.look() == {}
    house.sql("UPDATE job_settings SET resumed_at = now() - interval '9 minutes'")
    assert house.look() == {"late": ["often"]}


def test_a_run_whose_lease_has_ended_is_lost_and_told_at_once(house: House) -> None:
    run_id, _ = house.begin("nightly")
    house.age_lock("nightly", 400)

    seen = house.look()
    assert seen["lost"] == [{"run": run_id, "job": "nightly", "why": "its lease has ended without a word from it"}]
    assert seen["expiredLocks"] == ["nightly"]
    assert house.status(run_id) == ("lost", "its lease has ended without a word from it")
    assert house.slack.texts == ["FAILING: Nightly: a run died"]
    assert f"<https://door.example/runs/{run_id}|run " in house.slack.taken[0]["blocks"][1]["elements"][0]["text"]
    assert "lost" not in house.look()


def test_a_run_that_was_accepted_and_never_begun_is_lost(house: House) -> None:
    record = RunRecord(str(uuid4()), "often", "often", "http", "somebody")
    platform().database.write(runs.queue(record, None))
    house.look()
    assert house.status(record.id)[0] == "queued"
    house.later(8)
    house.look()
    assert house.status(record.id) == ("lost", "it was accepted and nobody began it")


def test_a_run_at_work_is_left_alone_and_its_job_is_not_late(house: House) -> None:
    house.look()
    run_id, _ = house.begin("often", limit_s=7200)
    house.later(60)

    assert house.look() == {}
    assert house.status(run_id)[0] == "running"


def test_a_run_that_outlives_its_limit_is_stuck(house: House) -> None:
    run_id, _ = house.begin("often", limit_s=60)
    house.later(4)

    assert house.look() == {"stuck": ["often"]}
    assert house.status(run_id)[0] == "running"
    assert house.states()["often"] == "stuck"
    assert house.slack.texts == ["FAILING: Often: a run is stuck"]


def test_a_run_that_ended_between_the_looks_is_not_lost(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id, lease = house.begin("nightly")
    house.age_lock("nightly", 400)
    read = type(platform().locks).read_each

    def after_its_end(locks: Any, names: Any) -> Any:
        platform().database.write(runs.finish(run_id, "succeeded", fence=lease.fence))
        return read(locks, names)

    monkeypatch.setattr(type(platform().locks), "read_each", after_its_end)

    assert "lost" not in house.look()
    assert house.status(run_id)[0] == "succeeded"


def test_without_the_lock_table_it_looks_all_the_same(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.look()
    house.later(20)
    monkeypatch.setattr(platform().locks, "_table", "gone")

    seen = house.look()
    assert (seen["late"], seen["degraded"]) == (["often"], True)
    assert len(house.slack.texts) == 1


def test_it_sends_what_others_left(house: House) -> None:
    house.sql(
        "INSERT INTO alerts (key, kind, facts, is_open, since)"
        " VALUES ('x', 'opened', jsonb_build_object('title', 'T'), TRUE, now())"
    )
    house.look()
    assert house.slack.texts == ["FAILING: T"]


def test_without_alerts_it_looks_and_writes_down_what_it_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLE_SLACK_ALERTS", "false")
    house.look()
    house.later(20)
    assert house.look() == {"late": ["often"]}
    assert house.sql("SELECT count(*) FROM alert_states") == [[0]]


def test_wrong_settings_of_alerts_do_not_blind_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK_REF", "")
    house.look()
    house.later(20)
    assert house.look() == {"late": ["often"]}
