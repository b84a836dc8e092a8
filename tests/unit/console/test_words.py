"""What the console shows of times and of texts that came from elsewhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.console import logs, words

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, "-"),
        ("2026-03-01T10:00:00Z", "10:00 UTC, 2 h ago"),
        ("2026-03-01T13:30:00+01:00", "12:30 UTC, in 30 min"),
        ("2026-02-27T12:00:00Z", "2026-02-27 12:00 UTC, 2 d ago"),
        ("2026-03-01T12:00:00Z", "12:00 UTC, 0 s ago"),
    ],
)
def test_moments(text: str | None, shown: str) -> None:
    assert words.moment(text, NOW) == shown


def test_a_text_cannot_steer_the_terminal() -> None:
    assert words.plain("\x1b[2J\u202eowned\nby a name") == "[2J owned by a name"


def test_the_lines_of_one_run_in_the_order_of_their_times(tmp_path: Path) -> None:
    def line(at: str, run: str, **facts: object) -> str:
        return json.dumps({"timestamp": at, "level": "INFO", "message": "m", "run_id": run, **facts}) + "\n"

    (tmp_path / "b.log").write_text(line("1", "x", first=True) + "START no JSON x\n" + line("9", "y", said="x"))
    (tmp_path / "a.log").write_text(line("2", "x", counts={"done": 2}) + "{half a line x\n")

    assert list(logs.lines(tmp_path, "x")) == ["1 INFO    m first=True", '2 INFO    m counts={"done": 2}']
