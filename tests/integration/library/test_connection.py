"""The connection dies, is rotated, encrypted or refused: what is repeated, what is not, and what is said."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from nightshift import connecting
from nightshift import database as module
from nightshift.connecting import Address
from nightshift.database import Database, Row
from nightshift.errors import ConfigurationError, DatabaseBusy, DatabaseError, DatabaseUnavailable, StaleFence
from tests.integration.library.wiretap import Wiretap
from tests.support import planted

INSERT = "INSERT INTO job_settings (job, updated_by) VALUES (:job, 'test') RETURNING job"
PASSWORD = planted.DATABASE_PASSWORD
# Leads to this machine, but is not a loopback address, so it is called with TLS.
ELSEWHERE = "0.0.0.0"  # noqa: S104  # nothing is bound to it


def stored(postgres: Any) -> list[str]:
    return [row[0] for row in postgres.run("SELECT job FROM job_settings ORDER BY job")]


def end_all_but(postgres: Any) -> None:
    """Ends the sessions of the code under test, and returns when they are gone."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    postgres.run(f"SELECT pg_terminate_backend(pid, 5000) {others}")


class TestReconnecting:
    def test_a_session_that_was_ended_between_two_uses_is_replaced(self, database: Database, postgres: Any) -> None:
        uses: tuple[Callable[[str], list[Row]], ...] = (database.read, database.write, database.write_each)
        for number, use in enumerate(uses):
            database.read("SELECT 1 AS one")
            end_all_but(postgres)
            assert use(f"SELECT {number} AS n") == [{"n": number}]
        end_all_but(postgres)
        with database.transaction(INSERT, job="a") as rows:
            assert rows == [{"job": "a"}]
        assert stored(postgres) == ["a"]

    def test_what_was_dropped_on_the_way_is_found_after_idling(
        self, watched: Database, wiretap: Wiretap, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        watched.read("SELECT 1 AS one")
        monkeypatch.setattr(module, "IDLE_CHECK_S", 0)
        wiretap.lose = "request"
        assert watched.write(INSERT, job="a") == [{"job": "a"}]
        assert (wiretap.queries[1], wiretap.connections) == ("SELECT 1", 2)

    def test_a_connection_in_use_is_not_asked_whether_it_lives(self, watched: Database, wiretap: Wiretap) -> None:
        for _ in range(3):
            watched.read("SELECT 1 AS one")
        assert len(wiretap.queries) == 3

    def test_a_read_is_repeated_once(self, watched: Database, wiretap: Wiretap) -> None:
        wiretap.lose = "answer"
        assert watched.read("SELECT 1 AS one") == [{"one": 1}]
        assert (len(wiretap.queries), wiretap.connections) == (2, 2)

    @pytest.mark.parametrize(("lost", "kept"), [("request", []), ("answer", ["a"])])
    def test_a_write_whose_outcome_is_unknown_is_not_repeated(
        self, watched: Database, wiretap: Wiretap, postgres: Any, lost: Any, kept: list[str]
    ) -> None:
        wiretap.lose = lost
        with pytest.raises(DatabaseUnavailable, match="broke"):
            watched.write(INSERT, job="a")
        assert len(wiretap.queries) == 1
        assert stored(postgres) == kept
        assert watched.write(INSERT, job="b") == [{"job": "b"}]

    def test_a_commit_whose_outcome_is_unknown_is_told(
        self, watched: Database, wiretap: Wiretap, postgres: Any
    ) -> None:
        with pytest.raises(DatabaseUnavailable), watched.transaction(INSERT, job="a"):
            wiretap.lose = "answer"
        assert [query.split()[0] for query in wiretap.queries] == ["BEGIN;", "COMMIT"]
        assert stored(postgres) == ["a"]

    def test_a_transaction_whose_connection_broke_keeps_nothing(self, database: Database, postgres: Any) -> None:
        def break_and_write() -> None:
            end_all_but(postgres)
            database.write(INSERT, job="b")

        with pytest.raises(DatabaseUnavailable), database.transaction(INSERT, job="a"):
            break_and_write()
        assert stored(postgres) == []
        assert database.write(INSERT, job="c") == [{"job": "c"}]

    def test_a_transaction_does_not_go_on_on_another_connection(self, database: Database, postgres: Any) -> None:
        def break_and_pass_over() -> None:
            end_all_but(postgres)
            with pytest.raises(DatabaseUnavailable):
                database.read("SELECT 1 AS one")
            database.write(INSERT, job="b")

        with (
            pytest.raises(DatabaseUnavailable, match="nothing of it was kept"),
            database.transaction(INSERT, job="a"),
        ):
            break_and_pass_over()
        assert stored(postgres) == []

    def test_a_server_that_says_nothing_is_given_up(self, database: Database, postgres: Any) -> None:
        postgres.run("BEGIN; LOCK TABLE job_settings")
        with pytest.raises(DatabaseUnavailable, match=r"TimeoutError|InterfaceError"), database.patience(0.2):
            database.write(INSERT, job="a")
        with pytest.raises(DatabaseBusy):
            database.write(f"SET LOCAL lock_timeout = '10ms'; {INSERT}", job="a")
        postgres.run("ROLLBACK")

    @pytest.mark.timeout(15)
    def test_a_server_that_accepts_and_says_nothing_is_given_up_as_soon(
        self, address: Address, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connecting, "CONNECT_TIMEOUT_S", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            there = replace(address, port=silent.getsockname()[1])
            with pytest.raises(DatabaseUnavailable, match="cannot connect"):
                Database(lambda **_: there).write("SELECT 1 AS one")

    def test_no_server_is_unavailable_by_address_and_reason(self, address: Address) -> None:
        nowhere = replace(address, port=1, password=PASSWORD)
        with pytest.raises(DatabaseUnavailable) as caught:
            Database(lambda **_: nowhere).read("SELECT 1 AS one")
        assert "127.0.0.1:1 (ConnectionRefusedError)" in str(caught.value)
        assert PASSWORD not in str(caught.value)

    def test_closing_is_not_the_end(self, database: Database) -> None:
        database.close()
        database.read("SELECT 1 AS one")
        database.close()
        database.close()
        assert database.read("SELECT 1 AS one") == [{"one": 1}]


class TestPasswords:
    @pytest.fixture
    def role(self, postgres: Any) -> Iterator[str]:
        name = postgres.run("SELECT current_database()")[0][0] + "_role"
        postgres.run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}-1'")
        yield name
        postgres.run(f"DROP ROLE {name}")

    def test_a_rotated_password_is_read_afresh_once(self, address: Address, role: str, postgres: Any) -> None:
        asked = []
        known = {False: f"{PASSWORD}-1", True: f"{PASSWORD}-2"}

        def where(*, afresh: bool) -> Address:
            asked.append(afresh)
            return replace(address, user=role, password=known[afresh])

        database = Database(where)
        assert database.read("SELECT current_user AS me") == [{"me": role}]
        postgres.run(f"ALTER ROLE {role} PASSWORD '{PASSWORD}-2'")
        database.close()
        assert database.read("SELECT current_user AS me") == [{"me": role}]
        assert asked == [False, False, True]
        database.close()

    def test_a_wrong_password_is_tried_twice_and_never_shown(self, address: Address, role: str) -> None:
        asked = []

        def where(*, afresh: bool) -> Address:
            asked.append(afresh)
            return replace(address, user=role, password=PASSWORD)

        with pytest.raises(DatabaseError, match="28P01") as caught:
            Database(where).write("SELECT 1 AS one")
        assert asked == [False, True]
        assert PASSWORD not in f"{caught.value!r} {caught.value.__dict__}"

    def test_another_refusal_is_not_taken_for_a_rotation(self, address: Address) -> None:
        asked = []

        def where(*, afresh: bool) -> Address:
            asked.append(afresh)
            return replace(address, database="nowhere")

        with pytest.raises(DatabaseError, match="3D000"):
            Database(where).write("SELECT 1 AS one")
        assert asked == [False]


class TestTls:
    @pytest.fixture
    def authority(self) -> trustme.CA:
        return trustme.CA()

    @pytest.fixture
    def ca_file(self, authority: trustme.CA, tmp_path: Path) -> str:
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        return str(tmp_path / "ca.pem")

    def offer(self, wiretap: Wiretap, certificate: trustme.LeafCert) -> None:
        wiretap.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(wiretap.tls)

    def via(self, address: Address, wiretap: Wiretap, ca_file: str | None) -> Database:
        return Database(lambda **_: replace(address, host=ELSEWHERE, port=wiretap.port, ca_file=ca_file))

    def test_a_server_that_we_trust_is_used(
        self, address: Address, wiretap: Wiretap, authority: trustme.CA, ca_file: str
    ) -> None:
        self.offer(wiretap, authority.issue_cert(ELSEWHERE))
        database = self.via(address, wiretap, ca_file)
        assert database.read("SELECT 1 AS one") == [{"one": 1}]
        assert database.write(INSERT, job="a") == [{"job": "a"}]
        database.close()

    @pytest.mark.parametrize("wrong", ["authority", "name", "no TLS at all"])
    def test_a_server_that_we_cannot_trust_gets_nothing(
        self, address: Address, wiretap: Wiretap, authority: trustme.CA, ca_file: str, wrong: str
    ) -> None:
        if wrong == "authority":
            self.offer(wiretap, trustme.CA().issue_cert(ELSEWHERE))
        elif wrong == "name":
            self.offer(wiretap, authority.issue_cert("db.example"))
        with pytest.raises(DatabaseUnavailable, match=r"SSLCertVerificationError|InterfaceError"):
            self.via(address, wiretap, ca_file).write(INSERT, job="a")
        assert wiretap.queries == []

    def test_without_a_file_of_ours_the_public_authorities_count(
        self, address: Address, wiretap: Wiretap, authority: trustme.CA
    ) -> None:
        self.offer(wiretap, authority.issue_cert(ELSEWHERE))
        with pytest.raises(DatabaseUnavailable, match="SSLCertVerificationError"):
            self.via(address, wiretap, None).read("SELECT 1 AS one")


def test_a_server_that_reads_backslashes_in_text_is_refused(
    database: Database, address: Address, postgres: Any
) -> None:
    postgres.run(f"ALTER DATABASE {address.database} SET standard_conforming_strings = off")
    with pytest.raises(ConfigurationError, match="standard_conforming_strings"):
        database.read("SELECT 1 AS one")


def test_errors_of_the_fence_leave_the_connection_open(watched: Database, wiretap: Wiretap) -> None:
    for _ in range(2):
        with pytest.raises(StaleFence):
            watched.write("SELECT hold_fences(:rows::jsonb)", rows=[{"job": "x", "fence": 1}])
    assert wiretap.connections == 1
