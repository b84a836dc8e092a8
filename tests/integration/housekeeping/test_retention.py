"""What is old goes, what is young or needed stays, and nobody waits for it."""

from __future__ import annotations

import json

import pytest

from housekeeping.retaining import limit_of, remove_old
from housekeeping.retention import handler
from housekeeping.rules import RULES, Rule
from housekeeping.settings import RetentionSettings, load_settings
from nightshift.errors import SettingsError
from nightshift.job import Run
from tests.integration.housekeeping.aged import GROUND, REMOVABLE
from tests.integration.housekeeping.conftest import Store
from tests.support.databases import DatabaseServer

DEFAULTS: RetentionSettings = load_settings({})
# Ten years old, and needed all the same.
NEEDED = {
    "a job that is due": "INSERT INTO puppet_jobs (user_id, job_type, created_at) VALUES ('u', 'x', :old)",
    "a processor that says it runs": """
        INSERT INTO puppet_cron_processor_state (processor_id, status, started_at) VALUES ('p', 'running', :old)""",
    "a notification that waits": """
        INSERT INTO notifications (event_key, user_id, kind, created_at) SELECT 'k', id, 'sale', :old FROM users""",
    "a notification that is claimed": """
        INSERT INTO notifications (event_key, user_id, kind, status, created_at)
        SELECT 'k', id, 'sale', 'claimed', :old FROM users""",
    "a mail of which nobody knows whether it arrived": """
        INSERT INTO mails (user_id, state, run_id, lock, fence, claimed_at, claimed_until)
        SELECT id, 'doubtful', gen_random_uuid(), 'x', 1, :old, :old FROM users""",
    "a mail that has a say in today's cap": """
        INSERT INTO mails (user_id, state, run_id, lock, fence, claimed_at, claimed_until, day)
        SELECT id, 'sent', gen_random_uuid(), 'x', 1, :old, :old, current_date - 1 FROM users""",
    "a hold that has not ended": """
        INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, created_at) VALUES (1, 'c', 1, :old)""",
    "an alert that waits": """
        INSERT INTO alerts (key, kind, facts, is_open, since, created_at)
        VALUES ('k', 'opened', '{}', true, :old, :old)""",
    "a run that has not ended": """
        INSERT INTO job_runs (id, job, lock, trigger, status, who, created_at)
        SELECT gen_random_uuid(), 'j', 'j', 'http', s, 'x', :old FROM unnest(ARRAY['queued', 'running']) AS s""",
    "a run whose mail is in flight": """
        WITH run AS (
            INSERT INTO job_runs (id, job, lock, trigger, status, who, created_at)
            VALUES (gen_random_uuid(), 'j', 'j', 'http', 'lost', 'x', :old) RETURNING id
        ) INSERT INTO mails (user_id, state, run_id, lock, fence, claimed_at, claimed_until)
          SELECT u.id, 'sending', run.id, 'x', 1, :old, :old FROM users AS u, run""",
}


def old(days: float) -> str:
    return f"interval '{days} days'"


def write(store: Store, table: str, age: str, number: int = 1) -> None:
    store.run(REMOVABLE[table].replace(":age", age).replace(":n", str(number)))


def count(store: Store, table: str) -> int:
    return int(store.run(f"SELECT count(*) FROM {table}")[0][0])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.table)
def test_what_is_older_than_its_limit_goes_and_the_rest_stays(rule: Rule, store: Store, run: Run) -> None:
    store.run(GROUND)
    before = count(store, rule.table)
    days = limit_of(rule, DEFAULTS)
    write(store, rule.table, old(days + 0.01), 4)
    write(store, rule.table, old(days - 0.01), 3)

    outcome = remove_old(run)

    assert count(store, rule.table) == before + 3
    assert outcome.metadata["removed"][rule.table] == 4
    assert (outcome.processed, outcome.failed, outcome.unfinished) == (4, 0, None)


@pytest.mark.parametrize("what", NEEDED)
def test_what_something_relies_on_stays_however_old(what: str, store: Store, run: Run) -> None:
    store.run(GROUND)
    store.run(NEEDED[what].replace(":old", "now() - interval '3650 days'"))
    before = {rule.table: count(store, rule.table) for rule in RULES}

    assert remove_old(run).processed == 0
    assert {rule.table: count(store, rule.table) for rule in RULES} == before


