"""What watches over the functions is what the list of functions says, and asks for what the code really emits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.observability import page
from deploy.observability.costs import bill, metrics_of
from deploy.observability.registry import functions
from deploy.observability.writing import BEGIN, END, made_of, rewritten
from deploy.rules.reading import of_type
from deploy.translated import TEMPLATE, Template

ROOT = Path(__file__).resolve().parents[2]
OURS = "Nightshift"


def test_the_template_is_as_it_would_be_written(written: Template) -> None:
    text = TEMPLATE.read_text("utf-8")
    assert rewritten(text, written) == text, "make observability"


def test_the_page_is_as_it_would_be_written(written: Template) -> None:
    assert page.page(written) == page.FILE.read_text("utf-8"), "make observability"


def test_the_bill_counts_what_there_is(written: Template, translated: Template) -> None:
    default, everything = (bill(written, everything=each) for each in (False, True))
    assert int(default[0].count) == len(list(_alarms(translated)))
    assert sum(line.usd for line in default) < sum(line.usd for line in everything)
    [watchdog] = [each for each in functions(written) if each.name == "watchdog"]
    assert {"JobsLate", "RunsSucceeded"} <= set(metrics_of(watchdog))


@pytest.mark.parametrize("marker", [BEGIN, END])
def test_a_template_without_its_markers_is_refused(written: Template, marker: str) -> None:
    with pytest.raises(ValueError, match="must have the lines"):
        rewritten(TEMPLATE.read_text("utf-8").replace(marker, ""), written)


def test_every_job_is_known_by_its_schedule(written: Template) -> None:
    jobs = {each.name: each for each in functions(written) if each.job}
    declared = written["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]["JOBS"]["Fn::Sub"][0]
    assert set(jobs) == set(json.loads(re.sub(r"\$\{(\w+On)\}", "true", declared)))
    missed = {name: each.period.days for name, each in jobs.items() if each.period and each.period.days}
    assert missed.items() >= {"warmup-forecasts": 1, "warmup-ai-explanations": 7, "retention": 1}.items()


@pytest.mark.parametrize("metric", ["Errors", "Throttles", "Duration"])
def test_every_function_that_works_is_watched(translated: Template, metric: str) -> None:
    watched = {
        alarm["Dimensions"][0]["Value"]["Ref"]
        for _, alarm in _alarms(translated)
        if (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", metric)
    }
    every = {name for name, _ in of_type(translated, "AWS::Lambda::Function")}
    assert watched == every - {"DeploymentFunction"}


def test_a_long_run_is_noticed_before_it_is_cut_off(translated: Template) -> None:
    timeouts = {name: each["Timeout"] for name, each in of_type(translated, "AWS::Lambda::Function")}
    for _, alarm in _alarms(translated):
        if alarm["MetricName"] == "Duration":
            assert alarm["Threshold"] == timeouts[alarm["Dimensions"][0]["Value"]["Ref"]] * 800


def test_every_alarm_tells_the_one_topic_and_says_what_is_wrong(translated: Template) -> None:
    alarms = dict(_alarms(translated))
    assert all(alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] for alarm in alarms.values())
    assert all(len(alarm["AlarmDescription"]) > 20 for alarm in alarms.values())
    assert [name for name, _ in of_type(translated, "AWS::SNS::Topic")] == ["AlarmTopic"]


def test_a_missing_sign_of_life_is_breaching_and_nothing_else_is(translated: Template) -> None:
    breaching = {name for name, alarm in _alarms(translated) if alarm["TreatMissingData"] == "breaching"}
    by_the_calendar = [each for each in functions(translated_source()) if each.period and each.period.days in (1, 7)]
    assert len(by_the_calendar) >= 3
    assert breaching == {"WatchdogSilentAlarm", *(f"{each.id}MissedAlarm" for each in by_the_calendar)}


def test_a_missed_run_is_looked_for_by_the_clocks_of_its_own_zone(translated: Template) -> None:
    for job, period_s in (("WarmupForecasts", 86_400), ("WarmupExplanations", 604_800), ("Retention", 86_400)):
        resource = translated["Resources"][f"{job}MissedAlarm"]
        alarm = resource["Properties"]
        assert alarm["EvaluationWindow"] == {"WallClockWindow": {"Timezone": {"Ref": f"{job}Zone"}}}
        assert (alarm["Period"], alarm["Threshold"], alarm["ComparisonOperator"]) == (period_s, 1, "LessThanThreshold")
        # Whoever plans otherwise gets no false alarm.
        condition = translated["Conditions"][resource["Condition"]]["Fn::And"]
        default = translated["Parameters"][f"{job}Schedule"]["Default"]
        assert condition == [{"Condition": f"{job}Enabled"}, {"Fn::Equals": [{"Ref": f"{job}Schedule"}, default]}]


def test_our_own_metrics_have_two_dimensions_and_exist(translated: Template) -> None:
    jobs = {each.name for each in functions(translated_source()) if each.job}
    emitted = set(_emitted())
    for metric, dimensions in _metrics(translated):
        assert set(dimensions) == {"service", "job"}
        assert dimensions["service"] == "nightshift"
        assert dimensions["job"] in jobs
        assert metric in emitted, metric


def test_the_dashboard_shows_every_job_and_every_alarm(translated: Template) -> None:
    [(_, board)] = list(of_type(translated, "AWS::CloudWatch::Dashboard"))
    body = json.loads(board["DashboardBody"]["Fn::Sub"])
    text = json.dumps(body)
    assert all(f"{each.name}: runs" in text for each in functions(translated_source()) if each.job)
    assert max(widget["x"] + widget["width"] for widget in body["widgets"]) == 24
    places = [(widget["x"], widget["y"]) for widget in body["widgets"]]
    assert len(set(places)) == len(places)
    shown = set(body["widgets"][0]["properties"]["alarms"])
    unconditional = [name for name, _ in _alarms(translated) if "Condition" not in translated["Resources"][name]]
    made = made_of(translated_source())
    assert shown == {f"${{{name}.Arn}}" for name in unconditional if name in made}


def test_saved_queries_ask_logs_that_exist(translated: Template) -> None:
    groups = {name for name, _ in of_type(translated, "AWS::Logs::LogGroup")}
    queries = list(of_type(translated, "AWS::Logs::QueryDefinition"))
    assert len(queries) >= 10
    for name, query in queries:
        assert {group["Ref"] for group in query["LogGroupNames"]} <= groups, name
        assert query["LogGroupNames"], name
        assert query["QueryString"].startswith(("fields ", "filter ")), name
    names = [query["Name"]["Fn::Sub"] for _, query in queries]
    assert len(set(names)) == len(names)


def test_cloudformation_takes_it(translated: Template) -> None:
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    assert len(translated["Resources"]) <= 500
    assert len(translated["Parameters"]) <= 200
    assert TEMPLATE.stat().st_size <= 1_000_000


def translated_source() -> Template:
    from deploy.translated import load

    return load()


def _alarms(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from of_type(template, "AWS::CloudWatch::Alarm")


def _metrics(template: Template) -> Iterator[tuple[str, dict[str, str]]]:
    """Every metric of our own that an alarm or the dashboard asks for."""
    for _, alarm in _alarms(template):
        if alarm["Namespace"] == OURS:
            yield alarm["MetricName"], {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    [(_, board)] = list(of_type(template, "AWS::CloudWatch::Dashboard"))
    for widget in json.loads(board["DashboardBody"]["Fn::Sub"])["widgets"]:
        for namespace, metric, *pairs in widget["properties"].get("metrics", []):
            if namespace == OURS:
                yield metric, dict(zip(pairs[::2], pairs[1::2], strict=True))


def _emitted() -> Iterator[str]:
    """The names of metrics in the code: what a run counts, and what is emitted around it."""
    for folder in (ROOT / "functions", ROOT / "layers" / "nightshift"):
        for file in folder.rglob("*.py"):
            text = file.read_text("utf-8")
            yield from re.findall(r'\.count\(\s*"(\w+)"', text)
            yield from re.findall(r'"(\w+)"(?: if [^:{}]+ else "\w+")?: \("(?:Count|Milliseconds)"', text)
            yield from re.findall(r'else "(\w+)": \("(?:Count|Milliseconds)"', text)
