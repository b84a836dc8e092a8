"""Fetches one product page: politely, within limits, and with a failure that says what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nightshift.outbound import Answer, Deadline, GuardedHttp, OutboundError, Validators, WebAddress
from product_checks.errors import BadStatus, Blocked, NotAPage, PageGone, RateLimited, Unreachable
from product_checks.hosts import HostTurns
from product_checks.robots import Robots

_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.5",
    "Accept-Language": "en,*;q=0.5",
}
_MAX_ERROR_BYTES = 256 * 1024  # enough to tell which wall it is
_PAGES = frozenset({200, 203})
_GONE = frozenset({404, 410})
_BLOCKED = frozenset({401, 403, 407, 451})
# Walls that say so themselves, whatever status they choose (202, 405, 429, 503).
_WALL_HEADERS = ("cf-mitigated", "x-amzn-waf-action")
_PAGE_TYPES = frozenset(
    {"text/html", "text/plain", "text/xml", "application/xhtml+xml", "application/xml", "application/json"}
)
_REST_S = 60.0  # where a server says 429 and not for how long


@dataclass(frozen=True)
class PageRequest:
    """A page to fetch, and what is known of it from the last time."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    validated_url: str | None = None  # the final address they came from; None: url itself
    deadline_s: float = 20.0  # for everything on the network: names, connections, redirects, body
    give_up_s: float = 60.0  # for that and all waiting together: turns at the host, robots.txt, its gaps
    max_bytes: int = 5_000_000  # after decompression

    @property
    def validators(self) -> Validators | None:
        """The conditions of the request, None on the first fetch."""
        if not (self.etag or self.last_modified):
            return None
        return Validators(self.validated_url or WebAddress.parse(self.url).url, self.etag, self.last_modified)


@dataclass(frozen=True)
class Fetched:
    """A page as it came: `body` is decompressed and still bytes, `content_type` may name its charset."""

    final_url: str
    status: int
    body: bytes
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class NotModified:
    """The page is still what it was (304)."""

    final_url: str


class PageFetcher:
    """Fetches pages for one run; threads may share it.

    Args:
        http: the guarded client, made by the caller so that it closes it.
        respect_robots: ask robots.txt before every page.
        turns: the turns at hosts.
    """

    def __init__(self, http: GuardedHttp, *, respect_robots: bool = True, turns: HostTurns | None = None) -> None:
        self._http = http
        self._turns = turns or HostTurns()
        self._robots = Robots(http, self._turns) if respect_robots else None

    def fetch(self, request: PageRequest) -> Fetched | NotModified:
        """Fetch one page.

        Raises:
            FetchFailed: the one that fits, see `product_checks.errors`.
        """
        patience = Deadline(request.give_up_s)
        try:
            with self._http.open(
                request.url,
                deadline=Deadline(request.deadline_s, within=patience),
                headers=_HEADERS,
                validators=request.validators,
                gate=lambda address: self._turn(address, patience),
            ) as answer:
                return self._result(answer, request)
        except OutboundError as error:
            raise Unreachable(error.code, str(error)) from error

    @contextmanager
    def _turn(self, address: WebAddress, patience: Deadline) -> Iterator[None]:
        # robots.txt first and outside of the turn: asking for it takes turns itself.
        gap_s = self._robots.gap_s(address, patience) if self._robots else 0.0
        with self._turns.turn(address.site, patience, gap_s):
            yield

    def _result(self, answer: Answer, request: PageRequest) -> Fetched | NotModified:
        if answer.status == 304 and request.validators:
            answer.read(0)  # nothing comes, but only a finished answer leaves its connection to the next page
            return NotModified(answer.address.url)
        if answer.status not in _PAGES or _is_wall(answer):
            raise self._refusal(answer)
        if not _may_be_page(answer):
            raise NotAPage(f"{answer.address.shown} is not a web page but {_media_type(answer)}")
        return _page(answer, answer.read(request.max_bytes))

    def _refusal(self, answer: Answer) -> BadStatus | RateLimited:
        wait_s, where = answer.retry_after_s, f"{answer.address.shown} answered with status {answer.status}"
        if not _is_wall(answer) and (answer.status == 429 or (answer.status == 503 and wait_s is not None)):
            self._turns.rest(answer.address.site, _REST_S if wait_s is None else wait_s)
            return RateLimited(where, wait_s)
        if answer.status in _GONE:
            return PageGone(where, _error_page(answer))
        if answer.status in _BLOCKED or _is_wall(answer):
            return Blocked(where, _error_page(answer))
        return BadStatus(where, _error_page(answer))


def _is_wall(answer: Answer) -> bool:
    return any(answer.header(name) for name in _WALL_HEADERS)


def _media_type(answer: Answer) -> str:
    return (answer.header("Content-Type") or "").replace(",", ";").partition(";")[0].strip().lower()


def _may_be_page(answer: Answer) -> bool:
    media_type = _media_type(answer)
    # A type that is missing or no type at all says nothing; the extractor will see.
    return "/" not in media_type or media_type in _PAGE_TYPES


def _error_page(answer: Answer) -> Fetched:
    """Read what came with an error; where even that fails, the status is still the news."""
    try:
        body = answer.read(_MAX_ERROR_BYTES, cut=True) if _may_be_page(answer) else b""
    except OutboundError:
        body = b""
    return _page(answer, body)


def _page(answer: Answer, body: bytes) -> Fetched:
    return Fetched(
        final_url=answer.address.url,
        status=answer.status,
        body=body,
        content_type=answer.header("Content-Type"),
        etag=answer.header("ETag"),
        last_modified=answer.header("Last-Modified"),
    )