def test_a_mail_stays_as_long_as_one_of_its_notifications(store: Store, run: Run) -> None:
    store.run(GROUND)
    write(store, "mails", old(900), 2)
    store.run(
        "INSERT INTO notifications (event_key, user_id, kind, status, mail_id, created_at)"
        " SELECT 'k' || row_number() OVER (), user_id, 'sale', 'sent', id,"
        "        now() - CASE WHEN row_number() OVER () = 1 THEN interval '900 days' ELSE interval '9 days' END"
        " FROM mails"
    )

    assert remove_old(run).metadata["removed"]["mails"] == 1
    assert store.run("SELECT count(*) FROM notifications WHERE mail_id IS NOT NULL") == [[1]]


def test_the_newest_runs_of_each_job_stay_and_skipped_ones_do_not_count(store: Store, run: Run) -> None:
    for job, ended, skipped in (("rare", 30, 5), ("busy", 130, 5)):
        store.run(
            "INSERT INTO job_runs (id, job, lock, trigger, status, who, created_at)"
            " SELECT gen_random_uuid(), :job, :job, 'schedule', "
            "       CASE WHEN i <= :ended THEN 'succeeded' ELSE 'skipped' END, i,"
            "       now() - interval '200 days' + make_interval(secs => i)"
            " FROM generate_series(1, :all) AS i",
            job=job, ended=ended, all=ended + skipped,
        )  # fmt: skip

    remove_old(run)

    kept = store.run("SELECT job, min(who::int), max(who::int), count(*) FROM job_runs GROUP BY job ORDER BY job")
    assert kept == [["busy", 31, 130, 100], ["rare", 1, 30, 30]]


def test_the_newest_slot_of_each_lock_stays(store: Store, run: Run) -> None:
    write(store, "job_slots", old(400), 5)
    newest = store.run("SELECT max(slot) FROM job_slots")

    remove_old(run)

    assert store.run("SELECT slot FROM job_slots") == newest


def test_many_batches_are_short_transactions(store: Store, run: Run) -> None:
    write(store, "puppet_job_execution_logs", old(100), 3500)
    round_trips = run.database.round_trips

    outcome = remove_old(run)

    assert outcome.metadata["removed"]["puppet_job_execution_logs"] == 3500
    # One to ask what earlier parts did, one for each rule, three more full batches.
    assert run.database.round_trips - round_trips == 1 + len(RULES) + 3


def test_rows_that_somebody_works_on_are_left_to_the_next_run(
    store: Store, run: Run, database_server: DatabaseServer, postgres_url: str
) -> None:
    write(store, "puppet_jobs", old(100), 3)
    other = database_server.connect(postgres_url.rpartition("/")[2])
    other.run("BEGIN")
    (held,) = other.run("SELECT id::text FROM puppet_jobs LIMIT 1 FOR UPDATE")

    assert remove_old(run).processed == 2
    assert store.ids("puppet_jobs") == held
    other.run("ROLLBACK")
    other.close()
    assert remove_old(run).processed == 1


def test_a_table_that_is_locked_stops_no_other(
    store: Store, run: Run, database_server: DatabaseServer, postgres_url: str
) -> None:
    write(store, "puppet_jobs", old(100), 3)
    write(store, "invite_attempts", old(400), 3)
    other = database_server.connect(postgres_url.rpartition("/")[2])
    other.run("BEGIN")
    other.run("LOCK TABLE puppet_jobs IN ACCESS EXCLUSIVE MODE")

    outcome = remove_old(run)

    other.run("ROLLBACK")
    other.close()
    assert outcome.metadata["removed"]["invite_attempts"] == 3
    assert outcome.failed == 1
    assert outcome.errors[0].startswith("puppet_jobs: ")


def test_without_time_nothing_is_removed_and_the_rest_is_left_to_the_next_part(store: Store, run: Run) -> None:
    write(store, "puppet_jobs", old(100), 3)
    run.monotonic = lambda: run.deadline

    outcome = remove_old(run)

    assert outcome.unfinished == {}
    assert count(store, "puppet_jobs") == 3


