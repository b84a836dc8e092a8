"""docs/runbook.md has a heading for every alarm and every kind of alert, and names nothing that is not there."""

from __future__ import annotations

import re
from itertools import chain

from deploy import describe
from deploy.declared_settings import declared
from deploy.observability.alarms import KINDS, kind, runbook
from deploy.observability.registry import functions
from deploy.observability.saved_queries import saved_queries
from deploy.rules.reading import of_type
from deploy.translated import Template
from housekeeping.findings import Finding
from puppet.alerting import BatchSummary, signal_of_health, signals_of_batch
from tests.contract.source import ROOT

PAGE = (ROOT / "docs" / "runbook.md").read_text("utf-8")
HEADINGS = re.findall(r"^#{2,3} (.+)$", PAGE, re.MULTILINE)
TARGETS = re.compile(r"^([a-z-]+):", re.MULTILINE)
MADE = set(TARGETS.findall((ROOT / "Makefile").read_text("utf-8") + (ROOT / "build.mk").read_text("utf-8")))
ROUTES = {(route.method, route.path) for route in describe.routes()}
# What stands in italics besides the names of saved queries: the steps, and buttons of pages.
STEPS = {"Look:", "Do:", "Release", "Reset them"}


def test_every_alarm_has_its_heading_and_leads_to_it(written: Template) -> None:
    alarms = dict(of_type(written, "AWS::CloudWatch::Alarm"))
    watched = functions(written)
    assert len(alarms) > 50
    for name, alarm in alarms.items():
        assert kind(name, watched) in HEADINGS, name
        assert alarm["AlarmDescription"].endswith(f". {runbook(kind(name, watched))}"), name


def test_no_alarm_is_described_that_is_not_there(written: Template) -> None:
    watched = functions(written)
    there = {kind(name, watched) for name, _ in of_type(written, "AWS::CloudWatch::Alarm")}
    assert {heading for heading in HEADINGS if heading.endswith("Alarm")} == there
    assert set(KINDS) <= there


def test_every_key_of_an_alert_has_its_heading() -> None:
    batches = [BatchSummary("b", 0, 3, {sort: 3}) for sort in ("authentication", "network")]
    signals = [*chain.from_iterable(map(signals_of_batch, batches)), signal_of_health([])]
    keys = {signal.key for signal in signals} | {"job:"}
    assert keys == {heading for heading in HEADINGS if re.match(r"(job|puppet):", heading)}


def test_every_title_of_a_jobs_alert_is_explained() -> None:
    found = [Finding("watchdog", state, "a reason").signal() for state in ("late", "stuck", "lost")]
    at_the_end = (ROOT / "functions/housekeeping/migrations/0014_run_alerts.sql").read_text("utf-8")
    titles = {signal.title for signal in found} | set(re.findall(r"(?:THEN|ELSE) '(: [^']+)'", at_the_end))
    assert len(titles) == 5
    for title in titles:
        assert f"| {title.partition(': ')[2]} |" in PAGE


def test_every_command_is_a_target() -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", PAGE, re.MULTILINE))
    assert {"start", "pause", "raise-fences"} <= named
    assert named <= MADE


def test_every_route_is_there() -> None:
    named = re.findall(r"`(GET|POST|PUT) (/[^`?]*)", PAGE)
    assert len(named) > 10
    assert set(named) <= ROUTES


def test_every_page_is_there() -> None:
    pages = {path for method, path in ROUTES if method == "GET"}
    named = set(re.findall(r"`(/[^`?]*)", PAGE))
    assert {"/", "/runs/{id}", "/locks"} <= named
    assert named <= pages


def test_every_saved_query_is_there(written: Template) -> None:
    titles = {
        query["Properties"]["Name"]["Fn::Sub"].rpartition("/")[2]
        for query in saved_queries(functions(written)).values()
    }
    prose = re.sub(r"^```.*?^```|\n(?=\S)", " ", PAGE, flags=re.MULTILINE | re.DOTALL).replace("**", "")
    named = {" ".join(each.split()) for each in re.findall(r"(?<!\w)\*([^*]+)\*(?!\w)", prose)} - STEPS
    assert len(named) > 5
    assert named <= titles


def test_every_output_parameter_and_setting_is_there(written: Template) -> None:
    outputs = set(re.findall(r"[(`]output (\w+)", PAGE)) | set(re.findall(r"`(\w+(?:Arn|QueueUrl))`", PAGE))
    assert outputs <= written["Outputs"].keys() | written["Parameters"].keys()
    variables = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", PAGE)) - {
        "UPDATE_ROLLBACK_FAILED",
        "ERROR_CODE",
        "ERROR_MESSAGE",
    }
    assert variables <= {setting.variable for setting in declared()}
