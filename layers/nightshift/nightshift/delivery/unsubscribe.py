"""Unsubscribe links: tokens that name a person and a list, and that only the holder of the secret can make.

A token says `<user id>.<list>.<mac>`; the mac is HMAC-SHA256 over a purpose, the id and the list. Tokens do not expire:
a link must work in a mail that is found years later. They end with the secret, whose previous value stays valid.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nightshift.errors import ConfigurationError

LISTS: Final = ("all", "price", "stock")
MAX_TOKEN_LENGTH: Final = 80
_PURPOSE: Final = b"nightshift unsubscribe 1"
_FORM: Final = re.compile(r"([1-9]\d{0,18})\.(all|price|stock)\.([A-Za-z0-9_-]{43})", re.ASCII)
# 256 bits as text; what is much shorter could be guessed by trying.
_MIN_SECRET_LENGTH: Final = 32


@dataclass(frozen=True)
class Subscription:
    """What a link ends: this person's mails of this list."""

    user_id: int
    list: str


def token(subscription: Subscription, secret: str) -> str:
    """Return the token of a link.

    Raises:
        ConfigurationError: the secret is too short to be one.
    """
    if len(secret) < _MIN_SECRET_LENGTH:
        raise ConfigurationError(f"the unsubscribe secret must have at least {_MIN_SECRET_LENGTH} characters")
    return f"{subscription.user_id}.{subscription.list}.{_mac(subscription, secret)}"


def read(text: str, secrets: Sequence[str]) -> Subscription | None:
    """Return what a token stands for, or None where it was not made with one of these secrets."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    subscription = Subscription(int(match[1]), match[2])
    # All of them, so that the time taken does not tell which one matched.
    matches = [hmac.compare_digest(_mac(subscription, secret), match[3]) for secret in secrets if secret]
    return subscription if any(matches) else None


def _mac(subscription: Subscription, secret: str) -> str:
    text = b"\0".join((_PURPOSE, str(subscription.user_id).encode(), subscription.list.encode()))
    return urlsafe_b64encode(hmac.digest(secret.encode(), text, sha256)).decode().rstrip("=")
