"""Who may call what: every guard is opened by a secret, and a guard without a secret stays closed."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from typing import Any

from api.incoming import Incoming
from api.sessions import COOKIE, SESSION, Opened, Sessions
from api.settings import ApiSettings
from nightshift.errors import SecretUnavailable
from nightshift.routes import Guard, Problem
from nightshift.secrets import Secrets

ANYONE = "anyone"
JOB, ADMIN, READ, WARMUP, WEBHOOK = "job", "admin", "read", "warmup", "webhook"

# Whose secret opens a guard. The read-only secret is added for GET and HEAD.
_OPENERS: Mapping[Guard, tuple[str, ...]] = {
    Guard.JOB: (JOB,),
    Guard.ADMIN: (JOB, ADMIN),
    Guard.READ: (JOB, ADMIN),
    Guard.WARMUP: (JOB, WARMUP),
    Guard.WEBHOOK: (JOB, WEBHOOK),
}
_REFERENCES = {
    JOB: "JOB_SECRET_REF", ADMIN: "ADMIN_SECRET_REF", READ: "READ_SECRET_REF",
    WARMUP: "WARMUP_SECRET_REF", WEBHOOK: "WEBHOOK_SECRET_REF", SESSION: "SESSION_SECRET_REF",
}  # fmt: skip
# Which header proves which principals; a signed session is one more credential, of whoever's secret opened it.
_HEADERS = {
    "x-job-secret": (JOB,), "x-read-secret": (READ,), "x-warmup-secret": (WARMUP,), "x-webhook-secret": (WEBHOOK,),
}  # fmt: skip
_BEARER = (ADMIN, READ)
# Who may sign in.
PEOPLE = (JOB, ADMIN, READ)
_UNREADABLE_RETRY_S = "10"
_CROSS_SITE = (
    f"a write with the cookie {COOKIE} must come from a page of this very address, as browsers say in Sec-Fetch-Site; a"
    " program shows its secret in a header"
)
READ_ONLY = "the read-only secret sees everything and changes nothing; sign in with the admin or the job secret"
_NEEDS_MORE = "this needs another secret than the one that opened the session"


def openers(guard: Guard, *, is_read: bool) -> tuple[str, ...]:
    """Return whose secrets open a guard."""
    return (*_OPENERS[guard], *((READ,) if is_read else ()))


class _Verdict(Enum):
    WRONG = "wrong"
    NOT_CONFIGURED = "not configured"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class _Credential:
    """What a caller shows, and whose it may be."""

    value: str = field(repr=False)
    principals: tuple[str, ...]


class Guards:
    """Lets callers in."""

    def __init__(self, settings: ApiSettings, secrets: Secrets) -> None:
        self._secrets = secrets
        self._references = {
            JOB: settings.job_secret_ref, ADMIN: settings.admin_secret_ref, READ: settings.read_secret_ref,
            WARMUP: settings.warmup_secret_ref, WEBHOOK: settings.webhook_secret_ref,
            SESSION: settings.session_secret_ref,
        }  # fmt: skip
        self._sessions = Sessions(lambda name: secrets.values(self._references[name]))

    def admit(self, guard: Guard, incoming: Incoming) -> str:
        """Return who the caller has proved to be; of an open route that writes, whose session it shows, if any.

        Raises:
            Problem: 401 for a wrong secret or none; 403 for a session that may not do this; 503 where no secret is
                configured that could be right, or where the store of secrets cannot be asked.
        """
        if guard is Guard.OPEN:
            return ANYONE if incoming.is_read else self._known(incoming)
        allowed = openers(guard, is_read=incoming.is_read)
        if (principal := self._admit_session(allowed, incoming)) is not None:
            return principal
        verdicts: list[_Verdict] = []
        for credential in _shown(guard, incoming):
            candidates = [principal for principal in credential.principals if principal in allowed]
            if not candidates:
                continue
            verdict = self._check(credential.value, candidates)
            if isinstance(verdict, str):
                return verdict
            verdicts.append(verdict)
        raise self._refusal(allowed, verdicts)

    def sign_in(self, secret: str) -> Opened | None:
        """Return a new session for whoever knows this secret, or None where it is wrong.

        Raises:
            Problem: 503, nobody can sign in, and why.
        """
        verdict = self._check(secret, list(PEOPLE))
        if verdict is _Verdict.WRONG:
            return None
        if isinstance(verdict, str) and self._secrets.values(self._references[SESSION]):
            return Opened(verdict, self._sessions.open(verdict, secret))
        raise self._refusal((*PEOPLE, SESSION), [_Verdict.NOT_CONFIGURED if isinstance(verdict, str) else verdict])

    def _known(self, incoming: Incoming) -> str:
        try:
            return self._sessions.principal(incoming.cookies) or ANYONE
        except SecretUnavailable:
            return ANYONE

    def _admit_session(self, allowed: tuple[str, ...], incoming: Incoming) -> str | None:
        """Return whose session the request shows, or None where it shows none that is valid, or a secret besides."""
        if not incoming.cookies or any(header in incoming.headers for header in (*_HEADERS, "authorization")):
            return None
        principal = self._sessions.principal(incoming.cookies)
        if principal is None:
            return None
        if not incoming.is_read and incoming.headers.get("sec-fetch-site") != "same-origin":
            raise Problem(403, _CROSS_SITE, kind="cross-site-write")
        if principal not in allowed:
            raise Problem(403, READ_ONLY if principal == READ else _NEEDS_MORE, kind="not-allowed")
        return principal

    def _check(self, value: str, candidates: list[str]) -> str | _Verdict:
        """Return the first candidate whose secret this is, after comparing with every value of all of them."""
        shown, matched, verdict = _digest(value), "", _Verdict.NOT_CONFIGURED
        for principal in candidates:
            try:
                valid = self._secrets.values(self._references[principal])
            except SecretUnavailable:
                verdict = _Verdict.UNREADABLE
                continue
            for secret in valid:
                if hmac.compare_digest(_digest(secret), shown):
                    matched = matched or principal
            if valid and verdict is _Verdict.NOT_CONFIGURED:
                verdict = _Verdict.WRONG
        return matched or verdict

    def _refusal(self, allowed: tuple[str, ...], verdicts: list[_Verdict]) -> Problem:
        if _Verdict.UNREADABLE in verdicts:
            return Problem(503, "secrets cannot be read at the moment", headers={"Retry-After": _UNREADABLE_RETRY_S})
        if _Verdict.NOT_CONFIGURED in verdicts or not any(self._references[opener] for opener in allowed):
            missing = ", ".join(_REFERENCES[opener] for opener in allowed if not self._references[opener])
            return Problem(
                503,
                "this way in is closed because no secret is configured for it"
                + (f" ({missing})" if missing else " (its value is empty)"),
                kind="no-secret-configured",
            )
        scheme = "Bearer" if ADMIN in allowed or READ in allowed else "Secret"
        return Problem(
            401,
            "a secret is needed, and this request has none or a wrong one",
            headers={"WWW-Authenticate": f'{scheme} realm="nightshift"'},
        )


def _shown(guard: Guard, incoming: Incoming) -> Iterator[_Credential]:
    for header, principals in _HEADERS.items():
        if value := incoming.headers.get(header):
            yield _Credential(value, principals)
    scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        yield _Credential(token.strip(), _BEARER)
    if guard is Guard.WEBHOOK and (secret := _secret_in_body(incoming)):
        yield _Credential(secret, (WEBHOOK,))


def _secret_in_body(incoming: Incoming) -> str:
    """Return the `secret` of a webhook's body; a body that cannot be read holds none, and tells no stranger why."""
    try:
        secret: Any = incoming.body().get("secret")
    except Problem:
        return ""
    return secret if isinstance(secret, str) else ""


def _digest(text: str) -> bytes:
    # Digests are of one length, so that a comparison tells nothing of the secret's length either.
    return sha256(text.encode(errors="surrogatepass")).digest()
