"""One request per host at a time, and none while a host has asked for peace."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from nightshift.outbound import AddressRefused, Deadline, WebAddress
from product_checks.errors import HostBusy, RateLimited

T = TypeVar("T")


def by_host(items: Iterable[T], url_of: Callable[[T], str]) -> list[list[T]]:
    """Group `items` by the host of their address, in their order, the largest group first.

    A worker takes a whole group: hosts run side by side, the pages of one host one after the other. The
    largest group decides how long a run takes, so it begins first. An address that cannot be read is a group
    of its own.
    """
    groups: dict[object, list[T]] = {}
    for position, item in enumerate(items):
        groups.setdefault(_host(url_of(item)) or position, []).append(item)
    return sorted(groups.values(), key=len, reverse=True)


def _host(url: str) -> str | None:
    try:
        return WebAddress.parse(url).site
    except AddressRefused:
        return None


@dataclass
class _Host:
    turn: threading.Lock = field(default_factory=threading.Lock)
    last_left: float | None = None
    rests_until: float = 0.0


class HostTurns:
    """Hands out turns at hosts, also to requests that a redirect brings there.

    Nobody may wait for a second turn while holding one; that would end in a deadlock.

    Args:
        clock: monotonic seconds.
        sleep: waits that many seconds.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._guard = threading.Lock()
        self._hosts: dict[str, _Host] = defaultdict(_Host)

    @contextmanager
    def turn(self, host: str, patience: Deadline, gap_s: float = 0.0) -> Iterator[None]:
        """Hold the host's only turn, which begins `gap_s` after the end of the last one.

        Raises:
            HostBusy: the turn would not begin before `patience` ends.
            RateLimited: the host rests.
        """
        place = self._place(host)
        if not place.turn.acquire(timeout=patience.left_s()):
            raise HostBusy(f"{host} was busy with other pages for too long")
        try:
            self._refuse_while_resting(host, place)
            self._keep_distance(host, place, patience, gap_s)
            try:
                yield
            finally:
                place.last_left = self._clock()
        finally:
            place.turn.release()

    def rest(self, host: str, seconds: float) -> None:
        """Give out no turn at `host` for so long."""
        place = self._place(host)
        place.rests_until = max(place.rests_until, self._clock() + seconds)

    def _place(self, host: str) -> _Host:
        with self._guard:
            return self._hosts[host]

    def _refuse_while_resting(self, host: str, place: _Host) -> None:
        left = place.rests_until - self._clock()
        if left > 0:
            raise RateLimited(f"{host} has asked to be left alone for another {left:.0f} s", left)

    def _keep_distance(self, host: str, place: _Host, patience: Deadline, gap_s: float) -> None:
        if place.last_left is None:
            return
        wait_s = place.last_left + gap_s - self._clock()
        if wait_s > patience.left_s():
            raise HostBusy(f"{host} wants {gap_s:g} s between requests, more than is left of this check")
        if wait_s > 0:
            self._sleep(wait_s)
