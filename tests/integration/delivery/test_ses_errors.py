"""What SES says, and what becomes of the mail it was said about and of those behind it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from local.mailbox import Mail, RefusedError
from notifications.deliver_notifications import handler
from tests.integration.delivery.conftest import Store
from tests.support.ses import Ses

Deliver = Callable[[], dict[str, Any]]
PAUSED = RefusedError("SendingPausedException", "Email sending is disabled.")
BAD_ADDRESS = RefusedError("BadRequestException", "Domain contains illegal character")
BAD_CONTENT = RefusedError("MessageRejected", "Transaction failed: a part of it was not liked")
SLOW_DOWN = RefusedError("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
BROKEN = RefusedError("InternalFailure", "", 500)


@pytest.fixture
def two(store: Store) -> Store:
    """Two people, one notification each."""
    store.tell("ada")
    store.tell("ben")
    return store


def hang_up(_mail: Mail) -> None:
    raise ConnectionError("the answer never comes")


def test_throttled_it_waits_and_goes_on(two: Store, ses: Ses, deliver: Deliver) -> None:
    ses.answers = [SLOW_DOWN, SLOW_DOWN]

    assert deliver()["metadata"] == {"sent_mails": 2, "notified": 2}
    assert ses.addressees == ["ada@example.com", "ben@example.com"]


def test_throttled_for_good_it_stops_and_keeps_all(two: Store, ses: Ses, deliver: Deliver) -> None:
    ses.answers = [SLOW_DOWN] * 4

    result = deliver()

    assert result["metadata"] == {"left": 2, "stopped": "SES says that it is too much"}
    assert (ses.asked, two.statuses, two.states) == (4, ["pending"] * 2, ["freed"] * 2)
    assert deliver()["processed"] == 2


@pytest.mark.parametrize(
    "error",
    [
        PAUSED,
        RefusedError("AccountSuspendedException", "Your account is suspended"),
        RefusedError("MailFromDomainNotVerifiedException", "no"),
        RefusedError("MessageRejected", "Email address is not verified. The following identities failed the check"),
        RefusedError("TooManyRequestsException", "Daily message quota exceeded.", 429),
        RefusedError("AccessDeniedException", "not authorized to perform ses:SendEmail", 403),
    ],
    ids=lambda error: error.code,
)
def test_where_no_mail_would_pass_the_batch_ends(two: Store, ses: Ses, deliver: Deliver, error: RefusedError) -> None:
    ses.answers = [error]

    result = deliver()

    assert ses.asked == 1
    assert two.statuses == ["pending"] * 2
    assert result["metadata"]["stopped"] == f"SES takes no mail: {error.code}"
    assert result["errors"] == [f"SES takes no mail: {error.code}"]
    assert two.one("SELECT count(*) FROM mail_suppressions") == 0
    assert deliver()["processed"] == 2


def test_an_address_that_is_none_is_never_written_to_again(two: Store, ses: Ses, deliver: Deliver) -> None:
    ses.answers = [BAD_ADDRESS]

    result = deliver()

    assert (result["processed"], result["failed"]) == (1, 1)
    assert two.run("SELECT status, reason FROM notifications ORDER BY id") == [
        ["failed", "address_refused"], ["sent", None]
    ]  # fmt: skip
    assert two.run("SELECT address, reason FROM mail_suppressions") == [["ada@example.com", "refused"]]
    assert "ada@" not in str(result["errors"])
    two.tell("ada")
    assert deliver()["metadata"] == {"suppressed": 1}


@pytest.mark.parametrize("address", ["ada@exa mple.com", "ada@example.com\nBcc: eve@example.com", "ädä@example.com"])
def test_what_is_no_address_does_not_reach_ses(two: Store, ses: Ses, deliver: Deliver, address: str) -> None:
    two.run(f"UPDATE users SET email = '{address}' WHERE name = 'Ada'")

    assert deliver()["metadata"] == {"sent_mails": 1, "notified": 1}
    assert ses.addressees == ["ben@example.com"]
    assert two.statuses == ["failed", "sent"]


def test_a_refused_mail_is_tried_once_more_and_no_oftener(two: Store, ses: Ses, deliver: Deliver) -> None:
    ses.answers = [BAD_CONTENT, None, BAD_CONTENT]

    first = deliver()
    assert (first["metadata"]["sent_mails"], two.statuses) == (1, ["pending", "sent"])

    second = deliver()
    assert (second["failed"], two.statuses) == (1, ["failed", "sent"])
    assert two.states == ["refused", "refused", "sent"]
    assert two.one("SELECT count(*) FROM mail_suppressions") == 0
    deliver()
    assert ses.asked == 3


@pytest.mark.parametrize("lost", [BROKEN, hang_up], ids=["500", "no answer"])
def test_an_unknown_outcome_is_doubtful_and_tried_once_more(
    two: Store, ses: Ses, deliver: Deliver, lost: RefusedError | Callable[[Mail], None]
) -> None:
    ses.answers = [lost]

    first = deliver()

    assert (first["metadata"]["doubtful"], first["metadata"]["sent_mails"]) == (1, 1)
    assert two.run("SELECT status, reason, attempts FROM notifications ORDER BY id") == [
        ["pending", "doubtful", 1], ["sent", None, 0]
    ]  # fmt: skip
    assert deliver()["metadata"] == {"sent_mails": 1, "notified": 1}
    assert two.states == ["doubtful", "sent", "sent"]


def test_a_mail_is_not_sent_a_second_time_behind_our_back(two: Store, ses: Ses, deliver: Deliver) -> None:
    ses.answers = [hang_up]
    deliver()

    assert ses.addressees == ["ada@example.com", "ben@example.com"]


def test_a_doubtful_mail_counts_towards_the_cap(
    two: Store, ses: Ses, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_EMAILS_PER_USER_PER_DAY", "1")
    ses.answers = [BROKEN]
    deliver()

    assert deliver()["metadata"] == {"left": 1}


def test_after_two_mishaps_in_a_row_the_rest_is_spared(two: Store, ses: Ses, deliver: Deliver) -> None:
    two.tell("cleo")
    ses.answers = [BROKEN, BROKEN]

    result = deliver()

    assert ses.asked == 2
    assert result["metadata"] == {"doubtful": 2, "left": 3, "stopped": "2 mails in a row came to no good end"}


def test_where_ses_cannot_be_reached_nothing_is_in_doubt(
    two: Store, ses: Ses, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", f"http://127.0.0.1:{closed.getsockname()[1]}")

        result = deliver()

    assert result["metadata"] == {"left": 2, "stopped": "SES takes no mail: EndpointConnectionError"}
    assert two.statuses == ["pending"] * 2


def test_a_mail_that_cannot_be_written_stops_nobody_else(
    two: Store, ses: Ses, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.run('UPDATE notifications SET payload = \'{"price": "74.00", "currency": "EUR"}\'')

    def only_ben(begun: Any, things: int) -> Any:
        from nightshift.delivery.digest import compose

        if any("ada" in (notice.name or "") for notice in begun):
            raise RuntimeError("nobody expected this")
        return compose(begun, things)

    monkeypatch.setattr("nightshift.delivery.writing.compose", only_ben)

    result = deliver()

    assert ses.addressees == ["ben@example.com"]
    assert "it could not be written (RuntimeError)" in result["errors"][0]
    assert two.statuses == ["pending", "sent"]


def test_without_time_for_another_mail_the_rest_is_left(two: Store, ses: Ses, deliver: Deliver) -> None:
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 12_000, aws_request_id="a", function_name="deliver")

    result = handler({}, context)

    assert result["metadata"] == {"left": 2, "stopped": "the time is up"}
    assert (ses.asked, two.statuses, two.states) == (0, ["pending"] * 2, ["freed"] * 2)
