"""Signed sessions of the dashboard: a cookie that says whose secret opened it and until when, and holds no secret.

The key of a signature is made of the session secret and of the secret that was shown. A session therefore ends after
twelve hours, or as soon as either of the two is no valid value any more: the first rotation keeps it (the previous
value stays valid beside the new one), the second ends it.
"""

from __future__ import annotations

import hmac
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe

# The prefix makes browsers refuse the cookie unless it is Secure, for this host alone and for all of its paths.
COOKIE = "__Host-session"
LIFETIME_S = 12 * 3600
# The name of the secret that signs.
SESSION = "session"
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"
_FORM = re.compile(r"(v1\.(job|admin|read)\.(\d{10,11})\.[\w-]{16})\.([\w-]{43})", re.ASCII)
# So that this key can be mistaken for no other that is made of the same secrets.
_PURPOSE = b"nightshift dashboard session 1"


@dataclass(frozen=True)
class Opened:
    """A new session: whose it is, and the Set-Cookie header that opens it."""

    principal: str
    cookie: str = field(repr=False)


@dataclass(frozen=True)
class Sessions:
    """Makes and checks sessions; `values` returns the valid values of a principal's or the session's secret."""

    values: Callable[[str], tuple[str, ...]]
    clock: Callable[[], float] = time.time

    def open(self, principal: str, secret: str) -> str:
        """Return the Set-Cookie header of a new session, for the principal whose `secret` was shown."""
        payload = f"v1.{principal}.{int(self.clock()) + LIFETIME_S}.{token_urlsafe(12)}"
        signature = _sign(self.values(SESSION)[0], principal, secret, payload)
        return f"{COOKIE}={payload}.{signature}; Max-Age={LIFETIME_S}; {_ATTRIBUTES}"

    def principal(self, cookies: Iterable[str]) -> str | None:
        """Return who the session is of, or None where there is no valid one.

        Raises:
            SecretUnavailable: it cannot be checked at the moment.
        """
        for text in _shown(cookies):
            match = _FORM.fullmatch(text)
            if match is None or int(match[3]) <= self.clock():
                continue
            payload, principal, _, signature = match.groups()
            if self._is_signed(payload, principal, signature):
                return principal
        return None

    def _is_signed(self, payload: str, principal: str, signature: str) -> bool:
        """Compare with every signature that could be right, and only then tell."""
        right = [
            hmac.compare_digest(_sign(key, principal, secret, payload), signature)
            for key in self.values(SESSION)
            for secret in self.values(principal)
        ]
        return any(right)


CLOSED = f"{COOKIE}=; Max-Age=0; {_ATTRIBUTES}"


def _shown(cookies: Iterable[str]) -> Iterator[str]:
    for cookie in cookies:
        name, _, value = cookie.partition("=")
        if name.strip() == COOKIE:
            yield value.strip()


def _sign(key: str, principal: str, secret: str, payload: str) -> str:
    # The digest of the secret is of one length, so that no two combinations make the same message.
    own = hmac.digest(key.encode(), _PURPOSE + principal.encode() + sha256(secret.encode()).digest(), "sha256")
    return urlsafe_b64encode(hmac.digest(own, payload.encode(), "sha256")).decode().rstrip("=")
