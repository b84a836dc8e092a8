"""What can go wrong on the way to a page, as one tree; `code` is the word that goes into records and metrics.

OutboundError
├── AddressRefused         address_refused     this system does not call that address
├── NameNotResolved        dns                 the host has no address
├── ConnectionFailed       connect             nobody answers there
│   └── TlsFailed          tls                 somebody answers whose certificate cannot be trusted
├── DeadlinePassed         timeout             not complete within the time given
├── TooManyRedirects       too_many_redirects
├── AnswerTooLarge         too_large           more bytes than the caller takes, after decompression
└── AnswerBroken           bad_answer          not HTTP, or it stopped in the middle

No message carries a query string, a user name or a password: any of them may be a secret.
"""

from __future__ import annotations

from nightshift.errors import NightshiftError


class OutboundError(NightshiftError):
    """A request to an address outside failed."""

    code = "outbound"


class AddressRefused(OutboundError):
    """The address is not one that this system may call."""

    code = "address_refused"


class NameNotResolved(OutboundError):
    """The host name has no address."""

    code = "dns"


class ConnectionFailed(OutboundError):
    """No connection could be made."""

    code = "connect"


class TlsFailed(ConnectionFailed):
    """The host has no certificate that can be trusted."""

    code = "tls"


class DeadlinePassed(OutboundError):
    """The answer was not complete in time."""

    code = "timeout"


class TooManyRedirects(OutboundError):
    """The address redirects too often."""

    code = "too_many_redirects"


class AnswerTooLarge(OutboundError):
    """The answer is larger than accepted."""

    code = "too_large"


class AnswerBroken(OutboundError):
    """The answer is not valid HTTP, or it stopped in the middle."""

    code = "bad_answer"
