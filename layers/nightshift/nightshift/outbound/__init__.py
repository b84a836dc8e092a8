"""Safe HTTP to addresses that users gave; importing it costs nothing, httpx comes with the first request."""

from nightshift.outbound.addresses import WebAddress
from nightshift.outbound.client import Answer, Gate, GuardedHttp, Validators
from nightshift.outbound.deadline import Deadline
from nightshift.outbound.errors import (
    AddressRefused,
    AnswerBroken,
    AnswerTooLarge,
    ConnectionFailed,
    DeadlinePassed,
    NameNotResolved,
    OutboundError,
    TlsFailed,
    TooManyRedirects,
)

__all__ = [
    "AddressRefused",
    "Answer",
    "AnswerBroken",
    "AnswerTooLarge",
    "ConnectionFailed",
    "Deadline",
    "DeadlinePassed",
    "Gate",
    "GuardedHttp",
    "NameNotResolved",
    "OutboundError",
    "TlsFailed",
    "TooManyRedirects",
    "Validators",
    "WebAddress",
]
