"""The alarms: what each says, when it goes off, and on what; as CloudFormation resources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from deploy.observability.registry import Watched

Resources = dict[str, dict[str, Any]]

TOPIC: Final = "AlarmTopic"
# A second stack in the account has metrics of its own, or its failures would ring here.
NAMESPACE: Final = "Nightshift/${AWS::StackName}"
WATCHDOG: Final = "watchdog"
_FIVE_MINUTES_S: Final = 300
_OF_THE_TIMEOUT: Final = 0.8
# CloudWatch aligns whole days and weeks to the clocks of a zone; other periods cannot be missed by the calendar.
# Those of the kinds that every function or job may have; any other alarm is a kind of its own.
KINDS: Final = ("ErrorsAlarm", "ThrottlesAlarm", "DurationAlarm", "MissedAlarm")
_BY_THE_CALENDAR: Final = {timedelta(days=1): "day", timedelta(days=7): "week"}


def kind(name: str, functions: list[Watched]) -> str:
    """Return the kind of an alarm by its logical id: what the runbook has a heading for."""
    own = (name.removeprefix(function.id) for function in functions if name.startswith(function.id))
    return next((rest for rest in own if rest in KINDS), name)


def runbook(kind: str) -> str:
    """Return where the runbook tells what to do about a kind of alarm; descriptions end with it."""
    return f"docs/runbook.md#{kind.lower()}"


def alarms(functions: list[Watched]) -> Resources:
    """Return every alarm that follows from the list of functions."""
    found = _alarms(functions)
    for name, alarm in found.items():
        alarm["Properties"]["AlarmDescription"] += f". {runbook(kind(name, functions))}"
    return found


def _alarms(functions: list[Watched]) -> Resources:
    found: Resources = {}
    for function in functions:
        found |= _of_function(function)
    for queue, what in (
        ("Undelivered", "A schedule could not start its job; the queue holds the events"),
        ("FailedRuns", "A run failed on every attempt; the queue holds its event and its error"),
    ):
        found[f"{queue}Alarm"] = _of_queue(f"{queue}Queue", what)
    for function in functions:
        found |= dict(_missed(function))
    return found | _of_watchdog()


def _of_function(function: Watched) -> Resources:
    who = f"A run of {function.name}" if function.job else f"The function {function.name}"
    most_ms = round(function.timeout_s * 1000 * _OF_THE_TIMEOUT)
    errors = _of_lambda(function, "Errors", f"{who} failed (an exception or a timeout)", "Sum", 0)
    held_back = f"{who} was held back: the account or the function has no concurrency left"
    throttles = _of_lambda(function, "Throttles", held_back, "Sum", 0)
    slow = f"{who} took over 80 % of its {function.timeout_s} s; its work hardly fits into one invocation any more"
    # One request may rightly wait 25 s (Prefer: wait); when the door takes so long on average, something is wrong.
    duration = _of_lambda(function, "Duration", slow, "Average" if function.id == "Api" else "Maximum", most_ms)
    return {
        f"{function.id}ErrorsAlarm": errors,
        f"{function.id}ThrottlesAlarm": throttles,
        f"{function.id}DurationAlarm": duration,
    }


def _of_lambda(function: Watched, metric: str, says: str, statistic: str, threshold: int) -> dict[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": {"Ref": f"{function.id}Function"}}]
    return _alarm(says, ("AWS/Lambda", metric), dimensions, statistic, threshold)


def _of_queue(queue: str, says: str) -> dict[str, Any]:
    dimensions = [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]
    return _alarm(says, ("AWS/SQS", "ApproximateNumberOfMessagesVisible"), dimensions, "Maximum", 0)


def _missed(function: Watched) -> Iterator[tuple[str, dict[str, Any]]]:
    """A day or week of the job's zone that ends without a run that succeeded."""
    period = function.period or timedelta(0)
    unit = _BY_THE_CALENDAR.get(period)
    if not function.job or unit is None:
        return
    says = (
        f"No run of {function.name} succeeded in a whole {unit} of its zone; the {unit} in which it was first deployed"
        " may be one"
    )
    alarm = _of_job(function.name, "RunsSucceeded", says, "Sum", 1, period_s=int(period.total_seconds()))
    alarm["Condition"] = f"{function.id}AsPlanned"
    alarm["Properties"] |= {
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "breaching",
        "EvaluationWindow": {"WallClockWindow": {"Timezone": {"Ref": function.zone}}},
    }
    yield f"{function.id}MissedAlarm", alarm


def _of_watchdog() -> Resources:
    unseen = "The watchdog has not looked for 15 minutes: nobody sees what is late"
    silent = _of_job(WATCHDOG, "RunsSucceeded", unseen, "Sum", 1)
    silent["Condition"] = "WatchdogEnabled"
    silent["Properties"] |= {
        "EvaluationPeriods": 3, "ComparisonOperator": "LessThanThreshold", "TreatMissingData": "breaching",
    }  # fmt: skip
    found = {
        "JobsLate": "A job has not run when it should have; the list of jobs names it",
        "JobsStuck": "A run does not come to an end; the list of jobs names it",
        "RunsLost": "A run died without a word; the watchdog's log names it",
        "AlertsNotSent": "Alerts could not be sent to Slack for 15 minutes; the watchdog's log says why",
    }
    alarms = {f"{metric}Alarm": _of_job(WATCHDOG, metric, says, "Maximum", 0) for metric, says in found.items()}
    alarms["AlertsNotSentAlarm"]["Properties"]["EvaluationPeriods"] = 3
    return {"WatchdogSilentAlarm": silent, **alarms}


def _of_job(
    job: str, metric: str, says: str, statistic: str, threshold: int, *, period_s: int = _FIVE_MINUTES_S
) -> dict[str, Any]:
    dimensions = [{"Name": "service", "Value": "nightshift"}, {"Name": "job", "Value": job}]
    return _alarm(says, ({"Fn::Sub": NAMESPACE}, metric), dimensions, statistic, threshold, period_s)


def _alarm(
    says: str,
    metric: tuple[Any, str],
    dimensions: list[dict[str, Any]],
    statistic: str,
    threshold: int,
    period_s: int = _FIVE_MINUTES_S,
) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": says,
            "Namespace": metric[0],
            "MetricName": metric[1],
            "Dimensions": dimensions,
            "Statistic": statistic,
            "Period": period_s,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": threshold,
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": TOPIC}],
        },
    }
