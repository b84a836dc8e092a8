"""robots.txt (RFC 9309): what a site allows, asked once and kept for a day at most."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nightshift.outbound import Answer, Deadline, GuardedHttp, OutboundError, TooManyRedirects, WebAddress
from product_checks.errors import HostBusy, RobotsDisallowed, RobotsUnavailable, Unreachable
from product_checks.hosts import HostTurns

if TYPE_CHECKING:
    from protego import Protego

LONGEST_GAP_S = 10.0
_MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: what a crawler must read; the rest is cut off
_ANSWER_WITHIN_S = 10.0
_KEEP_S = 24 * 3600.0
_KEEP_FAILURE_S = 600.0  # less than the time between two runs, so each run asks anew


@dataclass(frozen=True)
class _Rules:
    """What robots.txt says, or why it could not be read."""

    parsed: Protego | None = None
    failure: Callable[[], Exception] | None = None

    @property
    def keep_s(self) -> float:
        return _KEEP_FAILURE_S if self.failure else _KEEP_S


@dataclass
class _Site:
    asking: threading.Lock = field(default_factory=threading.Lock)
    rules: _Rules | None = None
    stale_at: float = 0.0


class Robots:
    """Answers for every page whether it may be fetched; one for a run or longer, used by all threads.

    Args:
        http: makes the requests; its user agent names us.
        turns: robots.txt is a request like any other and waits for its turn.
        clock: wall-clock seconds, because a sleeping Lambda's monotonic clock may stand still.
    """

    def __init__(self, http: GuardedHttp, turns: HostTurns, clock: Callable[[], float] = time.time) -> None:
        self._http = http
        self._turns = turns
        self._clock = clock
        self._token = product_token(http.user_agent)
        self._guard = threading.Lock()
        self._sites: dict[str, _Site] = {}

    def gap_s(self, page: WebAddress, patience: Deadline) -> float:
        """Return the seconds that the site wants between two requests, at most ten.

        Raises:
            RobotsDisallowed: the page may not be fetched.
            RobotsUnavailable: the server cannot tell (5xx).
            Unreachable: the server cannot be reached at all.
            HostBusy: the answer did not come before `patience` ended.
        """
        rules = self._rules(page, patience)
        if rules.failure:
            raise rules.failure()
        if rules.parsed is None:
            return 0.0
        if not rules.parsed.can_fetch(page.url, self._token):
            raise RobotsDisallowed(f"robots.txt of {page.host} does not allow {page.shown}")
        return min(rules.parsed.crawl_delay(self._token) or 0.0, LONGEST_GAP_S)

    def _rules(self, page: WebAddress, patience: Deadline) -> _Rules:
        with self._guard:
            site = self._sites.setdefault(page.origin, _Site())
        if not site.asking.acquire(timeout=patience.left_s()):
            raise HostBusy(f"robots.txt of {page.host} did not come in time")
        try:
            if site.rules is None or self._clock() >= site.stale_at:
                site.rules = self._ask(page, patience)
                site.stale_at = self._clock() + site.rules.keep_s
            return site.rules
        finally:
            site.asking.release()

    def _ask(self, page: WebAddress, patience: Deadline) -> _Rules:
        try:
            with self._http.open(
                f"{page.origin}/robots.txt",
                deadline=Deadline(_ANSWER_WITHIN_S, within=patience),
                headers={"Accept": "text/plain,*/*;q=0.5"},
                gate=lambda address: self._turns.turn(address.site, patience),
            ) as answer:
                return self._read(answer)
        except TooManyRedirects:
            return _Rules()  # RFC 9309, 2.3.1.2: as if there were none
        except OutboundError as error:
            code, message = error.code, f"robots.txt cannot be read: {error}"
            return _Rules(failure=lambda: Unreachable(code, message))

    def _read(self, answer: Answer) -> _Rules:
        from protego import Protego  # late: only where a site has rules

        if answer.status >= 500:
            message = f"robots.txt of {answer.address.host} cannot be read (status {answer.status})"
            return _Rules(failure=lambda: RobotsUnavailable(message))
        if not 200 <= answer.status < 300:
            return _Rules()
        text = answer.read(_MAX_BYTES, cut=True).decode("utf-8-sig", errors="replace")
        return _Rules(parsed=Protego.parse(text))


def product_token(user_agent: str) -> str:
    """Return our name in robots.txt: `Shop` of `Shop/1.0` and of `Mozilla/5.0 (compatible; Shop/1.0)`."""
    match = re.search(r"compatible;\s*([A-Za-z_-]+)", user_agent) or re.match(r"([A-Za-z_-]+)", user_agent)
    return match.group(1) if match else "*"
