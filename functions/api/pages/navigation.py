"""The places of the dashboard, in the order of its menu: to add one, add it here and in `every.py`."""

from __future__ import annotations

# The path of the page, and what the menu calls it.
NAVIGATION: tuple[tuple[str, str], ...] = (
    ("/", "Jobs"),
    ("/checks", "Checks"),
    ("/notifications", "Notifications"),
    ("/queue", "Queue"),
    ("/insights", "Insights"),
    ("/locks", "Locks"),
    ("/audit", "Audit"),
)

# Where one sees what a job works on, and what the button to it says.
WORK_OF_JOBS: dict[str, tuple[str, str]] = {
    "product-checks": ("/checks", "Look at the checks"),
    "deliver-notifications": ("/notifications", "Look at the notifications"),
    "puppet-jobs": ("/queue", "Look at the queue"),
}
