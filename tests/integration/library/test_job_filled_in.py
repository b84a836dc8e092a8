"""Parameters that follow from others: filled in before the lock is taken, because it is named after them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from nightshift import Outcome, Run, Text
from nightshift.errors import DatabaseUnavailable, InvalidEvent, InvalidRequest, JobFailed, NotFound
from nightshift.platform import Platform, platform
from tests.integration.library.jobs import Context, Invocations, Said, make, nothing

pytestmark = pytest.mark.usefixtures("aws")
COLOURS = {"sky": "blue", "grass": "green"}


def _colour(_platform: Platform, params: Mapping[str, Any]) -> Mapping[str, Any]:
    if params["thing"] == "database":
        raise DatabaseUnavailable("the connection broke")
    if params["thing"] not in COLOURS:
        raise NotFound(f"there is no {params['thing']}")
    return {"colour": COLOURS[params["thing"]]}


DECLARED: dict[str, Any] = {
    "parameters": (Text("thing"), Text("colour"), Text("place")),
    "lock": "paint:{thing}:{colour}",
    "internal": ("colour",),
    "fill_in": _colour,
}


def test_the_lock_the_record_and_the_work_have_what_follows(postgres: Any) -> None:
    seen: list[Mapping[str, Any]] = []

    def work(run: Run) -> Outcome:
        seen.append(run.params)
        return Outcome()

    _, handler = make(work, **DECLARED)
    handler({"params": {"thing": "sky"}}, Context())

    assert seen == [{"thing": "sky", "colour": "blue", "place": None}]
    assert postgres.run("SELECT lock, params FROM job_runs") == [["paint:sky:blue", seen[0]]]
    assert platform().locks.read("paint:sky:blue")


def test_what_is_given_is_not_asked_for_again(postgres: Any) -> None:
    """A run that the door has accepted, or a later part of one."""
    _, handler = make(nothing, **DECLARED)
    handler({"params": {"thing": "the sea", "colour": "grey"}}, Context())

    assert postgres.run("SELECT lock FROM job_runs") == [["paint:the sea:grey"]]


def test_a_later_part_has_the_lock_of_the_first(postgres: Any) -> None:
    def two_parts(run: Run) -> Outcome:
        return Outcome(1, unfinished={**run.params, "place": "here"} if run.params["place"] is None else None)

    _, handler = make(two_parts, **DECLARED)
    platform()._clients["lambda"] = invocations = Invocations()
    handler({"params": {"thing": "grass"}}, Context())
    result = handler(invocations.events[-1], Context())

    assert (result["status"], result["processed"]) == ("succeeded", 2)
    assert postgres.run("SELECT lock, part FROM job_runs") == [["paint:grass:green", 2]]


@pytest.mark.parametrize(
    ("params", "problem"), [({}, "params: thing is missing"), ({"thing": "time"}, "params: there is no time")]
)
def test_what_names_nothing_is_refused_before_anything_is_locked(
    postgres: Any, capsys: Any, params: dict[str, Any], problem: str
) -> None:
    _, handler = make(nothing, **DECLARED)
    with pytest.raises(InvalidEvent) as refused:
        handler({"params": params}, Context())

    assert refused.value.problems == (problem,)
    assert Said(capsys.readouterr().out).messages == ["Event refused"]
    assert postgres.run("SELECT count(*) FROM job_runs") == [[0]]
    assert platform().locks.held() == []


def test_a_database_that_cannot_say_is_a_failed_run_that_lambda_tries_again(postgres: Any, capsys: Any) -> None:
    _, handler = make(nothing, **DECLARED)
    with pytest.raises(JobFailed, match="DatabaseUnavailable"):
        handler({"params": {"thing": "database"}}, Context())
    said = Said(capsys.readouterr().out)

    assert said.messages == ["Job failed"]
    assert said.metrics["RunsFailed"] == [1.0]


def test_strangers_never_share_a_lock_for_want_of_a_parameter(postgres: Any) -> None:
    job, handler = make(nothing, parameters=(Text("shelf"),), lock="warm:{shelf}")
    with pytest.raises(InvalidEvent, match="shelf is missing"):
        handler({}, Context())
    with pytest.raises(InvalidRequest):
        job.filled_in(platform(), {})
    assert job.filled_in(platform(), {"shelf": "a"}) == {"shelf": "a"}


def test_callers_give_what_is_not_internal() -> None:
    job, _ = make(nothing, **DECLARED)

    assert [parameter.name for parameter in job.given] == ["thing", "place"]
    assert job.lock_parameters == ("thing", "colour")
