"""Ratios against goals, and the page and pictures that tell of them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import bars, page, rounds
from benchmarks.rounds import Comparison, Contender, Goal, compare


def _compared(ours: list[float], theirs: list[float], goal: Goal) -> Comparison:
    return Comparison("Work & more", "ms", [goal], {"ours": ours, "theirs": theirs})


@pytest.mark.parametrize(
    ("goal", "is_met"),
    [
        (Goal("ours", "theirs"), True),
        (Goal("ours", "theirs", at_least=2.0), True),
        (Goal("ours", "theirs", at_least=2.1), False),
        (Goal("ours", "theirs", at_most=2.0), True),
        (Goal("ours", "theirs", at_most=1.9), False),
    ],
)
def test_a_goal_bounds_the_median_of_the_ratios_of_the_rounds(goal: Goal, *, is_met: bool) -> None:
    (ratio,) = _compared([2.0, 4.0, 9.0], [1.0, 2.0, 3.0], goal).ratios()

    assert (ratio.median, ratio.low, ratio.high) == (2.0, 2.0, 3.0)
    assert ratio.is_met is is_met


@pytest.mark.parametrize(("theirs", "noisy"), [([1.0, 1.0, 1.2], False), ([1.0, 1.0, 1.4], True)])
def test_rounds_that_disagree_are_called_noisy(theirs: list[float], *, noisy: bool) -> None:
    (ratio,) = _compared([1.0, 1.0, 1.0], theirs, Goal("ours", "theirs")).ratios()

    assert ratio.is_noisy is noisy
    assert ("noisy" in ratio.verdict) is noisy


def test_contenders_take_turns_in_an_order_that_turns_round() -> None:
    seen: list[str] = []

    def measure(name: str) -> float:
        seen.append(name)
        return 1.0

    compare("turns", [Contender(name, lambda name=name: measure(name)) for name in "ab"], unit="", rounds=3)  # type: ignore[misc]

    assert seen == ["a", "b", "b", "a", "a", "b"]


def test_the_page_has_what_was_measured_and_says_what_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "RESULTS", tmp_path)
    goal = Goal("ours", "theirs", at_most=1.5)
    rounds.save("lock", [_compared([2.0, 2.0], [1.0, 1.0], goal)], {"moto": "5"}, notes=["Because of the disk."])
    template = tmp_path / "template.md"
    template.write_text("# Speed\n\n{row:lock}\n\n{row:door}\n")

    written = page.write(template, tmp_path, tmp_path / "docs").read_text()

    assert "| ours / theirs | 2.00 | 2.00 to 2.00 | ≤ 1.5 | **missed** |" in written
    assert "Because of the disk." in written
    assert "make bench ONLY=door" in written
    assert (tmp_path / "docs" / "images" / "bench-lock.svg").exists()


def test_bars_are_as_long_as_their_figures() -> None:
    document = _compared([50.0], [100.0], Goal("ours", "theirs")).document()

    picture = ET.fromstring(bars.draw([document]))  # noqa: S314  # our own

    ours, theirs = (float(bar.get("width", "0")) for bar in picture.iter("{http://www.w3.org/2000/svg}rect"))
    assert theirs == pytest.approx(2 * ours, abs=0.1)


@pytest.mark.parametrize(("named", "kinds"), [((), ["o", "b"]), (("ours", "theirs"), ["o", "o"])])
def test_ours_stand_out(named: tuple[str, ...], kinds: list[str]) -> None:
    compared = _compared([50.0], [100.0], Goal("ours", "theirs"))
    compared.ours = named

    picture = ET.fromstring(bars.draw([compared.document()]))  # noqa: S314  # our own

    assert [bar.get("class") for bar in picture.iter("{http://www.w3.org/2000/svg}rect")] == kinds
