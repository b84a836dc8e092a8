"""The wishlist's routes through the door; Lambda is played by a server that runs the handler it is asked to invoke."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.door import Door
from api.settings import load_settings
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load
from tests.integration.wishlist.shop import Shop
from tests.support.aws import Aws
from tests.support.door import ADMIN_SECRET, AS_ADMIN, Caller
from tests.support.invocations import taken_by
from tests.support.ses import Ses
from wishlist import check_sales, check_stock, routes

NEW_YORK = ZoneInfo("America/New_York")
_HANDLERS = {"sales-lambda": check_sales.handler, "stock-lambda": check_stock.handler}
_JOBS = {
    "wishlist-sale-check": {"function": "sales-lambda", "schedule": "cron(0 * * * ? *)", "zone": "America/New_York"},
    "wishlist-stock-check": {
        "function": "stock-lambda",
        "schedule": "cron(0/30 * * * ? *)",
        "zone": "America/New_York",
    },
}


@pytest.fixture
def lambda_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Runs each invocation before it answers; `works` may be set to False, and then nobody comes."""
    state: dict[str, Any] = {"works": True}

    def take(function: str, event: dict[str, Any]) -> int:
        if state["works"]:
            _HANDLERS[function](event, None)
        return 202

    with taken_by(take) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", endpoint)
        yield state


@pytest.fixture
def call(
    aws: Aws, shop: Shop, ses: Ses, lambda_server: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Caller]:
    import os

    monkeypatch.setenv("JOBS", json.dumps(_JOBS))
    monkeypatch.setenv("ADMIN_SECRET_REF", aws.create_secret("admin", ADMIN_SECRET))
    platform = Platform(load(PlatformSettings, os.environ))
    yield Caller(Door(platform, load_settings(os.environ), (routes,)))
    platform.database.close()


class TestTriggers:
    @pytest.mark.parametrize("check", ["sale", "stock"])
    def test_the_result_comes_with_the_answer(self, check: str, call: Caller, shop: Shop) -> None:
        shop.wish()
        shop.price(sale_price=80)
        shop.stock(0)
        shop.stock(3)
        answer = call("POST", f"/api/admin/wishlist-jobs/trigger-{check}-check", AS_ADMIN)
        assert answer.status == 200
        assert answer.body["success"] is True
        assert answer.body["data"] == {"checked": 1, "notified": 1, "errors": 0}
        assert answer.body["message"] == f"{check.title()} check completed"

    def test_without_waiting_there_are_no_counts_yet(self, call: Caller, lambda_server: dict[str, Any]) -> None:
        lambda_server["works"] = False
        answer = call("POST", "/api/admin/wishlist-jobs/trigger-sale-check", {**AS_ADMIN, "Prefer": "wait=0"})
        assert answer.status == 202
        assert answer.body["success"] is True
        assert answer.body["data"] == {"checked": None, "notified": None, "errors": None}
        assert answer.body["message"] == f"Sale check started; its result will be at {answer.body['statusUrl']}"

        second = call("POST", "/api/admin/wishlist-jobs/trigger-sale-check", AS_ADMIN)
        assert second.status == 429
        other = call("POST", "/api/admin/wishlist-jobs/trigger-stock-check", {**AS_ADMIN, "Prefer": "wait=0"})
        assert other.status == 202, "the two checks have a lock each"

    def test_it_takes_the_admin_secret(self, call: Caller) -> None:
        assert call("POST", "/api/admin/wishlist-jobs/trigger-sale-check").status == 401
        assert call("GET", "/api/admin/wishlist-jobs/status").status == 401


class TestStatus:
    def status(self, call: Caller) -> Any:
        answer = call("GET", "/api/admin/wishlist-jobs/status", AS_ADMIN)
        assert answer.status == 200
        assert answer.body["success"] is True
        return answer.body["data"]

    def test_it_names_schedules_and_runs(self, call: Caller) -> None:
        data = self.status(call)
        assert list(data) == ["saleCheck", "stockCheck"]
        assert data["saleCheck"].keys() == {"name", "enabled", "schedule", "lastRun", "nextRun"}
        sale = data["saleCheck"]
        assert (sale["name"], sale["enabled"]) == ("wishlist-sale-check", True)
        assert (sale["schedule"], sale["lastRun"]) == ("cron(0 * * * ? *)", None)
        next_run = datetime.fromisoformat(sale["nextRun"])
        assert (next_run.minute, next_run.utcoffset()) == (0, next_run.astimezone(NEW_YORK).utcoffset())

        call("POST", "/api/admin/wishlist-jobs/trigger-sale-check", AS_ADMIN)
        after = self.status(call)
        assert datetime.fromisoformat(after["saleCheck"]["lastRun"]) < next_run
        assert after["stockCheck"]["lastRun"] is None

    def test_a_check_that_is_off_has_no_next_run(self, call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WISHLIST_SALE_CHECK_ENABLED", "false")
        data = self.status(call)
        assert (data["saleCheck"]["enabled"], data["saleCheck"]["nextRun"]) == (False, None)
        assert data["stockCheck"]["enabled"] is True

    def test_a_schedule_that_is_off_has_no_next_run(self, call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
        off = {name: {**entry, "enabled": False} for name, entry in _JOBS.items()}
        monkeypatch.setenv("JOBS", json.dumps(off))
        data = self.status(call)
        assert [check["enabled"] for check in data.values()] == [False, False]
        assert [check["nextRun"] for check in data.values()] == [None, None]

    def test_a_zone_that_is_none_is_a_fault_of_the_deployment(
        self, call: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WISHLIST_TIMEZONE", "Mars/Olympus")
        assert call("GET", "/api/admin/wishlist-jobs/status", AS_ADMIN).status == 500
