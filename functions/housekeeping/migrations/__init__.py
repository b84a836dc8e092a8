"""Numbered SQL files, applied in order, each once, all under one lock, with a checksum that catches a changed file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from nightshift.errors import MigrationError

if TYPE_CHECKING:
    from nightshift.database import Database

# Any constant works, as long as nothing else in the database locks on it.
_ADVISORY_LOCK = 7_160_228_301
# For one file or for the deploy before us: as long as the function itself may take (template.yaml).
_PATIENCE_S = 300
_LEDGER = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True)
class Migration:
    """One file `NNNN_name.sql`."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Return what must stay the same once the file has been applied anywhere."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def available() -> list[Migration]:
    """Return the migrations of this bundle in order.

    Raises:
        MigrationError: numbers are missing or used twice.
    """
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".sql"))
    found = sorted((_read(file.name, file.read_text(encoding="utf-8")) for file in files), key=lambda m: m.version)
    if [migration.version for migration in found] != list(range(1, len(found) + 1)):
        raise MigrationError("the files in migrations/ must be numbered 0001, 0002, … without a gap or a double")
    return found


def apply(database: Database) -> list[str]:
    """Bring the schema up to date in one transaction and return the names of what was applied now.

    Whoever comes at the same time waits and then finds nothing to do.

    Raises:
        MigrationError: a file that was applied before has changed, or the database is newer than this bundle.
    """
    # A schema change may take long, and a second deploy waits for the first.
    patience = "SET LOCAL lock_timeout = '120s'; SET LOCAL statement_timeout = 0"
    opening = f"{patience}; SELECT pg_advisory_xact_lock({_ADVISORY_LOCK}); {_LEDGER}"
    with database.patience(_PATIENCE_S), database.transaction(opening):
        known = {row["version"]: row for row in database.read("SELECT version, name, checksum FROM schema_migrations")}
        migrations = available()
        _verify(migrations, known)
        fresh = [migration for migration in migrations if migration.version not in known]
        for migration in fresh:
            database.script(migration.sql)
            database.write(
                "INSERT INTO schema_migrations (version, name, checksum) VALUES (:version, :name, :checksum)",
                version=migration.version,
                name=migration.name,
                checksum=migration.checksum,
            )
    return [migration.name for migration in fresh]


def _read(file_name: str, sql: str) -> Migration:
    stem = file_name.removesuffix(".sql")
    number, _, name = stem.partition("_")
    if len(number) != 4 or not number.isdigit() or not name:
        raise MigrationError(f"{file_name} must be called NNNN_name.sql")
    return Migration(int(number), stem, sql)


def _verify(migrations: list[Migration], known: dict[int, dict[str, str]]) -> None:
    by_version = {migration.version: migration for migration in migrations}
    for version, row in known.items():
        if version not in by_version:
            raise MigrationError(
                f"the database has migration {row['name']}, which this bundle does not know: it is older"
            )
        if by_version[version].checksum != row["checksum"]:
            raise MigrationError(f"{row['name']} was changed after it had been applied; add a new file instead")
