"""axe-core finds nothing to complain of on any page, in light, in dark and on a phone."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import Look
from tests.support.dashboard import Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCREENS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1400, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1400, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}
PATHS = (
    "/", "/jobs/wishlist-sale-check", "/runs/{failed}", "/jobs/product-checks/run", "/jobs/retention/pause", "/nowhere",
)  # fmt: skip
_ALL = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Of the same elements in other colours, nothing but the colours can be wrong.
_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
RULES = {"light": _ALL, "dark": _COLOURS, "phone": _ALL}


def violations(page: Page, rules: dict[str, Any]) -> list[str]:
    """What axe-core finds, each with the element that it is about."""
    if not page.evaluate("() => 'axe' in window"):
        # Not as an element of the page: its policy lets no such script in.
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        # What is inside of an image is no element of its own; there are hundreds of bars.
        "(rules) => axe.run({exclude: ['.bars g']}, {runOnly: rules, resultTypes: ['violations']})"
        ".then((all) => all.violations)",
        rules,
    )
    return [f"{each['id']}: {node['html'][:160]} {node['failureSummary']}" for each in found for node in each["nodes"]]


@pytest.mark.long
@pytest.mark.parametrize("screen", SCREENS)
def test_no_page_has_a_violation(eventful: Dashboard, look: Look, screen: str) -> None:
    (failed,) = eventful.write("SELECT id FROM job_runs WHERE status = 'failed' ORDER BY created_at DESC LIMIT 1")
    page = look.at("/", **SCREENS[screen])
    found = {}

    for path in PATHS:
        page.goto(eventful.url + path.format(failed=failed["id"]))
        found[path] = violations(page, RULES[screen])
    look.complaints.clear()  # /nowhere is a 404, which the browser writes to its console

    assert {path: what for path, what in found.items() if what} == {}


def test_the_sign_in_form_has_no_violation(dashboard: Dashboard, look: Look) -> None:
    assert violations(look.at("/login", None), _ALL) == []


def test_nothing_sticks_out_on_a_phone(eventful: Dashboard, look: Look) -> None:
    page = look.at("/", **SCREENS["phone"])

    for path in ("/", "/jobs/wishlist-sale-check", "/jobs/product-checks/run"):
        page.goto(eventful.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") == 390, path
