"""Times, durations, states and bars as pages show them."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from api.pages import marks, moments
from api.runs import STATUSES
from api.states import STATES


def run(status: str = "succeeded", duration_ms: int | None = 1000, at: str = "2026-11-22T15:00:00Z") -> dict[str, Any]:
    return {"status": status, "durationMs": duration_ms, "createdAt": at}


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "2026-07-01 04:30 UTC"),
        ("America/New_York", "2026-07-01 00:30 EDT"),
        ("Asia/Kolkata", "2026-07-01 10:00 IST"),
        ("America/Argentina/Buenos_Aires", "2026-07-01 01:30 UTC-03"),
    ],
)
def test_a_time_names_its_zone(zone: str, shown: str) -> None:
    assert moments.on_clocks("2026-07-01T04:30:15.250Z", zone) == shown


def test_a_time_keeps_its_instant_for_the_script() -> None:
    shown = moments.moment("2026-11-22T15:00:05.000Z", "America/New_York", ago=True, exact=True)

    assert shown == (
        '<time datetime="2026-11-22T15:00:05.000Z" data-zone="America/New_York" data-ago data-exact>'
        "2026-11-22 10:00:05 EST</time>"
    )
    assert "<time" not in moments.moment(None)


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (None, "\u2013"), (0, "0 ms"), (999.4, "999 ms"), (1000, "1.0 s"), (59_949, "59.9 s"), (59_950, "1 min 00 s"),
        (185_000, "3 min 05 s"), (3_599_499, "59 min 59 s"), (3_599_500, "1 h 00 min"), (7_800_000, "2 h 10 min"),
        (172_799_000, "47 h 59 min"), (172_800_000, "2 d 0 h"), (1_000_000_000, "11 d 13 h"),
    ],
)  # fmt: skip
def test_a_duration_is_as_exact_as_it_is_short(milliseconds: float | None, shown: str) -> None:
    assert moments.duration(milliseconds) == shown


@pytest.mark.parametrize("word", [*STATES, *STATUSES])
def test_every_state_has_a_shape_and_its_word(word: str) -> None:
    shown = marks.state(word)

    assert "<path" in shown or "<circle" in shown
    assert f"</svg>{word}</span>" in shown
    assert word == "never" or marks.kind_of(word) != "none"


def test_what_went_wrong_has_another_shape_than_what_went_well() -> None:
    shapes = {word: re.sub(r'class="state \w+"|</svg>.*', "", marks.state(word)) for word in STATES}

    assert len({shapes[word] for word in ("ok", "failed", "late", "running", "paused", "skipped", "never")}) == 7


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  # our own


def test_bars_go_from_the_oldest_on_the_left_to_the_newest_on_the_right() -> None:
    runs = [run(at=f"2026-11-22T15:0{minute}:00Z") for minute in (3, 2, 1)]

    titles = [title.text for title in drawn(marks.bars(runs, "UTC", "Tidy up")).iter("title")]

    assert titles == [f"2026-11-22 15:0{minute} UTC: succeeded, 1.0 s" for minute in (1, 2, 3)]


def test_a_bar_is_as_high_as_its_run_took_long_and_never_too_low_to_see() -> None:
    heights = [
        int(height)
        for height in re.findall(
            r"v(\d+)h-", marks.bars([run(duration_ms=took) for took in (1, 500, 1000)], "UTC", "x")
        )
    ]

    assert heights == [22, 11, 3]


def test_a_failure_is_marked_on_top_and_what_was_skipped_is_hollow() -> None:
    groups = {
        group.get("class"): len(group.findall("path"))
        for group in drawn(marks.bars([run("failed"), run("succeeded"), run("skipped", 0)], "UTC", "x")).iter("g")
    }

    assert groups == {"bad": 2, "good": 1, "past": 1}


def test_all_bars_say_together_what_they_are() -> None:
    runs = [run("failed"), run("succeeded"), run("failed")]

    assert (
        drawn(marks.bars(runs, "UTC", "Tidy up")).get("aria-label") == "Tidy up: the last 3 runs, 2 failed, 1 succeeded"
    )
    assert drawn(marks.bars([], "UTC", "Tidy up")).get("aria-label") == "Tidy up: no run yet"


def test_no_more_bars_are_drawn_than_there_is_room_for() -> None:
    assert len(list(drawn(marks.bars([run()] * 100, "UTC", "x")).iter("g"))) == marks.BARS


def test_bars_survive_any_word() -> None:
    svg = drawn(marks.bars([run('"><script>', None)], "UTC", '"><script>'))

    assert [group.get("class") for group in svg.iter("g")] == ["none"]
