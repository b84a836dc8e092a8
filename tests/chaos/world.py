"""One job's own world: its database, its lock and cache tables, its mailbox and worker, its functions under orders."""

from __future__ import annotations

import json
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from local import settings
from local.aws import client
from local.database import connected
from local.lambda_service.invocation import Invocation, Result
from local.lambda_service.service import LambdaService
from local.mailbox import Mailbox
from local.stack import Function
from local.state import ROOT
from local.worker import job_types
from local.worker.server import Worker
from nightshift.lease import SKEW_MARGIN_MS
from tests.chaos.ground import Ground, with_port
from tests.chaos.orders import Orders
from tests.chaos.proxies import Cut, Rain
from tests.chaos.worker.places import DOOR
from tests.support.door import event

_CODE: Final = (ROOT / "functions", ROOT / "layers" / "nightshift", ROOT)
_LOGS: Final = ROOT / ".local" / "chaos"
_API: Final = "api.app.handler"
_FIRST_SLOT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_OWN_SETTINGS: Final = {
    "MAX_EMAILS_PER_USER_PER_DAY": "100",
    "SES_MAX_PER_SECOND": "1000",
    "MIN_CHECK_INTERVAL_MINUTES": "30",
    "WISHLIST_SALE_CHECK_ENABLED": "true",
    "WISHLIST_STOCK_CHECK_ENABLED": "true",
    "POWERTOOLS_METRICS_DISABLED": "true",
}


