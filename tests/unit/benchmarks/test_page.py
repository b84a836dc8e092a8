"""docs/performance.md: figures in their places, and at the top what came of the goals."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from benchmarks import page, rounds
from benchmarks.rounds import Contender, Goal, compare, save
from benchmarks.run import ROWS

_TEMPLATE = "# Fast\n\n{goals}\n\n## Queue\n\n{row:queue}\n\n## Lock\n\n{row:lock}\n"


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "results"
    monkeypatch.setattr(rounds, "RESULTS", folder)
    return folder


def _measure(name: str, ours: float) -> None:
    contenders = [Contender("ours", lambda: ours), Contender("theirs", lambda: 2.0)]
    goals = (Goal("ours", "theirs", at_least=1), Goal("ours", "theirs"))
    save(name, [compare("Jobs that do nothing", contenders, unit="jobs/s", goals=goals)], {})


def _written(tmp_path: Path, results: Path) -> str:
    template = tmp_path / "template.md"
    template.write_text(_TEMPLATE, "utf-8")
    return page.write(template, results, tmp_path / "docs").read_text("utf-8")


def test_goals_are_counted_and_those_that_were_missed_are_named(tmp_path: Path, results: Path) -> None:
    _measure("queue", ours=3.0)
    _measure("lock", ours=1.0)
    text = _written(tmp_path, results)

    assert "Of 2 goals 1 are met." in text
    assert "| lock | Jobs that do nothing | ours / theirs | 0.50 | ≥ 1 |  |" in text
    assert "| queue |" not in text


def test_where_all_are_met_nothing_is_listed(tmp_path: Path, results: Path) -> None:
    _measure("queue", ours=3.0)
    text = _written(tmp_path, results)

    assert "Of 1 goals 1 are met." in text
    assert "| of what |" not in text


def test_a_row_has_its_figures_ratios_and_picture(tmp_path: Path, results: Path) -> None:
    _measure("queue", ours=3.0)
    text = _written(tmp_path, results)

    assert "| ours | 3 | 3 | 3 |" in text
    assert "| ours / theirs | 1.50 | 1.50 to 1.50 | ≥ 1 | met |" in text
    assert "(images/bench-queue.svg)" in text
    assert (tmp_path / "docs" / "images" / "bench-queue.svg").read_text("utf-8").startswith("<svg")


def test_what_was_not_measured_says_how_to(tmp_path: Path, results: Path) -> None:
    assert "Not measured yet: `make bench ONLY=lock`." in _written(tmp_path, results)


def test_the_page_has_a_place_for_every_row() -> None:
    text = page.TEMPLATE.read_text("utf-8")
    assert [name for name in ROWS if f"{{row:{name}}}" not in text] == []
    assert "{goals}" in text


def test_what_takes_long_is_measured_once_where_only_its_growth_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0.0, 5.0)
    monkeypatch.setattr("benchmarks.rounds.time.monotonic", lambda: next(clock))
    asked: list[int] = []

    def cost(size: int) -> float:
        asked.append(size)
        return 1.0

    rounds.grow("Jobs", "ms", (1, 10), cost)

    assert asked == [1, 10]
