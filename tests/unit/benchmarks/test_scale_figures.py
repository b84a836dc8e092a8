"""Where a series bends, and the page that tells of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.scale import page
from benchmarks.scale.figures import Bend, Line, bend_of, percentile


def _line(workers: int, rate: float, busy: float = 0.5) -> Line:
    notes = {"refused connections": 0.0, "claims a second": 3.0}
    return Line(workers, rate, workers * 2.0, {"claim lock": busy, "database cores": 0.4}, 0.01, 0.02, notes)


def test_a_series_bends_where_its_asymptotes_cross() -> None:
    lines = [_line(1, 2.0), _line(10, 19.0), _line(100, 160.0, busy=1.0), _line(1_000, 90.0, busy=1.0)]

    assert bend_of(lines) == Bend(80.0, "claim lock", 160.0)


def test_a_series_that_does_what_its_workers_can_has_no_bend() -> None:
    assert bend_of([_line(1, 2.0), _line(10, 16.0)]) is None


def test_who_falls_short_with_nothing_used_up_has_not_bent() -> None:
    idle = _line(100, 3.0, busy=0.1)

    assert (idle.falls_short, idle.has_bent, bend_of([idle])) == (True, False, None)


def test_the_resource_is_that_of_the_first_line_that_has_bent() -> None:
    first = Line(10, 5.0, 20.0, {"lock item": 0.2, "connections": 0.9}, 0, 0, {})
    bend = bend_of([_line(1, 2.0), first, _line(100, 6.0, busy=1.0)])

    assert bend is not None
    assert bend.resource == "connections"


def _found(**parts: object) -> str:
    machine = {"processor": "a processor", "cores": 2, "load": [0.5]}
    return json.dumps({"at": "2026-11-23T01:00:00", "machine": machine, "versions": {"python": "3"}, "parts": parts})


@pytest.mark.parametrize(
    ("values", "part", "found"),
    [([], 0.5, 0.0), ([3.0], 0.99, 3.0), ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0), (list(range(1, 101)), 0.99, 99)],
)
def test_percentiles_are_values_that_were_seen(values: list[float], part: float, found: float) -> None:
    assert percentile(values, part) == found


def test_the_page_has_what_was_simulated_and_says_what_was_not(tmp_path: Path) -> None:
    ways = [
        {"title": "many", "lines": [_line(1, 2.0).document(), _line(100, 20.0, busy=0.97).document()]},
        {"title": "few", "lines": [_line(1, 2.0).document()]},
    ]
    (tmp_path / "scale.json").write_text(_found(claims=ways))
    template = tmp_path / "template.md"
    template.write_text("# Far\n{bends}\n\n{claims}\n\n{locks}\n\n{machine}\n")

    written = page.write(template, tmp_path, tmp_path / "scaling.md").read_text()

    assert "- many: **bends at about 10 workers** (20.0 jobs/s; claim lock)." in written
    assert "- few: holds at 1 workers (2 jobs/s; claim lock 50%)." in written
    assert "|  | 100 | 20.0 | 10% | claim lock 97% | 10 / 20 ms | 3 | 0 |" in written
    assert "make scale ONLY=locks" in written
    assert "a processor, 2 cores" in written


def test_where_the_limit_decides_no_bend_is_told(tmp_path: Path) -> None:
    lines = [replace(_line(workers, 0.4), ideal=0.5).document() for workers in (1, 100)]
    (tmp_path / "scale.json").write_text(_found(claims=[{"title": "as deployed", "lines": lines}]))
    (tmp_path / "template.md").write_text("{bends}")

    written = page.write(tmp_path / "template.md", tmp_path, tmp_path / "scaling.md").read_text()

    assert written == "- as deployed: the limit decides, more processors bring nothing (0.4 jobs/s)."


def test_what_a_claim_costs_is_told_with_what_each_user_adds(tmp_path: Path) -> None:
    costs = [{"what": "", "taken": 20, "held": held, "ms": ms} for held, ms in ((0, 3.0), (100, 5.0), (1_000, 23.0))]
    (tmp_path / "scale.json").write_text(_found(costs=costs))
    (tmp_path / "template.md").write_text("A claim takes {growth}.")

    written = page.write(tmp_path / "template.md", tmp_path, tmp_path / "scaling.md").read_text()

    assert written == "A claim takes 3 ms of a core, and 20.0 µs more for each user who has something in flight."


def test_the_page_of_the_project_can_be_filled(tmp_path: Path) -> None:
    written = page.write(page.TEMPLATE, tmp_path, tmp_path / "scaling.md").read_text()

    assert "{" not in written
