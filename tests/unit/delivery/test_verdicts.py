"""SES' errors, sorted: a table."""

from __future__ import annotations

import pytest

from nightshift.delivery.verdicts import Verdict, verdict_of

TABLE = [
    ("TooManyRequestsException", "Maximum sending rate exceeded.", 429, Verdict.THROTTLED),
    ("ThrottlingException", "Rate exceeded", 400, Verdict.THROTTLED),
    ("Throttling", "Maximum sending rate exceeded.", 400, Verdict.THROTTLED),
    ("SomethingNew", "", 429, Verdict.THROTTLED),
    ("TooManyRequestsException", "Daily message quota exceeded.", 429, Verdict.STOPPED),
    ("Throttling", "Daily message quota exceeded.", 400, Verdict.STOPPED),
    ("LimitExceededException", "", 400, Verdict.STOPPED),
    ("AccountSuspendedException", "", 400, Verdict.STOPPED),
    ("SendingPausedException", "", 400, Verdict.STOPPED),
    ("MailFromDomainNotVerifiedException", "", 400, Verdict.STOPPED),
    ("NotFoundException", "Configuration set <x> does not exist.", 404, Verdict.STOPPED),
    ("AccessDeniedException", "", 403, Verdict.STOPPED),
    ("ExpiredTokenException", "", 403, Verdict.STOPPED),
    ("SomethingNew", "", 403, Verdict.STOPPED),
    ("MessageRejected", "Email address is not verified. The following identities failed", 400, Verdict.STOPPED),
    ("MessageRejected", "Address blacklisted.", 400, Verdict.PERMANENT),
    ("MessageRejected", "The address is on the suppression list", 400, Verdict.PERMANENT),
    ("BadRequestException", "Missing final '@domain'", 400, Verdict.PERMANENT),
    ("BadRequestException", "Domain contains control or whitespace", 400, Verdict.PERMANENT),
    ("BadRequestException", "Local address contains control or whitespace", 400, Verdict.PERMANENT),
    ("BadRequestException", "Illegal address", 400, Verdict.PERMANENT),
    ("MessageRejected", "Transaction failed: Expected disposition, got null", 400, Verdict.REFUSED),
    ("BadRequestException", "Invalid tag value", 400, Verdict.REFUSED),
    ("SomethingNew", "", 400, Verdict.REFUSED),
    ("InternalFailure", "", 500, Verdict.DOUBTFUL),
    ("InternalServiceErrorException", "", 500, Verdict.DOUBTFUL),
    ("", "", 504, Verdict.DOUBTFUL),
]


@pytest.mark.parametrize(("code", "message", "status", "verdict"), TABLE)
def test_each_error_has_its_verdict(code: str, message: str, status: int, verdict: Verdict) -> None:
    assert verdict_of(code, message, status) is verdict


def test_no_error_of_our_settings_ends_an_address() -> None:
    # What is said of every mail alike must never be held against its reader.
    ours = [row for row in TABLE if "verified" in row[1] or row[0].startswith(("Account", "Sending", "MailFrom"))]

    assert ours
    assert all(verdict is Verdict.STOPPED for *_, verdict in ours)
