"""The tables that the lock is proved on besides the one in memory: moto's server, and dynalite where Node has it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.aws import client
from tests.lock.workers import TABLE
from tests.support.aws import Aws

PINNED = Path(__file__).with_name("dynalite")
INSTALLED = Path(__file__).parents[2] / ".venv-dynalite"
_SERVE = """
const server = require("dynalite")({createTableMs: 0})
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`))
"""


def table_at(endpoint: str) -> Any:
    """A client of the lock table at an address; the table is made if it is not there."""
    dynamodb = client("dynamodb", endpoint)
    if TABLE not in dynamodb.list_tables()["TableNames"]:
        Aws(endpoint).create_table(TABLE)
        dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    return dynamodb


def without_dynalite() -> str:
    """Why dynalite cannot be asked here; empty where it can."""
    if shutil.which("node") is None:
        return "Node is not installed"
    if not (INSTALLED / "node_modules" / "dynalite").is_dir():
        return "dynalite is not installed (`make lock-proof` does it where there is npm)"
    return ""


def install_dynalite() -> str:
    """Installs what package-lock.json pins, without its scripts; returns why that was not possible, or nothing."""
    if not without_dynalite():
        return ""
    if shutil.which("npm") is None:
        return "npm is not installed"
    INSTALLED.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, INSTALLED)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    done = subprocess.run(command, cwd=INSTALLED, capture_output=True, text=True, check=False)
    return without_dynalite() and f"npm could not install dynalite: {done.stderr.strip()[:200]}"


@contextmanager
def dynalite() -> Iterator[Any]:
    """A client of dynalite, which runs until the end of the block."""
    command = ["node", "-e", _SERVE]
    with subprocess.Popen(command, cwd=INSTALLED, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield table_at(process.stdout.readline().strip())
        finally:
            process.terminate()
