"""The dashboard as a person uses it, in a real Chromium."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Look
from tests.browser.tabs import Tab
from tests.support.dashboard import Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# By then a page has looked again.
A_LOOK_MS = 5_500
# So many times a page thinks of looking again; each time it would ask if it were not told otherwise.
LOOKS = 3


@pytest.fixture
def tab(browser_with_tabs: Browser, dashboard: Dashboard, cookies: Callable[[str], Path]) -> Iterator[Tab]:
    """The page of a job, which renews itself."""
    opened = Tab(browser_with_tabs, cookies("AdminSecret"))
    opened.open(f"{dashboard.url}/jobs/retention")
    opened.wait_for("asked > 1")
    yield opened
    opened.close()


def asked_meanwhile(tab: Tab) -> int:
    """How often the page asks while its timer fires a few times."""
    asked, fired = tab.read("[asked, fired]")
    tab.wait_for(f"fired >= {fired + LOOKS}")
    return int(tab.read("asked")) - int(asked)


def row(page: Page, name: str) -> str:
    return page.locator("#jobs tbody tr", has_text=name).inner_text()


def test_a_secret_lets_in_and_the_button_lets_out(dashboard: Dashboard, look: Look) -> None:
    page = look.at("/jobs/retention", None)
    assert page.url == f"{dashboard.url}/login?next=%2Fjobs%2Fretention"
    assert page.evaluate("document.activeElement.name") == "secret"

    page.get_by_label("Secret").fill("not the secret")
    page.keyboard.press("Enter")
    assert page.get_by_role("alert").inner_text() == "This secret is wrong."
    page.get_by_label("Secret").fill(dashboard.secret("ReadSecret"))
    page.keyboard.press("Enter")

    page.wait_for_url(f"{dashboard.url}/jobs/retention")
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"], cookie["sameSite"], cookie["path"]) == (
        "__Host-session", True, True, "Lax", "/",
    )  # fmt: skip
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{dashboard.url}/login")
    assert page.context.cookies() == []
    look.complaints.clear()  # the browser writes the 401 to its console


def test_the_page_shows_by_itself_what_has_changed(dashboard: Dashboard, look: Look) -> None:
    page = look.at("/")
    page.get_by_role("link", name="Run product-checks now").focus()

    dashboard.add_run("retention", "failed", datetime.now(UTC), error_class="Oops", error="it broke")

    page.clock.run_for(A_LOOK_MS)
    page.get_by_text("1 job needs a look").wait_for()
    assert "failed" in row(page, "retention")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Run product-checks now"


def test_a_hidden_page_asks_for_nothing_and_asks_at_once_when_it_is_shown(tab: Tab) -> None:
    tab.hide()
    assert asked_meanwhile(tab) == 0

    asked = tab.read("asked")
    tab.show()
    tab.wait_for(f"asked > {asked}")
    assert asked_meanwhile(tab) > 0


def test_it_stands_still_while_someone_types_and_goes_on_afterwards(tab: Tab) -> None:
    tab.read("document.querySelector('main select').focus()")
    assert asked_meanwhile(tab) == 0
    tab.wait_for("document.getElementById('fresh').textContent === 'Updates are paused while you work here'")

    tab.read("document.activeElement.blur()")
    assert asked_meanwhile(tab) > 0
    tab.wait_for("document.getElementById('fresh').textContent === 'Up to date'")


def test_it_stands_still_while_a_form_is_open(dashboard: Dashboard, look: Look) -> None:
    page = look.at("/jobs/retention")
    page.get_by_role("link", name="Pause").click()
    page.get_by_role("dialog").wait_for()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)
    assert asked == []


def test_a_job_is_started_in_two_steps_without_leaving_the_page(dashboard: Dashboard, look: Look) -> None:
    page = look.at("/")
    page.get_by_role("link", name="Run product-checks now").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    assert "Run Product checks now?" in dialog.inner_text()

    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Run product-checks now"
    assert dashboard.write("SELECT 1 AS one FROM job_runs") == []

    page.keyboard.press("Enter")
    page.get_by_label("limit").fill("20")
    page.get_by_role("button", name="Start it now").click()
    page.wait_for_url(re.compile("/runs/|/jobs/product-checks/run"))
    look.complaints.clear()


def test_a_job_is_paused_and_resumed(dashboard: Dashboard, look: Look) -> None:
    page = look.at("/")
    page.get_by_role("link", name="Pause retention").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("the shop moves house")
    page.keyboard.press("Enter")

    page.wait_for_url(f"{dashboard.url}/jobs/retention")
    assert "Paused by admin: the shop moves house" in page.locator("#state").inner_text()
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("link", name="Pause").wait_for()


def test_times_can_be_shown_on_other_clocks_and_stay_so(eventful: Dashboard, look: Look) -> None:
    page = look.at("/", timezone_id="Asia/Tokyo")
    last = page.locator("#jobs tr", has_text="wishlist-sale-check").locator("time").first
    assert re.search(r" E[SD]T$", last.inner_text())

    page.get_by_label("Times in").select_option("utc")
    assert last.inner_text().endswith(" UTC")
    page.get_by_label("Times in").select_option("mine")
    assert last.inner_text().endswith(" GMT+9")

    page.reload()
    assert last.inner_text().endswith(" GMT+9")


def test_everything_can_be_read_without_script(eventful: Dashboard, look: Look) -> None:
    page = look.at("/", java_script_enabled=False)
    assert "1 job needs a look" in page.inner_text("main")
    assert page.locator("#jobs tbody tr").count() == len(eventful.jobs)

    page.get_by_role("link", name="Look at the run").click()
    assert "cannot connect to PostgreSQL" in page.inner_text("main")
    page.get_by_role("link", name="Run again").click()
    assert "Run Wishlist sale check now?" in page.inner_text("main")


def test_a_reader_sees_all_and_is_offered_no_button(eventful: Dashboard, look: Look) -> None:
    page = look.at("/", "ReadSecret")

    assert "the shop moves house" in row(page, "cleanup-reservations")
    assert page.get_by_role("link", name=re.compile("^(Run|Pause) ")).count() == 0
    assert page.locator("main form[method=post]").count() == 0


def test_the_first_page_is_small(eventful: Dashboard, look: Look) -> None:
    page = look.at("/")

    files = page.evaluate(
        "[...document.querySelectorAll('link[href], script[src]')].map((file) => file.href || file.src)"
    )
    texts = {url: page.evaluate("(url) => fetch(url).then((answer) => answer.text())", url) for url in ["/", *files]}
    sizes = {url: len(gzip.compress(text.encode())) for url, text in texts.items()}

    assert len(sizes) == 4
    assert sum(sizes.values()) < 25_000, sizes
