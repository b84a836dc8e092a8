"""Every sample in events/ is an event that its handler takes, and every job has one for each way of starting it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from api.app import door, handler
from api.domains import DOMAINS
from api.incoming import Incoming
from deploy.event_table import ids
from deploy.rules.reading import of_type, resolver
from deploy.translated import Template, load
from housekeeping import deployment
from local.invoke import MisusedError, did_well, function_of, payload
from nightshift.event import JobEvent
from nightshift.lease import SLOT_DONE
from notifications import feedback
from tests.contract.source import ROOT

SAMPLES = {path.name: path for path in sorted((ROOT / "events").glob("*.json"))}
JOBS = {job.name: job for domain in DOMAINS for job in domain.JOBS}
_VARIABLES = load()["Resources"]["ApiFunction"]["Properties"]["Environment"]["Variables"]
SCHEDULED = [name for name, job in json.loads(resolver(load())(_VARIABLES["JOBS"])).items() if job["schedule"]]
WAYS = [*product(JOBS, ("http", "manual")), *product(SCHEDULED, ("schedule",))]
OF_JOBS = [name for name in SAMPLES if name.split(".")[0] in JOBS]
OF_HTTP = [name for name in SAMPLES if name.startswith("api.")]
OF_MAIL = [name for name in SAMPLES if name.startswith("mail-feedback.")]
OTHERS = ["deployment.json", "migrate.json"]


def _read(name: str) -> Any:
    return json.loads(SAMPLES[name].read_text("utf-8"))


def test_every_sample_belongs_to_a_handler() -> None:
    assert OF_JOBS
    assert OF_HTTP
    assert sorted(SAMPLES) == sorted(OF_JOBS + OF_HTTP + OF_MAIL + OTHERS)


@pytest.mark.parametrize("name", OF_JOBS)
def test_the_job_takes_it(name: str) -> None:
    job, trigger, _ = name.split(".")

    assert JobEvent.parse(_read(name), JOBS[job].parameters).trigger == trigger


@pytest.mark.parametrize(("job", "trigger"), WAYS)
def test_each_way_of_starting_a_job_has_one(job: str, trigger: str) -> None:
    assert f"{job}.{trigger}.json" in SAMPLES


def test_the_schedule_sends_what_the_sample_shows(translated: Template) -> None:
    schedules = dict(of_type(translated, "AWS::Scheduler::Schedule"))
    sent = [json.loads(schedule["Target"]["Input"]) for schedule in schedules.values()]

    assert len(sent) == len(SCHEDULED)
    for each, job in product(sent, SCHEDULED):
        assert each.keys() == _read(f"{job}.schedule.json").keys()


@pytest.mark.parametrize("name", OF_MAIL)
def test_it_ends_an_address(name: str) -> None:
    (report,) = feedback.reports(_read(name))

    assert [each.address for each in feedback.suppressions(report)] == ["nobody@customer.example"]


def test_the_reports_are_sent_as_the_sample_shows(translated: Template) -> None:
    pattern = translated["Resources"]["MailReportsRule"]["Properties"]["EventPattern"]
    sample = _read("mail-feedback.eventbridge.json")

    assert pattern["source"] == [sample["source"]]
    assert sample["detail"]["eventType"] in pattern["detail"]["eventType"]
    assert pattern["detail"]["mail"]["tags"].keys() <= sample["detail"]["mail"]["tags"].keys()


@pytest.mark.parametrize("name", OF_HTTP)
def test_the_door_reads_it(name: str, written: Template) -> None:
    event = _read(name)
    routes = written["Resources"]["ApiFunction"]["Properties"]["Events"].values()

    read = Incoming.read(event, "")

    assert event["version"] == "2.0"
    assert (read.method, read.path) == (event["requestContext"]["http"]["method"], event["rawPath"])
    assert event["routeKey"] in {"{Method} {Path}".format(**route["Properties"]) for route in routes}


@pytest.fixture
def deployed_door(translated: Template, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The door as the template sets it up, but for a database that nobody asks and without its secrets."""
    resolve = resolver(translated)
    function = translated["Resources"]["ApiFunction"]["Properties"]
    for name, value in function["Environment"]["Variables"].items():
        monkeypatch.setenv(name, "" if name.endswith("_SECRET_REF") else str(resolve(value)))
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:asks@127.0.0.1:1/x")
    door.cache_clear()
    yield
    door.cache_clear()


@pytest.mark.usefixtures("deployed_door")
@pytest.mark.parametrize(
    ("name", "status"), [("api.healthz.json", 200), ("api.jobs.json", 503), ("api.run-product-checks.json", 503)]
)
def test_the_door_answers_it_and_is_closed_while_it_has_no_secret(name: str, status: int) -> None:
    assert handler(_read(name), None)["statusCode"] == status


def test_the_migrations_run_on_it() -> None:
    """CloudFormation's request names a newer version than the one before it, so nothing is being undone."""
    assert not deployment.is_going_back(_read("deployment.json"))
    # The migrations ask nothing of their event.
    assert _read("migrate.json") == {}


@pytest.mark.parametrize("name", SAMPLES)
def test_make_invoke_finds_its_function_by_its_name_and_sam_by_the_logical_id(name: str, written: Template) -> None:
    function = name.partition(".")[0]

    assert function_of(function) == function_of(ids(written)[function]) == f"nightshift-local-{function}"
    assert f"`{ids(written)[function]}`" in (ROOT / "events" / "README.md").read_text("utf-8")


def test_make_invoke_says_which_functions_there_are() -> None:
    with pytest.raises(MisusedError, match="product-checks"):
        function_of("no-such-function")


def test_a_sample_gets_the_secret_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "JobSecret").write_text("of-this-machine\n")

    given, without = (payload(SAMPLES["api.run-product-checks.json"], folder) for folder in (tmp_path, tmp_path / "x"))

    assert json.loads(given)["headers"]["x-job-secret"] == "of-this-machine"
    assert json.loads(without)["headers"]["x-job-secret"] == "the-value-of-JobSecret"


@pytest.mark.parametrize(
    ("answer", "well"),
    [
        ({"status": "succeeded"}, True),
        ({"status": "skipped", "reason": SLOT_DONE}, True),
        ({"status": "skipped", "reason": "held"}, False),
        ({"statusCode": 202, "body": "{}"}, True),
        ({"statusCode": 401, "body": "{}"}, False),
        ({"applied": []}, True),
        (None, True),
    ],
)
def test_an_answer_tells_whether_it_was_done(answer: Any, well: bool) -> None:
    assert did_well(answer) is well


def test_samples_are_text_that_people_can_edit() -> None:
    for path in SAMPLES.values():
        assert path.read_text("utf-8") == json.dumps(json.loads(path.read_text("utf-8")), indent=2) + "\n", path
