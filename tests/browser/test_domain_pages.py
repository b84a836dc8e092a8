"""The pages of the domains in a real Chromium: judged by axe-core, steered with the keyboard, read without script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.browser.conftest import Look
from tests.browser.test_accessibility import RULES, SCREENS, violations
from tests.support import domains
from tests.support.dashboard import Dashboard

PATHS = (
    "/checks?limit=3", "/notifications?limit=3", "/queue", "/queue/stop", "/insights", "/locks", "/audit?limit=3",
)  # fmt: skip

# What is of the same elements elsewhere is judged once: in the dark what has colours of its own, on a phone what folds.
JUDGED = {"light": PATHS, "dark": (PATHS[1], PATHS[4]), "phone": PATHS[::2]}


@pytest.fixture
def filled(dashboard: Dashboard) -> Iterator[Dashboard]:
    """Rows of every domain, and two locks, of which a stranger has named one."""
    domains.fill(dashboard.write, checks=120, notifications=40, attempts=300, jobs=12, entries=40)
    locks = dashboard.platform.locks
    with dashboard.turn:
        leases = [
            locks.acquire(name, 600, who="a schedule", run_id=str(uuid4()))
            for name in ("retention", f"warmup:on-demand:{domains.HOSTILE}:a")
        ]
    yield dashboard
    for lease in leases:
        locks.force_release(lease.name, lease.holder, "a test")
    dashboard.write(f"TRUNCATE {', '.join(domains.TABLES)} RESTART IDENTITY CASCADE")


@pytest.mark.long
@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_of_a_domain_has_a_violation_or_sticks_out(filled: Dashboard, look: Look, screen: str) -> None:
    page = look.at("/", **SCREENS[screen])
    found = {}

    for path in PATHS if screen == "phone" else JUDGED[screen]:
        page.goto(filled.url + path)
        if path in JUDGED[screen]:
            found[path] = violations(page, RULES[screen])
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width == page.evaluate("innerWidth"), path
        assert page.locator("main img").count() == 0
        assert "\u202e" not in page.inner_text("main")

    assert {path: what for path, what in found.items() if what} == {}


def test_processing_is_stopped_with_the_keyboard(filled: Dashboard, look: Look) -> None:
    page = look.at("/queue")
    page.get_by_role("link", name="Stop processing").focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Stop processing"

    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Stop processing").press("Enter")

    page.get_by_role("link", name="Start processing").wait_for()
    assert "Jobs are not processed" in page.inner_text("main")
    change = page.locator("#changes tbody tr").first.inner_text().split()
    assert change[-5:] == ["stopped", "enabled:", "yes", "→", "no"]


def test_the_page_of_the_queue_renews_itself(filled: Dashboard, look: Look) -> None:
    page = look.at("/queue")
    assert "Later\n" in page.locator("#figures").inner_text()
    filled.write("INSERT INTO puppet_jobs (user_id, job_type) VALUES ('newcomer', 'visit_profile')")

    page.clock.run_for(5_500)

    page.locator("#users").get_by_text("newcomer").wait_for()


def test_a_lock_is_taken_from_its_holder_in_two_steps(filled: Dashboard, look: Look) -> None:
    page = look.at("/locks")
    page.get_by_role("link", name="Release retention").click()
    dialog = page.get_by_role("dialog")
    assert "Held by\na schedule" in dialog.inner_text()

    dialog.get_by_role("button", name="Release it").click()

    page.locator("#locks tr", has_text="retention").wait_for(state="detached")
    assert page.url == f"{filled.url}/locks"


def test_lists_are_filtered_turned_and_saved_without_script(filled: Dashboard, look: Look, tmp_path: Path) -> None:
    page = look.at("/checks?limit=20", java_script_enabled=False)
    page.get_by_label("Result").select_option("failed")
    page.get_by_role("button", name="Show").click()
    assert "status=failed" in page.url
    assert page.locator("#checks tbody tr").count() == 30
    page.goto(f"{page.url}&limit=20")

    page.get_by_role("link", name="Older").click()
    assert page.locator("#checks tbody tr").count() == 10
    with page.expect_download() as saved:
        page.get_by_role("link", name="JSON").click()

    assert saved.value.suggested_filename == "checks-recent.json"
    saved.value.save_as(tmp_path / "checks.json")
    assert len(json.loads((tmp_path / "checks.json").read_text())["rows"]) == 30
