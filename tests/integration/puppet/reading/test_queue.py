"""The queue as it is now: by state, type, user and processor."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.puppet.reading.history import History
from tests.support.door import AS_READER, Caller


def queue(call: Caller, **query: Any) -> Any:
    answer = call("GET", "/api/cron/queue", AS_READER, query=query)
    assert answer.status == 200, answer.text
    return answer.body


def test_an_empty_queue(call: Caller, history: History) -> None:
    found = queue(call)
    assert {name: state["count"] for name, state in found["states"].items()} == {
        "due": 0, "later": 0, "running": 0, "waiting": 0,
    }  # fmt: skip
    assert (found["oldestDueAt"], found["oldestAgeSeconds"], found["nextAt"]) == (None, None, None)
    assert (found["byType"], found["byUser"], found["processors"]) == ([], [], [])
    assert found["lastHour"] == {
        "success": 0, "failed": 0, "timeout": 0, "duplicate": 0, "cancelled": 0, "isCapped": False,
    }  # fmt: skip


def test_it_is_counted_by_state_type_user_and_processor(call: Caller, history: History) -> None:
    history.job(count=3, due="5 minutes")
    history.job(user_id="bob", job_type="export", due="10 minutes", attempts=1)
    history.job(user_id="eve", due="-1 hour")
    history.job(user_id="bob", status="running", processor_id="p1", beat="20 seconds")
    history.job(user_id="cat", status="waiting", processor_id="p2", beat="1 minute")
    history.job(status="completed", final_status="success", count=2)
    history.job(status="failed", final_status="timeout")
    history.job(final_status="cancelled")
    found = queue(call)
    assert {name: state["count"] for name, state in found["states"].items()} == {
        "due": 4, "later": 1, "running": 1, "waiting": 1,
    }  # fmt: skip
    assert not any(state["isCapped"] for state in found["states"].values())
    assert found["dueAgain"] == 1
    assert 600 <= found["oldestAgeSeconds"] < 660
    assert found["nextAt"] > found["at"] > found["oldestDueAt"]
    assert found["byUser"] == [
        {"userId": "ada", "due": 3, "inFlight": 0},
        {"userId": "bob", "due": 1, "inFlight": 1},
        {"userId": "cat", "due": 0, "inFlight": 1},
    ]
    assert found["byType"] == [
        {"jobType": "send_invite", "due": 3, "inFlight": 2},
        {"jobType": "export", "due": 1, "inFlight": 0},
    ]
    assert [(each["processorId"], each["running"], each["waiting"]) for each in found["processors"]] == [
        ("p1", 1, 0),
        ("p2", 0, 1),
    ]
    assert 20 <= found["processors"][0]["silentSeconds"] < 60
    assert found["processors"][1]["silentSeconds"] is None, "a worker that calls back later owes no sign of life"
    assert found["lastHour"] == {
        "success": 2, "failed": 0, "timeout": 1, "duplicate": 0, "cancelled": 1, "isCapped": False,
    }  # fmt: skip


def test_what_ended_earlier_is_not_of_the_last_hour(call: Caller, history: History) -> None:
    history.job(status="completed", final_status="success")
    history.run("UPDATE puppet_jobs SET finished_at = now() - interval '61 minutes'")
    assert queue(call)["lastHour"]["success"] == 0


def test_lists_end_where_the_caller_says(call: Caller, history: History) -> None:
    for user in ("ada", "bob", "cat"):
        history.job(user_id=user)
    assert [row["userId"] for row in queue(call, top=2)["byUser"]] == ["ada", "bob"]


@pytest.mark.parametrize("top", [0, 101, "all"])
def test_bounds(top: Any, call: Caller) -> None:
    answer = call("GET", "/api/cron/queue", AS_READER, query={"top": top})
    assert (answer.status, answer.fields) == (422, {"top"})


def test_counts_stop_at_the_cap(call: Caller, history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("puppet.reading.queue.CAP", 3)
    history.job(count=5)
    history.job(count=3, due="-1 hour")
    found = queue(call)
    assert (found["cap"], found["states"]["due"], found["states"]["later"]) == (
        3,
        {"count": 3, "isCapped": True},
        {"count": 3, "isCapped": False},
    )
