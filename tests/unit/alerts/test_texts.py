"""Whatever an alert is about, Slack takes it; and its words are plain."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nightshift.alerts.texts import MAX_GROUP, Message, headline, lasting, payload, plain
from tests.support.slack import fault

_TEXTS = st.text(max_size=400) | st.sampled_from(["&" * 5000, "<!here>", "<>" * 3000, "\u202e", "a" * 9000, ""])
_MESSAGES = st.builds(
    Message,
    id=st.integers(1, 9),
    key=_TEXTS,
    kind=st.sampled_from(["opened", "recovered", "reminder", "flapping", "settled"]),
    is_open=st.booleans(),
    since=st.integers(0, 2_000_000_000),
    at=st.integers(0, 2_000_000_000),
    facts=st.fixed_dictionaries(
        {}, optional={"title": _TEXTS, "run_id": _TEXTS, "details": st.lists(st.tuples(_TEXTS, _TEXTS), max_size=14)}
    ),
)


@given(st.lists(_MESSAGES, min_size=1, max_size=MAX_GROUP))
@example([Message(1, "", "opened", is_open=False, since=0, at=0, facts={"run_id": "|"})])
def test_slack_takes_every_group(messages: list[Message]) -> None:
    assert fault(payload(messages, "https://door.example/a&b")) == ""
    assert fault(plain(messages)) == ""


def _message(kind: str, *, is_open: bool = True, **facts: Any) -> Message:
    return Message(1, "probe:thing", kind, is_open, since=1_000, at=9_000, facts={"title": "It broke", **facts})


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (_message("opened"), "FAILING: It broke"),
        (_message("reminder"), "STILL FAILING: It broke (for 2 h 13 min)"),
        (_message("recovered", is_open=False), "RECOVERED: It broke (it lasted 2 h 13 min)"),
        (_message("settled", is_open=False), "STEADY AGAIN, WELL: It broke (for 2 h 13 min)"),
        (_message("settled"), "STEADY AGAIN, FAILING: It broke (for 2 h 13 min)"),
        (
            _message("flapping"),
            "FLAPPING: It broke (it changed too often within 2 h 13 min; next news when it is steady)",
        ),
    ],
)
def test_one_line(message: Message, said: str) -> None:
    assert headline(message) == said


def test_details_are_told_of_what_is_wrong_now() -> None:
    for message, has_details in ((_message("opened", details=[["failed", "3"]]), True),
                                 (_message("recovered", is_open=False, details=[["failed", "3"]]), False)):  # fmt: skip
        assert ("fields" in payload([message])["blocks"][0]) is has_details


def test_without_an_address_there_is_no_link() -> None:
    blocks = payload([_message("opened", run_id="17")])["blocks"]

    assert "|run" not in str(blocks)


def test_a_time_is_shown_in_the_readers_zone_or_in_utc() -> None:
    (footer,) = payload([_message("opened")])["blocks"][1]["elements"]

    assert footer["text"] == "<!date^9000^{date_short_pretty} {time}|1970-01-01 02:30 UTC> | probe:thing"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_600, "1 h"), (3_605, "1 h"), (7_500, "2 h 5 min"),
     (86_400 * 3 + 3_600, "3 d 1 h"), (90, "1 min 30 s")],
)  # fmt: skip
def test_durations(seconds: int, said: str) -> None:
    assert lasting(seconds) == said
