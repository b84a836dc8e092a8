"""What a worker is told of a job: the same JSON for every kind of worker."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from puppet.signing import Attempt, callback_token
from puppet.store import ClaimedJob


@dataclass(frozen=True)
class Requests:
    """Writes the requests of one run; `secret` is the current one of the secret shared with the workers."""

    public_url: str
    secret: str = field(repr=False)

    def of(self, job: ClaimedJob) -> dict[str, Any]:
        """Return what a worker needs to carry out this attempt, and to say later what became of it."""
        attempt = Attempt(str(job.id), job.attempt, job.token.hex)
        return {
            "id": str(job.id),
            "type": job.job_type,
            "userId": job.user_id,
            "payload": job.payload,
            "attempt": job.attempt,
            "callbackUrl": f"{self.public_url.rstrip('/')}/api/cron/callback/{job.id}",
            "callbackToken": callback_token(attempt, self.secret),
        }

    def body_of(self, job: ClaimedJob) -> bytes:
        """Return the same as the bytes that are sent and signed."""
        return json.dumps(self.of(job), separators=(",", ":")).encode()
