"""The dashboard: what is wrong, then each job's runs, work and time, then the door, the queues and the watchdog."""

from __future__ import annotations

import json
from typing import Any, Final

from deploy.observability.alarms import NAMESPACE, Resources
from deploy.observability.registry import Watched

_COLUMNS: Final = 24
_HEIGHT: Final = 5
Widget = dict[str, Any]


def dashboard(functions: list[Watched], alarms: Resources) -> Resources:
    """Return the one dashboard of the stack."""
    shown = [f"${{{name}.Arn}}" for name, alarm in alarms.items() if "Condition" not in alarm]
    widgets = [
        {"type": "alarm", "width": _COLUMNS, "height": 6, "properties": {"title": "Alarms", "alarms": shown}},
        *(widget for function in functions if function.job for widget in _of_job(function)),
        *_of_door(),
        *_of_the_house(),
    ]
    body = {"widgets": _placed(widgets)}
    return {
        "Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {
                "DashboardName": {"Ref": "AWS::StackName"},
                "DashboardBody": {"Fn::Sub": json.dumps(body)},
            },
        }
    }


def _of_job(function: Watched) -> list[Widget]:
    name = function.name
    runs = ("RunsSucceeded", "RunsFailed", "RunsSkipped", "Overruns", "RunsContinued")
    return [
        _graph(f"{name}: runs", [_ours(metric, name) for metric in runs], "Sum"),
        _graph(f"{name}: items", [_ours(metric, name) for metric in ("ItemsProcessed", "ItemsFailed")], "Sum"),
        _graph(
            f"{name}: longest run (an invocation ends after {function.timeout_s} s)",
            [_ours("Duration", name), _of_lambda("Duration", name)],
            "Maximum",
        ),
    ]


def _of_door() -> list[Widget]:
    api = ["ApiId", "${HttpApi}"]
    return [
        _graph("Door: requests", [["AWS/ApiGateway", metric, *api] for metric in ("Count", "4xx", "5xx")], "Sum"),
        _graph("Door: latency", [["AWS/ApiGateway", "Latency", *api]], "p95"),
        _graph("Door: function", [_of_lambda(metric, "api") for metric in ("Errors", "Throttles")], "Sum"),
    ]


def _of_the_house() -> list[Widget]:
    waiting = "ApproximateNumberOfMessagesVisible"
    queues = [
        ["AWS/SQS", waiting, "QueueName", f"${{{name}.QueueName}}"] for name in ("UndeliveredQueue", "FailedRunsQueue")
    ]
    found = ("JobsLate", "JobsStuck", "RunsLost", "LocksExpired")
    alerts = ("AlertsSent", "AlertsDoubtful", "AlertsNotSent")
    return [
        _graph("Events that nobody took, runs that failed for good", queues, "Maximum"),
        _graph("What the watchdog found", [_ours(metric, "watchdog") for metric in found], "Maximum"),
        _graph("Alerts to Slack", [_ours(metric, "watchdog") for metric in alerts], "Sum"),
    ]


def _graph(title: str, metrics: list[list[str]], statistic: str) -> Widget:
    properties = {
        "title": title, "metrics": metrics, "stat": statistic, "period": 300, "region": "${AWS::Region}",
        "view": "timeSeries",
    }  # fmt: skip
    return {"type": "metric", "width": _COLUMNS // 3, "height": _HEIGHT, "properties": properties}


def _ours(metric: str, job: str) -> list[str]:
    return [NAMESPACE, metric, "service", "nightshift", "job", job]


def _of_lambda(metric: str, name: str) -> list[str]:
    return ["AWS/Lambda", metric, "FunctionName", f"${{AWS::StackName}}-{name}"]


def _placed(widgets: list[Widget]) -> list[Widget]:
    """Lay the widgets out in rows, from left to right."""
    placed, x, y, row = [], 0, 0, 0
    for widget in widgets:
        if x + widget["width"] > _COLUMNS:
            x, y, row = 0, y + row, 0
        placed.append({"x": x, "y": y, **widget})
        x, row = x + widget["width"], max(row, widget["height"])
    return placed
