"""How often a secret may be tried: counted in the lock table before it is looked at, so that none slips through."""

from __future__ import annotations

import time
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from nightshift.errors import LockUnavailable, NightshiftError
from nightshift.routes import Problem

if TYPE_CHECKING:
    from nightshift.platform import Platform

WINDOW_S = 15 * 60
# Of one address, and of all together: many addresses are cheap to have.
MOST_OF_ONE, MOST_OF_ALL = 10, 100
_EVERYBODY = "everybody"


class TooManyAttempts(NightshiftError):
    """Nobody may try for now: what is answered, and whether this is the first refusal of its window."""

    def __init__(self, problem: Problem, *, is_first: bool) -> None:
        self.problem = problem
        self.is_first = is_first
        super().__init__(problem.detail)


def claim(platform: Platform, source_ip: str) -> None:
    """Count a try.

    Raises:
        TooManyAttempts: of this sender, or of all together.
        LockUnavailable: they cannot be counted, so nobody may try.
    """
    window = int(time.time()) // WINDOW_S
    for who, most in ((_source(source_ip), MOST_OF_ONE), (_EVERYBODY, MOST_OF_ALL)):
        if not _add(platform, who, window, 1, most):
            retry_s = (window + 1) * WINDOW_S - int(time.time())
            problem = Problem(
                429,
                f"there were too many attempts to sign in; the next one is possible in {-(-retry_s // 60)} min",
                kind="too-many-attempts",
                headers={"Retry-After": str(retry_s)},
            )
            raise TooManyAttempts(problem, is_first=_add(platform, f"{who}:refused", window, 1, 1))


def give_back(platform: Platform, source_ip: str) -> None:
    """Take back a try that was right: whoever knows the secret is not the one who is kept out."""
    window = int(time.time()) // WINDOW_S
    for who in (_source(source_ip), _EVERYBODY):
        _add(platform, who, window, -1, MOST_OF_ALL + 1)


def _source(source_ip: str) -> str:
    """Return what one sender has of its own: an address, or the network of an IPv6 address."""
    try:
        address = ip_address(source_ip)
    except ValueError:
        return "unknown"
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))


def _add(platform: Platform, who: str, window: int, change: int, most: int) -> bool:
    """Add to a counter of this window, and return False where it has reached `most` already."""
    from botocore.exceptions import BotoCoreError, ClientError

    from nightshift.dynamodb import encode

    values = {":change": change, ":most": most, ":expires": (window + 2) * WINDOW_S}
    try:
        platform.client("dynamodb").update_item(
            TableName=platform.settings.lock_table,
            Key=encode({"pk": f"sign-in:{who}:{window}"}),
            UpdateExpression="ADD attempts :change SET expires_s = :expires",
            ConditionExpression="attribute_not_exists(attempts) OR attempts < :most",
            ExpressionAttributeValues=encode(values),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise LockUnavailable("attempts to sign in cannot be counted") from None
    except BotoCoreError:
        raise LockUnavailable("attempts to sign in cannot be counted") from None
    return True