def test_between_two_batches_the_time_is_looked_at_and_the_lease_renewed(store: Store, run: Run) -> None:
    write(store, "puppet_job_execution_logs", old(100), 2500)
    times = iter([60.0, 60.0, 60.0, 0.0])
    run.monotonic = lambda: run.deadline - next(times, 0.0)
    checked: list[int] = []
    run.checkpoint = lambda: checked.append(count(store, "puppet_job_execution_logs"))  # type: ignore[method-assign]

    outcome = remove_old(run)

    assert checked == [1500, 500]
    assert outcome.processed == 2500
    assert outcome.unfinished == {}


def test_the_counts_of_earlier_parts_are_kept(store: Store, run: Run) -> None:
    write(store, "puppet_jobs", old(100), 3)
    store.run(
        "INSERT INTO job_runs (id, job, lock, trigger, status, who, metadata)"
        " VALUES (:id, 'retention', 'retention', 'schedule', 'running', 'x', :metadata)",
        id=run.id,
        metadata=json.dumps({"removed": {"puppet_jobs": 40, "check_runs": 2}}),
    )

    outcome = remove_old(run)

    assert outcome.processed == 3
    assert outcome.metadata["removed"] == dict.fromkeys((rule.table for rule in RULES), 0) | {
        "puppet_jobs": 43,
        "check_runs": 2,
    }


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("LOG_RETENTION_DAYS", "puppet_job_execution_logs"),
        ("PUPPET_JOB_RETENTION_DAYS", "puppet_jobs"),
        ("INVITE_RETENTION_DAYS", "invite_attempts"),
        ("RUN_RETENTION_DAYS", "check_runs"),
        ("NOTIFICATION_RETENTION_DAYS", "notifications"),
        ("RESERVATION_RETENTION_DAYS", "inventory_reservations"),
    ],
)
def test_a_limit_can_be_set_and_0_is_for_ever(
    name: str, table: str, store: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.run(GROUND)
    write(store, table, old(50))
    write(store, table, old(5000))
    monkeypatch.setenv(name, "0")
    assert remove_old(run).processed == 0
    monkeypatch.setenv(name, "49")
    assert remove_old(run).processed == 2


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"LOG_RETENTION_DAYS": "-1"}, "LOG_RETENTION_DAYS must be a whole number from 0 to 3650"),
        ({"RUN_RETENTION_DAYS": "a year"}, "RUN_RETENTION_DAYS must be a whole number from 0 to 3650"),
        ({"INVITE_RETENTION_DAYS": "9", "INVITE_COOLDOWN_DAYS": "10"}, "INVITE_RETENTION_DAYS must be 0 .* at least"),
    ],
)
def test_a_wrong_limit_is_named_and_nothing_is_removed(
    environ: dict[str, str], said: str, store: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, "puppet_jobs", old(100))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=said):
        remove_old(run)
    assert count(store, "puppet_jobs") == 1


@pytest.mark.usefixtures("aws")
def test_the_handler_says_how_many_of_what(store: Store, postgres_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    write(store, "puppet_jobs", old(100), 3)

    result = handler({}, None)

    assert (result["status"], result["processed"]) == ("succeeded", 3)
    assert result["metadata"]["removed"]["puppet_jobs"] == 3
    assert "Retention job completed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stored", "left"),
    [('{"inviteCooldownDays": 200}', 1), ('{"inviteCooldownDays": "long"}', 0), ('{"inviteCooldownDays": 1e300}', 2)],
)
def test_whom_nobody_may_invite_yet_is_remembered_whatever_the_limit(
    stored: str, left: int, store: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.run(
        "INSERT INTO job_settings (job, settings, updated_by) VALUES ('puppet-jobs', CAST(:stored AS jsonb), 'x')",
        stored=stored,
    )
    write(store, "invite_cooldowns", old(100))
    write(store, "invite_cooldowns", old(201))
    write(store, "invite_attempts", old(100))
    monkeypatch.setenv("INVITE_RETENTION_DAYS", "49")

    remove_old(run)

    assert count(store, "invite_cooldowns") == left
    assert count(store, "invite_attempts") == 0
