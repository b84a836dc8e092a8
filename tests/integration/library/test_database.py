"""Reading and writing through the one connection: one message a call, all or nothing, typed refusals."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from nightshift.database import Database
from nightshift.errors import (
    DatabaseBusy,
    DatabaseError,
    DatabaseUnavailable,
    SlotAlreadyDone,
    StaleFence,
)
from nightshift.sql import render
from tests.integration.library.wiretap import Wiretap

INSERT = "INSERT INTO job_settings (job, updated_by) VALUES (:job, 'test')"
COUNT = "SELECT count(*) AS n FROM job_settings"


def stored(postgres: Any) -> int:
    return int(postgres.run("SELECT count(*) FROM job_settings")[0][0])


class TestOneMessage:
    def test_every_call_is_one_message_on_one_connection(self, watched: Database, wiretap: Wiretap) -> None:
        watched.read(COUNT)
        watched.write(INSERT, job="a")
        watched.write_each(render(INSERT, {"job": "b"}), render(INSERT, {"job": "c"}))
        with watched.transaction(COUNT) as rows:
            assert rows == [{"n": 3}]
            watched.write(INSERT, job="d")
            assert watched.read(COUNT) == [{"n": 4}]
        assert (len(wiretap.queries), wiretap.connections, watched.round_trips) == (7, 1, 7)

    def test_the_guards_hold_in_the_transaction_and_nowhere_else(self, database: Database) -> None:
        shown = "SELECT current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement,"
        shown += " current_setting('idle_in_transaction_session_timeout') AS idle"
        guarded = {"lock": "5s", "statement": "1min", "idle": "30s"}
        assert database.read(shown) == [guarded]
        assert database.write(shown) == [guarded]
        with database.transaction(shown) as rows:
            assert rows == [guarded]
        assert database._connection is not None
        # A session setting would follow the connection to the next client of a pooler.
        assert database._connection.run("SHOW lock_timeout") == [["0"]]


class TestLastResult:
    def test_the_rows_of_the_last_statement_that_answered_are_returned(self, database: Database) -> None:
        assert database.write(
            "SELECT 1 AS a, 2 AS b; SELECT 3 AS c UNION ALL SELECT 4; SET LOCAL work_mem = '1MB'"
        ) == [
            {"c": 3},
            {"c": 4},
        ]

    def test_no_row_is_not_the_rows_before(self, database: Database) -> None:
        assert database.read("SELECT 1 AS a; SELECT 2 AS b WHERE false") == []

    def test_where_nothing_answers_there_are_no_rows(self, database: Database) -> None:
        assert database.write(INSERT, job="a") == []
        assert database.read("") == []

    def test_the_last_group_answers_for_all(self, database: Database) -> None:
        groups = ("SELECT 1 AS a;", f"{render(INSERT, {'job': 'x'})} RETURNING job;")
        assert database.write_each(*groups) == [{"job": "x"}]


class TestAllOrNothing:
    def test_a_read_changes_nothing(self, database: Database, postgres: Any) -> None:
        with pytest.raises(DatabaseError, match=r"read-only transaction \[25006\]"):
            database.read(INSERT, job="a")
        assert stored(postgres) == 0

    def test_a_write_is_one_transaction(self, database: Database, postgres: Any) -> None:
        with pytest.raises(DatabaseError, match="23505"):
            database.write(f"{INSERT}; {INSERT}", job="a")
        assert stored(postgres) == 0
        assert database.write(f"{INSERT} RETURNING job", job="a") == [{"job": "a"}]

    @pytest.mark.parametrize("end", ["", ";", "; ", " -- said last", " /* said last */", ";\n-- said last\n"])
    def test_a_write_is_committed_however_its_text_ends(self, database: Database, postgres: Any, end: str) -> None:
        database.write(INSERT + end, job="a")
        assert stored(postgres) == 1
        database.write_each(render(INSERT + end, {"job": "b"}), render(INSERT + end, {"job": "c"}))
        assert stored(postgres) == 3
        assert database.read(COUNT + end) == [{"n": 3}]
        assert database._connection is not None
        assert database._connection._transaction_status == b"I"

    def test_groups_are_kept_up_to_the_first_that_fails(self, database: Database, postgres: Any) -> None:
        groups = [render(INSERT, {"job": job}) for job in ("a", "b", "a", "c")]
        with pytest.raises(DatabaseError, match="23505"):
            database.write_each(*groups)
        assert postgres.run("SELECT job FROM job_settings ORDER BY job") == [["a"], ["b"]]

    def test_a_transaction_is_kept_at_its_end(self, database: Database, postgres: Any) -> None:
        with database.transaction(INSERT, job="a"):
            database.write(INSERT, job="b")
            assert stored(postgres) == 0
        assert stored(postgres) == 2

    @pytest.mark.parametrize("error", [ValueError("ours"), KeyboardInterrupt()])
    def test_a_transaction_is_undone_by_any_error(
        self, database: Database, postgres: Any, error: BaseException
    ) -> None:
        with pytest.raises(type(error)), database.transaction(INSERT, job="a"):
            raise error
        assert database.read(COUNT) == [{"n": 0}]
        database.write(INSERT, job="b")
        assert stored(postgres) == 1

    def test_a_transaction_is_undone_by_a_refused_statement(self, database: Database, postgres: Any) -> None:
        with pytest.raises(DatabaseError, match="23505"), database.transaction(INSERT, job="a"):
            database.write(INSERT, job="a")
        assert stored(postgres) == 0

    def test_a_refused_statement_cannot_be_passed_over(self, database: Database, postgres: Any) -> None:
        def pass_over() -> None:
            with pytest.raises(DatabaseError, match="23505"):
                database.write(INSERT, job="a")

        with pytest.raises(DatabaseError), database.transaction(INSERT, job="a"):
            pass_over()
        assert stored(postgres) == 0
        database.write(INSERT, job="b")
        assert stored(postgres) == 1

    def test_an_opening_that_is_refused_leaves_no_transaction(self, database: Database) -> None:
        with pytest.raises(DatabaseError, match="42P01"), database.transaction("SELECT 1 FROM nowhere"):
            pytest.fail("the block must not be entered")
        database.write(INSERT, job="a")
        assert database.read(COUNT) == [{"n": 1}]

    def test_transactions_do_not_nest(self, database: Database, postgres: Any) -> None:
        inner = database.transaction()
        with pytest.raises(DatabaseError, match="open already"), database.transaction(INSERT, job="a"), inner:
            pytest.fail("the inner block must not be entered")
        with pytest.raises(DatabaseError, match="open already"), database.transaction(INSERT, job="a"):
            database.write_each(render(INSERT, {"job": "b"}))
        assert stored(postgres) == 0

    def test_a_script_is_sent_as_it_stands_inside_a_transaction_alone(self, database: Database, postgres: Any) -> None:
        with pytest.raises(DatabaseError, match="needs an open transaction"):
            database.script("SELECT 1")
        with database.transaction():
            database.script("INSERT INTO job_settings (job, updated_by) VALUES (':job', 'test');")
        assert postgres.run("SELECT job FROM job_settings") == [[":job"]]


class TestTypedErrors:
    @pytest.mark.parametrize(("code", "kind"), [("NS001", StaleFence), ("NS002", SlotAlreadyDone)])
    def test_our_own_states_have_errors_of_their_own(
        self, database: Database, code: str, kind: type[Exception]
    ) -> None:
        with pytest.raises(kind, match="said so"):
            database.write(f"DO $$ BEGIN RAISE EXCEPTION 'said so' USING ERRCODE = '{code}'; END $$")

    def test_a_lock_that_is_not_granted_in_time_is_busy(self, database: Database, postgres: Any) -> None:
        postgres.run("BEGIN; LOCK TABLE job_settings")
        with pytest.raises(DatabaseBusy) as caught:
            # The guards would wait five seconds.
            database.write(f"SET LOCAL lock_timeout = '20ms'; {INSERT}", job="a")
        assert caught.value.sqlstate == "55P03"
        postgres.run("ROLLBACK")
        database.write(INSERT, job="a")
        assert stored(postgres) == 1

    def test_whoever_loses_a_deadlock_is_busy(self, database: Database, postgres: Any) -> None:
        database.write_each(render(INSERT, {"job": "a"}), render(INSERT, {"job": "b"}))
        touch = "UPDATE job_settings SET version = version + 1 WHERE job = :job"
        postgres.run("BEGIN; SET LOCAL deadlock_timeout = '10s'; UPDATE job_settings SET version = 5 WHERE job = 'b'")
        other = threading.Thread(target=postgres.run, args=("UPDATE job_settings SET version = 6 WHERE job = 'a'",))

        def close_the_circle() -> None:
            other.start()
            while not database.read("SELECT 1 AS one FROM pg_locks WHERE NOT granted"):
                pass
            database.write(touch, job="b")

        opening = f"SET LOCAL deadlock_timeout = '20ms'; {touch}"
        with pytest.raises(DatabaseBusy), database.transaction(opening, job="a"):
            close_the_circle()
        other.join()
        postgres.run("COMMIT")

    def test_a_refusal_tells_neither_the_row_nor_the_statement(self, database: Database) -> None:
        database.write(INSERT, job="geheim")
        with pytest.raises(DatabaseError) as caught:
            database.write(INSERT, job="geheim")
        assert "job_settings_pkey" in str(caught.value)
        assert "geheim" not in str(caught.value)
        assert caught.value.sqlstate == "23505"
        assert not isinstance(caught.value, DatabaseUnavailable)


def test_an_answer_that_cannot_be_read_leaves_nothing_behind(database: Database) -> None:
    # The driver cannot read 24:00, and stops in the middle of the answer.
    with pytest.raises(ValueError, match="24:00"):
        database.read("SELECT '24:00'::time AS t; SELECT 'left over' AS t")
    assert database.read("SELECT 'mine' AS t") == [{"t": "mine"}]
    assert database.write(f"{INSERT} RETURNING job", job="a") == [{"job": "a"}]