class World:
    """Where one job is put to the test; whoever makes it closes it."""

    def __init__(
        self, ground: Ground, job: str, *, lease_s: float, fence: bool, seed: int, locked: bool = True
    ) -> None:
        """Take the job, how long its leases are here, and whether there is a fence."""
        self.ground = ground
        self.job = job
        self.lease_s = lease_s
        self.locked = locked
        self.scheduled = True
        self.chance = random.Random(f"{seed} {job}")  # noqa: S311  # the same each time
        self.database = ground.database()
        self.cut = Cut(lambda: ground.postgres.port)
        self.rain = Rain(ground.aws.endpoint, random.Random(f"{seed} {job} rain"))  # noqa: S311
        self.mailbox = Mailbox()
        self.mailbox.start()
        self.worker = Worker()
        self.worker.start(ground.secret("PuppetWorkerSecret"))
        folder = ground.folder / self.database
        folder.mkdir()
        self.orders = Orders(folder)
        self.logs = _LOGS / job
        shutil.rmtree(self.logs, ignore_errors=True)
        self.lock_table, self.cache_table = f"locks-{self.database}", f"cache-{self.database}"
        ground.table(self.lock_table, "pk")
        ground.table(self.cache_table, "pk", "sk")
        self.function = ground.function_of(job)
        environment = self._environment(folder, fence=fence)
        api = self._dressed(ground.functions[_API], DOOR)
        self.functions = _Functions([self._dressed(self.function, job), api], environment, self.logs)
        self.functions.start()
        self.results: Counter[str] = Counter()
        self._slot = 0

    def close(self) -> None:
        """End everything that is the world's own."""
        self.functions.stop()
        self.worker.stop()
        self.mailbox.stop()
        self.rain.stop()
        self.cut.stop()

    # ---- Running the job -------------------------------------------------------------------------------------------

    def next_slot(self) -> str | None:
        """Let the clock strike; None where the job has no schedule."""
        if not self.scheduled:
            return None
        self._slot += 1
        return (_FIRST_SLOT + timedelta(minutes=self._slot)).isoformat()

    def slot_before(self) -> str:
        """Return a scheduled time that has passed, before the last one."""
        return (_FIRST_SLOT + timedelta(minutes=self._slot - 1, seconds=-30)).isoformat()

    def run(self, params: Mapping[str, Any], slot: str | None = None) -> str:
        """Run the job once and return what it says of itself, or what kind of error ended it."""
        trigger = "schedule" if slot else "manual"
        return self.deliver({"trigger": trigger, "slot": slot, "params": dict(params)})

    def deliver(self, sent: Mapping[str, Any]) -> str:
        """Deliver an event to the job's function, and wait for what becomes of it."""
        result = self.functions.invoke(self.function.name, Invocation(json.dumps(sent).encode()))
        said = _said(result)
        self.results[said] += 1
        return said

    def trigger(self, params: Mapping[str, Any]) -> int:
        """Start the job through the door, as a caller would; return the status of the answer."""
        answer = self._ask("POST", f"/api/jobs/{self.job}", body=dict(params))
        return int(answer.get("statusCode", 500))

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read from the door."""
        body: dict[str, Any] = json.loads(self._ask("GET", path, query=query)["body"])
        return body

    def _ask(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        asked = event(method, path, {"X-Job-Secret": self.ground.secret("JobSecret")}, **sent)
        api = self.ground.functions[_API].name
        result = self.functions.invoke(api, Invocation(json.dumps(asked).encode()))
        answer: dict[str, Any] = json.loads(result.payload)
        return answer

    @property
    def lapse_s(self) -> float:
        """After so long, any lease that was taken before is free again."""
        return self.lease_s + SKEW_MARGIN_MS / 1000 + 0.1

    # ---- Looking -----------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where PostgreSQL is, without the proxy."""
        return self.ground.postgres.url(self.database)

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Return the rows of one statement."""
        with connected(self.url) as connection:
            return list(connection.run(statement, **values) or [])

    def one(self, statement: str, **values: Any) -> Any:
        """Return the one value that a statement answers."""
        return self.sql(statement, **values)[0][0]

    def locks_held(self) -> list[str]:
        """Return the locks that would be refused now."""
        now = time.time_ns() // 1_000_000 - SKEW_MARGIN_MS
        items = client("dynamodb", self.ground.aws.endpoint).scan(TableName=self.lock_table)["Items"]
        return sorted(item["pk"]["S"] for item in items if "holder" in item and int(item["until_ms"]["N"]) >= now)

    def _dressed(self, function: Function, job: str) -> Function:
        environment = {**function.environment, "CHAOS_HANDLER": function.handler, "CHAOS_JOB": job}
        return replace(function, handler="tests.chaos.worker.handler.handler", environment=environment)

    def _environment(self, folder: Path, *, fence: bool) -> dict[str, str]:
        return {
            **self.ground.aws.environment(),
            **settings.ENVIRONMENT,
            **_OWN_SETTINGS,
            "AWS_ENDPOINT_URL_DYNAMODB": self.rain.endpoint,
            "AWS_ENDPOINT_URL_SESV2": self.mailbox.endpoint,
            "DATABASE_URL": with_port(self.url, self.cut.port),
            "LOCK_TABLE": self.lock_table,
            "CACHE_TABLE": self.cache_table,
            "PUBLIC_URL": "http://127.0.0.1:1",
            "PUPPET_EXECUTORS": job_types.executors(self.worker.url),
            "CHAOS_ORDERS": str(folder),
            "CHAOS_LEASE_S": str(self.lease_s),
            "CHAOS_FENCE": "on" if fence else "off",
        }


class _Functions(LambdaService):
    """The Lambda service, which may deliver an asynchronous event twice."""

    def __init__(self, functions: list[Function], environment: dict[str, str], logs: Path) -> None:
        super().__init__(functions, code=_CODE, environment=environment, logs=logs, time_scale=0.01)
        self.twice = False
        self.delivered_twice = 0

    def invoke_later(self, name: str, payload: bytes) -> str:
        if self.twice:
            self.delivered_twice += 1
            super().invoke_later(name, payload)
        return super().invoke_later(name, payload)


class Background(threading.Thread):
    """Something that goes on beside the chaos, and what came of it."""

    def __init__(self, do: Any) -> None:
        super().__init__(daemon=True)
        self._do = do
        self.result = "nothing"
        self.start()

    def run(self) -> None:
        self.result = str(self._do())


def _said(result: Result) -> str:
    answer: dict[str, Any] = json.loads(result.payload)
    if result.failed:
        return str(answer.get("errorType", "failed"))
    return str(answer.get("reason") or answer.get("status"))
