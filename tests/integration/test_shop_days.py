"""Product checks over the local shop, day after day, end as the sample data says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pg8000.native import Connection

from local.sample_data import differences, expectations, load, summary
from local.shop.server import Shop, start
from product_checks.check_products import handler
from tests.support.aws import Aws

# Its 20 seconds are spent by the end-to-end test alone.
_NEVER_ANSWERS = "/paper/walnut-ink"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    opened = start(folder=tmp_path)
    yield opened
    opened.stop()


def test_three_days_end_as_expected(
    shop: Shop, postgres_url: str, postgres: Connection, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHECK_ALLOW_LOOPBACK", "true")
    told = 0
    for day in (1, 2, 3):
        shop.advance()
        load(postgres_url, shop)
        postgres.run(
            "UPDATE products SET next_check_at = now() + interval '1 day' WHERE url LIKE :url", url=f"%{_NEVER_ANSWERS}"
        )
        handler({}, None)

        expected = expectations(day)
        job, never = expected.jobs["product-checks"], expected.products[_NEVER_ANSWERS]
        found = [each for each in differences(postgres_url, day) if not each.endswith("did not run")]
        assert found == [
            f"product-checks: processed is {job.processed - 1}, not {job.processed}",
            *([f"product-checks: failed is {job.failed - 1}, not {job.failed}"] if never.error_class else []),
            f"{_NEVER_ANSWERS}: was not checked",
        ]
        rows = summary(postgres_url)
        assert {row.kind for row in rows} == {"change", "failure", "notification"}
        told += sum(row.count for row in rows if row.kind == "notification")
    assert postgres.run("SELECT count(*) FROM notifications") == [[told]]
    assert postgres.run("SELECT count(*) FROM check_runs WHERE metadata->>'not_modified' = 'true'") == [[2]]
