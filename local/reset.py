"""`make reset`: forgets data, secrets, logs and the sample shop's day of this checkout."""

from __future__ import annotations

import os
import shutil
import sys

from local import postgres_account, running, state
from local.postgres import Postgres
from local.state import AlreadyRunningError


def main() -> int:
    """The command; returns its exit status."""
    folder = state.folder()
    try:
        with running.hold(folder):
            _forget()
    except AlreadyRunningError as other:
        print(f"This checkout is running ({other}): stop it first.")
        return 1
    except PermissionError as problem:
        print(f"{problem.filename} belongs to another user: run `make reset` as that user.")
        return 1
    return 0


def _forget() -> None:
    folder = state.folder()
    place = postgres_account.place_for(folder / "postgres")
    Postgres(place).end_leftover()
    if folder not in place.parents:
        shutil.rmtree(place.parent, ignore_errors=True)
    shutil.rmtree(folder)
    print(f"{folder} is gone.")
    if os.environ.get("DATABASE_URL"):
        print("The database that DATABASE_URL names was left as it is.")


if __name__ == "__main__":
    sys.exit(main())
