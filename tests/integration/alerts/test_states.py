"""One message for each change of state, a reminder for what stays, one notice for what flaps."""

from __future__ import annotations

import pytest

from tests.integration.alerts.conftest import Watch


def test_a_thing_that_goes_bad_is_told_once_however_often_it_is_found(watch: Watch) -> None:
    for _ in range(3):
        watch.bad()
    watch.send()
    watch.bad()
    watch.later("1 minute")
    watch.send()

    assert watch.slack.texts == ["FAILING: The thing is broken"]


def test_what_is_well_is_no_news(watch: Watch) -> None:
    watch.well()
    watch.well()

    assert watch.send().sent == 0
    assert watch.slack.asked == 0


def test_the_recovery_says_how_long_it_lasted(watch: Watch) -> None:
    watch.bad()
    watch.send()
    watch.later("2 hours 5 minutes")
    watch.well()
    watch.send()
    watch.well()
    watch.later("1 minute")
    watch.send()

    assert watch.slack.texts[1:] == ["RECOVERED: The thing is broken (it lasted 2 h 5 min)"]


def test_it_opens_only_after_so_many_in_a_row(watch: Watch) -> None:
    for is_bad in (True, True, False, True, True):
        if is_bad:
            watch.bad(after=3)
        else:
            watch.well()
    assert watch.send().sent == 0
    watch.bad(after=3)
    assert watch.send().sent == 1


def test_what_stays_bad_is_told_again_every_four_hours(watch: Watch) -> None:
    watch.bad(jobs=3)
    watch.send()
    watch.later("3 hours 59 minutes")
    watch.bad(jobs=12)
    watch.send()
    assert len(watch.slack.taken) == 1
    watch.later("1 minute")
    watch.send()
    watch.later("1 minute")
    watch.send()
    watch.later("4 hours")
    watch.send()

    assert watch.slack.texts[1:] == [
        "STILL FAILING: The thing is broken (for 4 h)",
        "STILL FAILING: The thing is broken (for 8 h 1 min)",
    ]
    # With what was found last.
    assert watch.slack.taken[1]["blocks"][0]["fields"][0]["text"] == "*jobs*\n12"


def test_a_reminder_of_what_has_recovered_meanwhile_is_left_out(watch: Watch) -> None:
    watch.bad()
    watch.send()
    watch.later("4 hours")
    watch.run.deadline = -100.0
    watch.sql("UPDATE alert_channels SET next_at = now() + interval '1 hour'")
    watch.send()
    watch.well()
    watch.later("1 hour")
    watch.send()

    assert [text.partition(":")[0] for text in watch.slack.texts] == ["FAILING", "RECOVERED"]
    assert watch.states == [("opened", "sent"), ("reminder", "dropped"), ("recovered", "sent")]


def test_what_changes_too_often_is_told_once_until_it_is_steady(watch: Watch) -> None:
    for _ in range(6):
        watch.bad()
        watch.later("1 minute")
        watch.send()
        watch.well()
        watch.later("1 minute")
        watch.send()
    watch.later("57 minutes")
    watch.send()
    said = [text.partition(":")[0] for text in watch.slack.texts]
    assert said == ["FAILING", "RECOVERED", "FAILING", "FLAPPING"]

    watch.later("2 minutes")
    watch.send()
    watch.later("1 day")
    watch.send()
    assert watch.slack.texts[4:] == ["STEADY AGAIN, WELL: The thing is broken (for 1 h)"]


def test_what_flaps_and_stays_bad_is_told_so_and_reminded_of(watch: Watch) -> None:
    for _ in range(3):
        watch.bad()
        watch.well()
    watch.bad()
    watch.send()
    watch.later("1 hour")
    watch.send()
    watch.later("4 hours")
    watch.send()

    assert [text.partition(":")[0] for text in watch.slack.texts] == [
        "4 alerts\nFAILING", "STEADY AGAIN, FAILING", "STILL FAILING",
    ]  # fmt: skip


@pytest.mark.parametrize("pause", ["21 minutes", "2 hours"])
def test_what_changes_seldom_is_told_each_time(watch: Watch, pause: str) -> None:
    for _ in range(3):
        watch.bad()
        watch.send()
        watch.later(pause)
        watch.well()
        watch.send()
        watch.later(pause)

    assert [text.partition(":")[0] for text in watch.slack.texts] == ["FAILING", "RECOVERED"] * 3


def test_things_are_told_apart_by_their_keys(watch: Watch) -> None:
    watch.bad("probe:a", "A is broken")
    watch.bad("probe:b", "B is broken")
    watch.later("1 hour")
    watch.well("probe:a", "A is broken")
    watch.send()

    assert watch.slack.texts[0].splitlines() == [
        "3 alerts", "FAILING: A is broken", "FAILING: B is broken", "RECOVERED: A is broken (it lasted 1 h)",
    ]  # fmt: skip


def test_the_message_leads_to_the_run(watch: Watch) -> None:
    watch.bad()
    watch.send()

    (footer,) = watch.slack.taken[0]["blocks"][1]["elements"]
    assert f"<https://door.example/runs/{watch.run.id}|run {watch.run.id[:8]}…>" in footer["text"]
    assert "probe:thing" in footer["text"]


def test_without_alerts_nothing_is_noted(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENABLE_SLACK_ALERTS", "false")
    watch.bad()

    assert watch.send().sent == 0
    assert watch.sql("SELECT count(*) FROM alert_states") == [[0]]
