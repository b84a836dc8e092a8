"""What the last run over the market came to: a few rows for people, and whether it is what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from local.sample_data import puppets
from local.sample_data.connection import connected
from local.sample_data.expected import Expected, expectations
from nightshift.database import Row
from nightshift.sql import queries

_SQL = queries("local.sample_data")
_COMPARED = ("status", "error_class", "price", "currency", "availability", "notifications")


@dataclass(frozen=True)
class SummaryRow:
    """One line of the table at the end of a run."""

    kind: str  # change, failure, notification, stock or puppet job
    what: str  # `price fell`, an error class, `back in stock`
    count: int
    examples: tuple[str, ...]  # all of them: `Larch Desk Lamp (89.00 → 74.00 EUR)`


def summary(database_url: str) -> list[SummaryRow]:
    """What the run that checked products last has changed, failed at, and told people."""
    with connected(database_url) as database:
        rows = database.read(_SQL["summary"])
        rows += ({"kind": "puppet job", **row} for row in puppets.summary(database))
    return [SummaryRow(row["kind"], row["what"], row["count"], tuple(row["examples"])) for row in rows]


def differences(database_url: str, day: int) -> list[str]:
    """Where the last run of every job did not end as `expectations(day)` says; empty when all did."""
    expected = expectations(day)
    with connected(database_url) as database:
        jobs = {row["job"]: row for row in database.read(_SQL["latest_runs"])}
        checks = {urlsplit(row["url"]).path: row for row in database.read(_SQL["latest_checks"])}
    return [*_job_differences(expected, jobs), *_product_differences(expected, checks)]


def _job_differences(expected: Expected, runs: dict[str, Row]) -> Iterator[str]:
    for job, wanted in expected.jobs.items():
        run = runs.get(job)
        if run is None:
            yield f"{job}: did not run"
            continue
        for name, value in vars(wanted).items():
            if run[name] != value:
                yield f"{job}: {name} is {run[name]}, not {value}"


def _product_differences(expected: Expected, checks: dict[str, Row]) -> Iterator[str]:
    for path, wanted in expected.products.items():
        check = checks.get(path)
        if check is None or check["status"] is None:
            yield f"{path}: was not checked"
            continue
        for name in _COMPARED:
            found = _found(check, name)
            if found != getattr(wanted, name):
                yield f"{path}: {name} is {found}, not {getattr(wanted, name)}"


def _found(check: Row, name: str) -> Any:
    value = check[name]
    return Decimal(value) if name == "price" and value is not None else value
