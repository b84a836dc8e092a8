"""kill -9 at every step of a delivery: nothing is lost; at most the mail in flight goes out twice, which is counted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from local.mailbox import Mail
from tests.integration.delivery.conftest import Store, take_over
from tests.support.ses import Ses

Deliver = Callable[[], dict[str, Any]]
ROOT = Path(__file__).resolve().parent.parent.parent.parent
OUTBOX = "nightshift.delivery.outbox:Outbox"


class Step(NamedTuple):
    """Where the process dies, whether the first mail was in flight then, and whether it had reached SES."""

    method: str
    when: str
    in_flight: bool
    arrived: bool


STEPS = [
    Step(f"{OUTBOX}.recover", "before", False, False),
    Step(f"{OUTBOX}.begin", "before", False, False),
    Step(f"{OUTBOX}.begin", "after", True, False),
    Step("nightshift.delivery.writing:Writer.write", "after", True, False),
    Step("nightshift.delivery.post:Post.send", "before", True, False),
    Step("nightshift.delivery.post:Post.send", "after", True, True),
    Step(f"{OUTBOX}.sent", "after", False, True),
    Step(f"{OUTBOX}.free", "before", False, True),
    Step(f"{OUTBOX}.left", "before", False, True),
]


@pytest.fixture
def two(store: Store) -> Store:
    store.tell("ada", 2)
    store.tell("ben")
    return store


class Doomed:
    """Starts processes that deliver until they are killed."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server

    def start(self, step: str, when: str) -> int:
        """Start one, with the environment of this test, and return its number."""
        assert self._server.stdin is not None
        asked = {"step": step, "when": when, "environment": dict(os.environ)}
        self._server.stdin.write(json.dumps(asked) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def end(self) -> int:
        """Wait until it has ended and return how."""
        return self._answer()

    def run(self, step: str, when: str) -> None:
        """Let one run until it kills itself."""
        self.start(step, when)
        assert self.end() == -signal.SIGKILL

    def _answer(self) -> int:
        assert self._server.stdout is not None
        return int(self._server.stdout.readline())


@pytest.fixture(scope="module")
def doomed() -> Iterator[Doomed]:
    path = os.pathsep.join(str(ROOT / part) for part in ("functions", "layers/nightshift", "."))
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "dying.py")],
        env={**os.environ, "PYTHONPATH": path}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        yield Doomed(server)
        assert server.stdin is not None
        server.stdin.close()


def sent_to(ses: Ses, name: str) -> int:
    return ses.addressees.count(f"{name}@example.com")


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.when} {step.method.partition(':')[2]}")
def test_killed_at_any_step(two: Store, ses: Ses, deliver: Deliver, doomed: Doomed, step: Step) -> None:
    doomed.run(step.method, step.when)
    take_over()

    result = deliver()

    assert two.statuses == ["sent"] * 3
    assert sent_to(ses, "ada") == 1 + (step.in_flight and step.arrived)
    assert sent_to(ses, "ben") == 1
    assert result["metadata"].get("doubtful", 0) == step.in_flight
    assert two.states.count("doubtful") == step.in_flight
    assert two.one("SELECT count(*) FROM mails WHERE state IN ('claimed', 'sending')") == 0


def test_killed_while_ses_has_the_mail_and_has_not_answered(
    two: Store, ses: Ses, deliver: Deliver, doomed: Doomed
) -> None:
    begun, killed = threading.Event(), threading.Event()
    process: list[int] = []

    def kill(_mail: Mail) -> None:
        begun.wait(30)
        os.kill(process[0], signal.SIGKILL)
        killed.wait(30)

    ses.answers = [kill]
    process.append(doomed.start(f"{OUTBOX}.sent", "never"))
    begun.set()
    assert doomed.end() == -signal.SIGKILL
    killed.set()
    take_over()

    result = deliver()

    assert (sent_to(ses, "ada"), sent_to(ses, "ben")) == (2, 1)
    assert result["metadata"] == {"sent_mails": 2, "notified": 3, "doubtful": 1}
    assert two.statuses == ["sent"] * 3


def test_a_mail_that_kills_its_process_again_is_given_up(
    two: Store, ses: Ses, deliver: Deliver, doomed: Doomed
) -> None:
    for _ in range(2):
        doomed.run("nightshift.delivery.post:Post.send", "after")
        take_over()

    result = deliver()

    assert sent_to(ses, "ada") == 2
    assert two.statuses == ["failed", "failed", "sent"]
    assert (result["failed"], result["metadata"]["doubtful"]) == (2, 1)


def test_a_claim_of_another_job_is_freed_when_its_time_is_up(two: Store, ses: Ses, deliver: Deliver) -> None:
    two.run(
        "WITH m AS (INSERT INTO mails (user_id, state, run_id, lock, fence, claimed_until)"
        " SELECT id, 'claimed', gen_random_uuid(), 'wishlist:sale-check', 7, now() - interval '1 second'"
        " FROM users WHERE name = 'Ada' RETURNING id, user_id)"
        " UPDATE notifications AS n SET status = 'claimed', mail_id = m.id FROM m WHERE n.user_id = m.user_id"
    )

    assert deliver()["metadata"] == {"sent_mails": 2, "notified": 3}
    assert two.states == ["freed", "sent", "sent"]
