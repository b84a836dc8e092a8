"""What an error of SES means for the mail it came for, and for those behind it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """What is to be done.

    Attributes:
        THROTTLED: wait, then send it again.
        STOPPED: no mail would get through now; end the batch and keep all of it.
        PERMANENT: the address is at fault; never write to it again.
        REFUSED: this mail was not taken, for a reason that may be ours.
        DOUBTFUL: nobody knows whether it went out.
    """

    THROTTLED = "throttled"
    STOPPED = "stopped"
    PERMANENT = "permanent"
    REFUSED = "refused"
    DOUBTFUL = "doubtful"


# The account, its domain, its settings or its rights: the same for every mail.
_STOPPED: Final = frozenset({
    "AccountSuspendedException", "AccountSendingPausedException", "SendingPausedException",
    "ConfigurationSetSendingPausedException", "MailFromDomainNotVerifiedException", "NotFoundException",
    "ConfigurationSetDoesNotExistException", "LimitExceededException", "AccessDenied", "AccessDeniedException",
    "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
    "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature", "MissingAuthenticationToken",
    "MissingAuthenticationTokenException", "OptInRequired", "RequestExpired", "NotAuthorized",
})  # fmt: skip
_THROTTLED: Final = frozenset({
    "TooManyRequestsException", "ThrottlingException", "Throttling", "ThrottledException", "RequestLimitExceeded",
    "SlowDown",
})  # fmt: skip
# A day's quota does not come back by waiting a moment.
_QUOTA: Final = re.compile(r"\b(daily|24.?hour|quota)\b", re.IGNORECASE)
# Also said of our own address, and, while the account is in the sandbox, of everybody's.
_NOT_VERIFIED: Final = re.compile(r"not verified|sandbox", re.IGNORECASE)
_OF_ADDRESS: Final = re.compile(
    r"blacklisted|suppression list|illegal address|invalid (?:email )?address|domain (?:contains|starts|ends)"
    r"|local (?:part|address)|missing final|(?:recipient|destination|to) address|address is (?:not valid|invalid)"
    r"|control or whitespace",
    re.IGNORECASE,
)


def verdict_of(code: str, message: str, status: int) -> Verdict:
    """Return what SES' answer to a mail means; `status` is that of HTTP."""
    if code in _THROTTLED or status == 429:
        return Verdict.STOPPED if _QUOTA.search(message) else Verdict.THROTTLED
    if code in _STOPPED or status in (401, 403, 404):
        return Verdict.STOPPED
    if status >= 500:
        # It failed on their side, perhaps after it had been accepted.
        return Verdict.DOUBTFUL
    if _NOT_VERIFIED.search(message):
        return Verdict.STOPPED
    if _OF_ADDRESS.search(message):
        return Verdict.PERMANENT
    return Verdict.REFUSED
