"""How a worker knows that a job comes from here, and how we know that a late answer comes from who got the job.

Both are HMAC-SHA256 with the one secret that the stack and its workers share.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

TIMESTAMP_HEADER: Final = "X-Nightshift-Timestamp"
SIGNATURE_HEADER: Final = "X-Nightshift-Signature"
MAX_TOKEN_LENGTH: Final = 120
MIN_SECRET_LENGTH: Final = 32
_PURPOSE: Final = b"nightshift puppet callback 1"
_FORM: Final = re.compile(r"([1-9]\d{0,4})\.([0-9a-f]{32})\.([A-Za-z0-9_-]{43})", re.ASCII)


def signature(body: bytes, timestamp: int, secrets: Sequence[str]) -> str:
    """Return `v1=<hex>` over `<timestamp>.<body>`, one for each secret: while it is rotated, either is enough."""
    signed = b"%d.%b" % (timestamp, body)
    return ",".join(f"v1={hmac.digest(secret.encode(), signed, sha256).hex()}" for secret in secrets)


@dataclass(frozen=True)
class Attempt:
    """The one attempt that a late answer is for."""

    job_id: str
    number: int
    claim: str  # the claim's token, in 32 hexadecimal digits


def callback_token(attempt: Attempt, secret: str) -> str:
    """Return what a worker must show to say what became of this attempt."""
    return f"{attempt.number}.{attempt.claim}.{_mac(attempt, secret)}"


def read_callback_token(job_id: str, text: str, secrets: Sequence[str]) -> Attempt | None:
    """Return the attempt that a token is for, or None where it was not made for this job with one of these secrets."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    attempt = Attempt(job_id, int(match[1]), match[2])
    # All of them, so that the time taken does not tell which one matched.
    matches = [hmac.compare_digest(_mac(attempt, secret), match[3]) for secret in secrets if secret]
    return attempt if any(matches) else None


def _mac(attempt: Attempt, secret: str) -> str:
    text = b"\0".join((_PURPOSE, attempt.job_id.encode(), b"%d" % attempt.number, attempt.claim.encode()))
    return urlsafe_b64encode(hmac.digest(secret.encode(), text, sha256)).decode().rstrip("=")
