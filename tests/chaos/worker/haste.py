"""Makes the shipped code live faster, so that leases lapse within a test's patience. The shipped settings stay.

Whoever takes a lease gets it for a few seconds at most, and everything that asks whether there is time enough left
asks for less. What is done stays the same.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import replace
from typing import Any, Final

_MAIL: Final = {"nightshift.delivery.delivering:_ONE_MAIL_S": 0.3, "nightshift.delivery.outbox:_CLAIM_RESERVE_S": 0.5}
# Constants of the shipped code by the domain whose functions have them, and what they are here.
_SHORTER: Final = {
    "product_checks": {"product_checks.checking:_GIVE_UP_S": 1.0},
    "wishlist": _MAIL,
    "notifications": _MAIL,
    "warmup": {"warmup.forecasts:_NEEDS_S": 0.3, "warmup.explanations:_OFFLINE_NEEDS_S": 0.3},
    "puppet": {
        "puppet.processing:STOP_BEFORE_S": 0.5,
        "puppet.processing:HEARTBEAT_S": 0.5,
        "puppet.processing:_AGAIN_S": 0.2,
    },
}
_PUPPET_TIMEOUT_S: Final = 1
# DynamoDB is given up on sooner.
_ANSWER_S: Final = 0.6


def hurry(domain: str, lease_s: float) -> None:
    """Let leases end after this many seconds at most, in a function of this domain."""
    _shorten_leases(lease_s)
    _shorten_patience()
    for place, seconds in _SHORTER.get(domain, {}).items():
        module, _, name = place.partition(":")
        shipped = importlib.import_module(module)
        if not hasattr(shipped, name):
            raise AttributeError(f"{place} is not there any more")
        setattr(shipped, name, seconds)
    if domain == "puppet":
        _rescue_sooner(lease_s)


def _shorten_leases(lease_s: float) -> None:
    from nightshift.lock import Locks

    acquire, renew, adopt = Locks.acquire, Locks.renew, Locks.adopt

    def shortly_acquire(self: Locks, name: str, asked_s: float, **kwargs: Any) -> Any:
        return acquire(self, name, min(asked_s, lease_s), **kwargs)

    def shortly_renew(self: Locks, lease: Any, asked_s: float) -> Any:
        return renew(self, lease, min(asked_s, lease_s))

    def shortly_adopt(self: Locks, name: str, token: str, fence: int, asked_s: float, **kwargs: Any) -> Any:
        return adopt(self, name, token, fence, min(asked_s, lease_s), **kwargs)

    for name, function in (("acquire", shortly_acquire), ("renew", shortly_renew), ("adopt", shortly_adopt)):
        setattr(Locks, name, function)


def _shorten_patience() -> None:
    from nightshift import platform

    shipped = platform.Patience
    hasty = shipped(connect_s=_ANSWER_S, answer_s=_ANSWER_S, attempts=shipped().attempts)
    begin = platform.Platform.__init__

    def begun(self: Any, settings: Any, patience: Any = None) -> None:
        begin(self, settings, patience or hasty)

    setattr(platform.Platform, "__init__", begun)  # noqa: B010  # mypy knows that methods are not assigned to


def _rescue_sooner(lease_s: float) -> None:
    from puppet import ticking
    from puppet.configuration import read_configuration as shipped

    def hasty(*args: Any) -> Any:
        return replace(shipped(*args), stuck_after_s=math.ceil(lease_s), job_timeout_s=_PUPPET_TIMEOUT_S)

    setattr(ticking, "read_configuration", hasty)  # noqa: B010  # likewise
