"""What watching costs a month, from the resources, the schedules and the metrics that the code emits."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from deploy.observability.registry import Watched, functions
from deploy.rules.reading import of_type
from deploy.translated import Template

ROOT: Final = Path(__file__).resolve().parents[2]
# https://aws.amazon.com/cloudwatch/pricing/, us-east-1, as published in February 2026: US dollars a month, or a GB.
PRICES_OF: Final = "February 2026"
ALARM_USD: Final = 0.10
METRIC_USD: Final = 0.30
DASHBOARD_USD: Final = 3.00
LOGS_USD: Final = 0.50
KEPT_USD: Final = 0.03
SCANNED_USD: Final = 0.005
_HOURS: Final = 730
# What every run that ends well emits; the others (failed, skipped, continued) come seldom and cost by the hour.
OF_EACH_RUN: Final = ("RunsSucceeded", "ItemsProcessed", "ItemsFailed", "Duration")
# Lambda's three lines, the run's two and its metrics.
_KB_A_RUN: Final = 3.0
_COUNTED: Final = re.compile(r'\.count\(\s*"(\w+)"')
_DELIVERS: Final = ("wishlist", "notifications")


@dataclass(frozen=True)
class Line:
    """One line of the bill."""

    what: str
    count: str
    price: str
    usd: float


def metrics_of(job: Watched) -> tuple[str, ...]:
    """Return the names of the metrics that a good run of a job may emit, by what its domain's code counts."""
    folders = [ROOT / "functions" / job.domain]
    if job.domain in _DELIVERS:
        folders.append(ROOT / "layers" / "nightshift" / "nightshift" / "delivery")
    files = (file for folder in folders for file in folder.rglob("*.py"))
    counted = {name for file in files for name in _COUNTED.findall(file.read_text("utf-8"))}
    return (*OF_EACH_RUN, *sorted(counted))


def hours_a_month(job: Watched) -> float:
    """Return in how many hours of a month a job runs by its default schedule: metrics are paid by the hour."""
    if job.period is None:
        return 0.0
    return _HOURS * min(1.0, timedelta(hours=1) / job.period)


def runs_a_month(job: Watched) -> float:
    """Return how often a job runs in a month by its default schedule."""
    return timedelta(hours=_HOURS) / job.period if job.period else 0.0


def bill(template: Template, *, everything: bool) -> list[Line]:
    """Return the lines of a month's bill; without `everything`, of the schedules that are on by default."""
    jobs = [job for job in functions(template) if job.job and (everything or job.is_on)]
    alarms = len(list(of_type(template, "AWS::CloudWatch::Alarm")))
    metric_months = sum(len(metrics_of(job)) * hours_a_month(job) / _HOURS for job in jobs)
    gigabytes = sum(runs_a_month(job) for job in jobs) * _KB_A_RUN / 1024**2
    dashboards = len(list(of_type(template, "AWS::CloudWatch::Dashboard")))
    queries = len(list(of_type(template, "AWS::Logs::QueryDefinition")))
    return [
        Line("Alarms, one metric each", str(alarms), f"{ALARM_USD:.2f}", alarms * ALARM_USD),
        Line(
            "Metrics of our own, by the hours in which they come", f"{metric_months:.1f}", f"{METRIC_USD:.2f}",
            metric_months * METRIC_USD,
        ),
        Line("Dashboards", str(dashboards), f"{DASHBOARD_USD:.2f}", dashboards * DASHBOARD_USD),
        Line(f"Saved queries ({SCANNED_USD} for each GB that one reads)", str(queries), "0.00", 0.0),
        Line("Logs of scheduled runs, GB taken in", f"{gigabytes:.2f}", f"{LOGS_USD:.2f}", gigabytes * LOGS_USD),
        Line("The same, kept for 30 days", f"{gigabytes:.2f}", f"{KEPT_USD:.2f}", gigabytes * KEPT_USD),
    ]  # fmt: skip
