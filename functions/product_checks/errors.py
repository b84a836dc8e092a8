"""Why a check failed, as one tree; `code` goes into the check's row as its error class.

CheckFailed
└── FetchFailed                the page could not be had; price and stock stay as they were
    ├── Unreachable            address_refused, dns, connect, tls, timeout, too_many_redirects, too_large,
    │                          bad_answer
    ├── HostBusy               host_busy           its turn did not come in time; nothing was asked
    ├── RobotsDisallowed       robots_disallowed   the site does not want this page fetched
    ├── RobotsUnavailable      robots_unavailable  the site cannot say just now what it wants
    ├── RateLimited            rate_limited        429, or 503 with Retry-After
    ├── NotAPage               not_a_page          an image, a PDF, an archive…
    └── BadStatus              http_status
        ├── PageGone           gone                404, 410
        └── Blocked            blocked             401, 403… or a bot wall that names itself

Messages are for people and hold no query string, user name or password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nightshift.errors import NightshiftError

if TYPE_CHECKING:
    from product_checks.fetching import Fetched


class CheckFailed(NightshiftError):
    """The check of a product failed."""

    code = "check_failed"


class FetchFailed(CheckFailed):
    """The page could not be fetched."""

    code = "fetch_failed"
    retry_after_s: float | None = None  # when to ask again, where the server or robots.txt says so


class Unreachable(FetchFailed):
    """No complete answer came from the page's address."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class HostBusy(FetchFailed):
    """Other requests to the same host took all the time."""

    code = "host_busy"


class RobotsDisallowed(FetchFailed):
    """The site's robots.txt does not allow this page to be fetched."""

    code = "robots_disallowed"


class RobotsUnavailable(FetchFailed):
    """The site's robots.txt cannot be read just now, which means: do not fetch."""

    code = "robots_unavailable"


class NotAPage(FetchFailed):
    """The address leads to something that is not a web page."""

    code = "not_a_page"


class BadStatus(FetchFailed):
    """The server answered with an error.

    Attributes:
        status: the HTTP status.
        page: what came with it, as far as it was read: it may tell which bot wall this is.
    """

    code = "http_status"

    def __init__(self, message: str, page: Fetched) -> None:
        self.status = page.status
        self.page = page
        super().__init__(message)


class PageGone(BadStatus):
    """The page does not exist any more."""

    code = "gone"


class Blocked(BadStatus):
    """The server does not let us see the page."""

    code = "blocked"


class RateLimited(FetchFailed):
    """The server asks to be left alone for a while."""

    code = "rate_limited"

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)
