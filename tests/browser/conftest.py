"""A real Chromium that looks at the dashboard; without one these tests are skipped, and say so.

`CHROMIUM` names the browser's program where it is not found by itself.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.aws import AwsServices
from tests.support.aws import Aws
from tests.support.dashboard import Dashboard, serving
from tests.support.databases import DatabaseServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Playwright

_WITH_TABS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
# First the one without windows and all that belongs to them: the same engine for a third of the work.
_NAMES = ("chromium-headless-shell", *_WITH_TABS)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, which this environment has not")
    with sync_api.sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with _launched(playwright, _NAMES) as launched:
        yield launched


@pytest.fixture(scope="module")
def browser_with_tabs(playwright: Playwright) -> Iterator[Browser]:
    with _launched(playwright, _WITH_TABS) as launched:
        yield launched


@contextmanager
def _launched(playwright: Playwright, names: Sequence[str]) -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip(f"needs Chromium, which is not on this machine (Debian: apt-get install {names[0]})")
    # Its sandbox needs rights that a container has not; it opens nothing but our own pages.
    launched = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
    yield launched
    launched.close()


@pytest.fixture(scope="module")
def served(
    browser: Browser,
    database_server: DatabaseServer,
    aws_server: AwsServices,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Dashboard]:
    """One dashboard for the tests of a file; asks for the browser first, so that without one nothing is started."""
    folder = tmp_path_factory.mktemp("dashboard")
    # Other tests on this server may have left or removed tables.
    Aws(aws_server.endpoint).empty()
    with database_server.database() as url, serving(url, aws_server, folder / "secrets", LOG_FOLDER=str(folder)) as one:
        yield one


@pytest.fixture
def dashboard(served: Dashboard, monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    """The dashboard without any run."""
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    served.empty()
    return served


@pytest.fixture
def eventful(dashboard: Dashboard) -> Dashboard:
    """The dashboard after a night in which one job has begun to fail, one is paused, and one goes on."""
    now = datetime.now(UTC)
    error = {"error_class": "DatabaseUnavailable", "error": "cannot connect to PostgreSQL (TimeoutError)"}
    for job in ("product-checks", "wishlist-sale-check", "retention"):
        for number in range(12):
            failed = job == "wishlist-sale-check" and number < 3
            dashboard.add_run(
                job, "failed" if failed else "skipped" if number == 7 else "succeeded",
                now - timedelta(minutes=30 * number + 1), 1000 + 700 * (number % 4), processed=40, failed=2,
                **(error if failed else {}),
            )  # fmt: skip
    dashboard.add_run("deliver-notifications", "running", now, None)
    dashboard.write(
        "INSERT INTO job_settings (job, updated_by, paused_at, paused_by, pause_reason)"
        " VALUES ('cleanup-reservations', 'admin', now(), 'admin', 'the shop moves house')"
    )
    return dashboard


@pytest.fixture(scope="module")
def cookies(served: Dashboard, browser: Browser) -> Callable[[str], Path]:
    """Signs in once for each secret, and keeps the browser's state in a file."""
    kept: dict[str, Path] = {}

    def of(secret: str) -> Path:
        if secret not in kept:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{served.url}/login")
            page.get_by_label("Secret").fill(served.secret(secret))
            page.get_by_role("button", name="Sign in").click()
            kept[secret] = served.secrets / f"{secret}.json"
            context.storage_state(path=kept[secret])
            context.close()
        return kept[secret]

    return of


class Look:
    """Opens pages, and remembers what the browser complained of."""

    def __init__(self, browser: Browser, url: str, cookies: Callable[[str], Path]) -> None:
        self._browser, self._url, self._cookies = browser, url, cookies
        self._open: list[BrowserContext] = []
        self.complaints: list[str] = []

    def at(self, path: str, secret: str | None = "AdminSecret", **options: Any) -> Page:  # noqa: S107  # a name
        """Open a page in a browser of its own, signed in with a secret."""
        state: dict[str, Any] = {"storage_state": self._cookies(secret)} if secret else {}
        context = self._browser.new_context(reduced_motion="reduce", **state, **options)
        context.set_default_timeout(8000)
        self._open.append(context)
        page = context.new_page()
        # Its timers go on when a test says so.
        page.clock.install()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.goto(f"{self._url}{path}")
        return page

    def close(self) -> None:
        """Close everything that was opened."""
        for context in self._open:
            context.close()


@pytest.fixture
def look(browser: Browser, dashboard: Dashboard, cookies: Callable[[str], Path]) -> Iterator[Look]:
    opened = Look(browser, dashboard.url, cookies)
    yield opened
    opened.close()
    assert opened.complaints == []
