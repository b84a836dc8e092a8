"""kill -9 at every step of a delivery: nothing is lost, at most the mail in flight goes out twice, and that is counted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.mailbox import Mail
from tests.integration.delivery.conftest import Store, take_over
from tests.support.ses import Ses

Deliver = Callable[[], dict[str, Any]]
ROOT = Path(__file__).resolve().parent.parent.parent.parent
OUTBOX = "nightshift.delivery.outbox:Outbox"
# Step, when, whether the first mail was in flight, and whether it had reached SES by then.
STEPS = [
    (f"{OUTBOX}.recover", "before", False, False),
    (f"{OUTBOX}.begin", "before", False, False),
    (f"{OUTBOX}.begin", "after", True, False),
    ("nightshift.delivery.writing:Writer.write", "after", True, False),
    ("nightshift.delivery.post:Post.send", "before", True, False),
    ("nightshift.delivery.post:Post.send", "after", True, True),
    (f"{OUTBOX}.sent", "after", False, True),
    (f"{OUTBOX}.free", "before", False, True),
    (f"{OUTBOX}.left", "before", False, True),
]


@pytest.fixture
def two(store: Store) -> Store:
    store.tell("ada", 2)
    store.tell("ben")
    return store


def start(step: str, when: str) -> subprocess.Popen[bytes]:
    """Start a process that delivers until it is killed."""
    path = os.pathsep.join(str(ROOT / part) for part in ("functions", "layers/nightshift", "."))
    script = Path(__file__).parent / "dying.py"
    return subprocess.Popen(
        [sys.executable, str(script), step, when], env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.DEVNULL
    )


def killed(step: str, when: str) -> None:
    assert start(step, when).wait(60) == -signal.SIGKILL


def sent_to(ses: Ses, name: str) -> int:
    return ses.addressees.count(f"{name}@example.com")


@pytest.mark.parametrize(("step", "when", "in_flight", "arrived"), STEPS)
def test_killed_at_any_step(
    two: Store, ses: Ses, deliver: Deliver, step: str, when: str, in_flight: bool, arrived: bool
) -> None:
    killed(step, when)
    take_over()

    result = deliver()

    assert two.statuses == ["sent"] * 3
    assert sent_to(ses, "ada") == 1 + (in_flight and arrived)
    assert sent_to(ses, "ben") == 1
    assert result["metadata"].get("doubtful", 0) == in_flight
    assert two.states.count("doubtful") == in_flight
    assert two.one("SELECT count(*) FROM mails WHERE state IN ('claimed', 'sending')") == 0


def test_killed_while_ses_has_the_mail_and_has_not_answered(two: Store, ses: Ses, deliver: Deliver) -> None:
    process: list[subprocess.Popen[bytes]] = []

    def kill(_mail: Mail) -> None:
        process[0].kill()
        process[0].wait(30)

    ses.answers = [kill]
    process.append(start(f"{OUTBOX}.sent", "never"))
    process[0].wait(60)
    take_over()

    result = deliver()

    assert (sent_to(ses, "ada"), sent_to(ses, "ben")) == (2, 1)
    assert result["metadata"] == {"sent_mails": 2, "notified": 3, "doubtful": 1}
    assert two.statuses == ["sent"] * 3


def test_a_mail_that_kills_its_process_again_is_given_up(two: Store, ses: Ses, deliver: Deliver) -> None:
    for _ in range(2):
        killed("nightshift.delivery.post:Post.send", "after")
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
