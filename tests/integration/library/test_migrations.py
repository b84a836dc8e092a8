"""The schema is brought up to date once, in order, by one at a time, and never over a changed past."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from housekeeping import migrate, migrations
from nightshift.connecting import Address
from nightshift.database import Database
from nightshift.errors import DatabaseError, MigrationError

FILES = sorted(file.stem for file in Path(migrations.__file__).parent.glob("*.sql"))


@pytest.fixture
def empty(empty_postgres_url: str) -> Iterator[Database]:
    database = Database(lambda **_: Address.from_url(empty_postgres_url))
    yield database
    database.close()


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations of the test's own."""
    monkeypatch.setattr("housekeeping.migrations.resources.files", lambda _package: tmp_path)
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (id int);")
    (tmp_path / "0002_second.sql").write_text("CREATE TABLE second (id int);\n-- the end: ':nothing'")
    (tmp_path / "notes.txt").write_text("not a migration")
    return tmp_path


def tables(database: Database) -> list[str]:
    found = database.read("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [row["tablename"] for row in found]


def test_everything_is_applied_once_and_in_order(empty: Database) -> None:
    assert migrations.apply(empty) == FILES
    assert {"job_runs", "job_fence", "job_slots", "products", "schema_migrations"} <= set(tables(empty))
    assert migrations.apply(empty) == []
    rows = empty.read("SELECT version, name, length(checksum) AS length FROM schema_migrations ORDER BY version")
    assert [row["name"] for row in rows] == FILES
    assert {row["length"] for row in rows} == {64}


@pytest.mark.usefixtures("bundle")
def test_of_two_at_once_one_applies_and_the_other_finds_it_done(empty: Database, empty_postgres_url: str) -> None:
    others = [Database(lambda **_: Address.from_url(empty_postgres_url)) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        applied = list(pool.map(migrations.apply, others))
    assert sorted(applied) == [[], [], ["0001_first", "0002_second"]]
    assert tables(empty) == ["first", "schema_migrations", "second"]
    for database in others:
        database.close()


def test_a_new_file_is_applied_on_top(empty: Database, bundle: Path) -> None:
    migrations.apply(empty)
    (bundle / "0003_third.sql").write_text("INSERT INTO first VALUES (3);")
    assert migrations.apply(empty) == ["0003_third"]
    assert empty.read("SELECT id FROM first") == [{"id": 3}]


def test_a_file_that_was_changed_later_is_refused(empty: Database, bundle: Path) -> None:
    migrations.apply(empty)
    (bundle / "0001_first.sql").write_text("CREATE TABLE first (id bigint);")
    (bundle / "0003_third.sql").write_text("CREATE TABLE third (id int);")
    with pytest.raises(MigrationError, match="0001_first was changed after it had been applied"):
        migrations.apply(empty)
    assert "third" not in tables(empty)


def test_another_end_of_line_is_no_change(empty: Database, bundle: Path) -> None:
    migrations.apply(empty)
    file = bundle / "0002_second.sql"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert migrations.apply(empty) == []


def test_a_database_that_is_newer_than_the_bundle_is_refused(empty: Database, bundle: Path) -> None:
    migrations.apply(empty)
    (bundle / "0002_second.sql").unlink()
    with pytest.raises(MigrationError, match="0002_second, which this bundle does not know"):
        migrations.apply(empty)


def test_a_file_that_fails_takes_back_all_that_came_with_it(empty: Database, bundle: Path) -> None:
    (bundle / "0003_third.sql").write_text("CREATE TABLE third (id int); SELECT 1 / 0;")
    with pytest.raises(DatabaseError, match="division by zero"):
        migrations.apply(empty)
    assert tables(empty) == []
    (bundle / "0003_third.sql").write_text("CREATE TABLE third (id int);")
    assert migrations.apply(empty) == ["0001_first", "0002_second", "0003_third"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("0004_fourth.sql", "without a gap or a double"),
        ("0002_again.sql", "without a gap or a double"),
        ("0000_zeroth.sql", "without a gap or a double"),
        ("3_third.sql", "must be called NNNN_name.sql"),
        ("0003.sql", "must be called NNNN_name.sql"),
        ("third.sql", "must be called NNNN_name.sql"),
    ],
)
def test_files_that_are_not_numbered_in_a_row_are_refused(
    empty: Database, bundle: Path, name: str, problem: str
) -> None:
    (bundle / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError, match=problem):
        migrations.apply(empty)
    assert tables(empty) == []


def test_a_slow_migration_is_waited_for(empty: Database, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The time-outs of a job, made short, must not be those of a migration.
    monkeypatch.setattr(empty, "_answer_timeout_s", 0.2)
    (bundle / "0003_slow.sql").write_text("SELECT pg_sleep(0.5);")
    assert migrations.apply(empty)[-1] == "0003_slow"
    assert empty._answer_timeout_s == 0.2


@pytest.mark.usefixtures("aws", "empty_postgres_url")
def test_the_handler_says_what_it_applied(capsys: Any) -> None:
    assert migrate.handler({}, None) == {"applied": FILES}
    assert migrate.handler({}, None) == {"applied": []}
    assert "postgresql://" not in capsys.readouterr().out
