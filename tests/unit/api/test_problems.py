"""Every problem is of a kind that is written down, and the page says of each what to do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.problems import page
from nightshift.problems import KINDS, kind_of
from nightshift.routes import Problem
from tests.support.door import Caller

ROOT = Path(__file__).parents[3]
HOUSE = (ROOT / "functions", ROOT / "layers" / "nightshift")


def _raised() -> Iterator[tuple[str, list[int], str]]:
    """Where a problem is made: the place, the statuses it may have there, and its kind."""
    for folder in HOUSE:
        for file in sorted(folder.rglob("*.py")):
            text = file.read_text("utf-8")
            for node in ast.walk(ast.parse(text if "Problem(" in text else "")):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                    yield from _read(f"{file.relative_to(ROOT)}:{node.lineno}", node)


def _read(place: str, call: ast.Call) -> Iterator[tuple[str, list[int], str]]:
    status = call.args[0]
    # Some routes choose their own status for wrong values; the kind alone is checked there.
    statuses = [status.value] if isinstance(status, ast.Constant) and isinstance(status.value, int) else []
    kinds = [keyword.value for keyword in call.keywords if keyword.arg == "kind"]
    named = [part.value for kind in kinds for part in ast.walk(kind) if isinstance(part, ast.Constant)]
    if named:
        yield from ((place, statuses, word) for word in named if isinstance(word, str))
        return
    assert not kinds, f"{place}: its kind must be written where it is raised"
    assert statuses, f"{place}: without a kind its status must be a number"
    yield place, statuses, kind_of(statuses[0])


RAISED = list(_raised())


@pytest.mark.parametrize(("place", "statuses", "kind"), RAISED, ids=[f"{place} {kind}" for place, _, kind in RAISED])
def test_a_problem_that_is_raised_is_of_a_kind_on_the_list(place: str, statuses: list[int], kind: str) -> None:
    assert kind in KINDS, f"{place}: {kind or statuses} is no kind of nightshift.problems"
    assert set(statuses) <= set(KINDS[kind].statuses), f"{place}: {kind} does not come with {statuses}"


def test_problems_are_found_where_they_are_raised() -> None:
    assert len(RAISED) > 30
    assert {kind for _, _, kind in RAISED} >= {"lock-not-held", "too-soon", "already-running", "not-found"}


def test_no_kind_is_written_down_that_is_never_answered() -> None:
    # What is refused in general goes by its status, and is raised without naming the kind.
    general = {kind_of(status) for status in range(400, 600)} - {""}

    assert KINDS.keys() - {kind for _, _, kind in RAISED} - general == set()


def test_what_goes_by_its_status_is_on_the_list() -> None:
    for status in range(400, 600):
        kind = kind_of(status)
        assert not kind or status in KINDS[kind].statuses


def test_the_page_of_the_repository_is_what_the_code_says() -> None:
    # Made by: python -c "from api.problems import page; print(page(), end='')" > docs/problems.md
    assert (ROOT / "docs" / "problems.md").read_text("utf-8") == page()


def test_the_type_of_an_answer_leads_to_its_place_on_the_page(call: Caller) -> None:
    refused = call("GET", "/test/job")
    path, _, anchor = refused.body["type"].partition("#")
    shown = call("GET", path)

    assert refused.status == 401
    assert shown.status == 200
    assert shown.headers["Content-Type"].startswith("text/markdown")
    assert f"## {anchor}\n" in shown.text
    assert Problem(503, "x").kind == "unavailable"
