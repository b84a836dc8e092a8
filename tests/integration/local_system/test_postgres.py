from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pg8000.native
import pytest
from pg8000.exceptions import DatabaseError

from local import postgres, postgres_account
from local.postgres import Postgres, binaries, is_postgres
from local.state import ROOT
from tests.support.databases import reachable_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with reachable_folder() as path:
        yield path


@pytest.fixture
def home(folder: Path) -> Path:
    return folder / "postgres"


def _connect(url: str, password: str | None = None) -> pg8000.native.Connection:
    parts = urlsplit(url)
    return pg8000.native.Connection(
        parts.username or "",
        password=password or parts.password,
        host=parts.hostname or "",
        port=parts.port or 0,
        database=parts.path[1:],
    )


def _one(url: str, statement: str) -> object:
    connection = _connect(url)
    try:
        rows = connection.run(statement)
        return rows[0][0] if rows else None
    finally:
        connection.close()


def test_data_outlive_a_stop(home: Path) -> None:
    server = Postgres(home)
    server.start()
    _one(server.url(), "CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()

    again = Postgres(home)
    again.start()
    answer = _one(again.url(), "SELECT answer FROM kept")
    again.stop()

    assert answer == 42


# Starts a server, leaves a row behind, and is killed with the server running.
_KILLED = """
import os, signal, sys
from pathlib import Path
from tests.integration.local_system.test_postgres import _one
from local.postgres import Postgres
server = Postgres(Path(sys.argv[1]))
server.start()
_one(server.url(), "CREATE TABLE kept AS SELECT 42 AS answer")
print(server._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_start_after_kill_9(home: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(home)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    server = Postgres(home)
    server.start()
    answer = _one(server.url(), "SELECT answer FROM kept")
    server.stop()

    assert answer == 42
    assert not is_postgres(int(killed.stdout))


@pytest.mark.long
def test_a_process_id_that_is_somebody_elses_by_now_is_ignored(home: Path) -> None:
    server = Postgres(home)
    server.start()
    server.stop()
    (home / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{home / 'data'}\n")

    server.start()
    server.stop()


@pytest.mark.long
def test_a_half_made_data_folder_is_made_again(home: Path) -> None:
    first = Postgres(home)
    first.start()
    first.stop()
    (home / "data" / "PG_VERSION").unlink()

    server = Postgres(home)
    server.start()
    answer = _one(server.url(), "SELECT 1")
    server.stop()

    assert answer == 1


@pytest.mark.long
def test_two_servers_at_once(home: Path, folder: Path) -> None:
    one, other = Postgres(home), Postgres(folder / "other")
    one.start()
    other.start()
    answers = {_one(server.url(), "SELECT inet_server_port()") for server in (one, other)}
    one.stop()
    other.stop()

    assert answers == {one.port, other.port}


def test_the_password_is_needed_and_private(home: Path) -> None:
    server = Postgres(home)
    server.start()
    try:
        with pytest.raises(DatabaseError, match="28P01"):
            _connect(server.url(), password="wrong")
        assert stat.S_IMODE((home / "password").stat().st_mode) == 0o600
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert _one(server.url(), "SHOW listen_addresses") == "127.0.0.1"
    finally:
        server.stop()


def test_what_went_wrong_is_told(home: Path) -> None:
    server = Postgres(home)
    server.start()
    server.stop()
    (home / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")

    with pytest.raises(Exception, match="no_such_setting"):
        server.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root borrows an account")
def test_below_a_closed_folder_root_keeps_the_data_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    place = postgres_account.place_for(tmp_path / "postgres")
    server = Postgres(place)
    try:
        server.start()
        owner = (server.home / "data").stat().st_uid
        server.stop()
    finally:
        shutil.rmtree(place.parent)

    assert owner != 0
    assert tmp_path not in place.parents


@pytest.mark.skipif(os.geteuid() != 0, reason="only root borrows an account")
def test_binaries_that_the_account_cannot_reach_are_copied(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = binaries().parent.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, tmp_path / part.name)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(postgres, "binaries", lambda: tmp_path / package.name / "pginstall" / "bin")
    server = Postgres(home)
    server.start()
    answer = _one(server.url(), "SELECT 1")
    server.stop()

    assert answer == 1
