"""The route on which a worker that took a job (202) says later what became of it.

It is open, as the door has no secret for each attempt: what lets a worker in is the token that it got with the job.
That is good for this attempt alone, and only while nothing else has become of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nightshift import Choice, Text
from nightshift.parameters import UUID_PATTERN
from nightshift.routes import Guard, Json, Request, Route
from puppet.signing import MAX_TOKEN_LENGTH


@dataclass(frozen=True)
class Document:
    """A JSON object of whatever content; its size is bounded with that of the body."""

    name: str
    description: str = ""
    default: None = None

    def parse(self, raw: Any) -> Mapping[str, Any]:
        """Accept a JSON object."""
        if not isinstance(raw, dict):
            raise ValueError(f"{self.name} must be a JSON object")  # noqa: TRY004  # how parameters refuse
        return raw

    def schema(self) -> Json:
        """Return its JSON Schema."""
        return {"type": "object", "additionalProperties": True}


def take(request: Request) -> Json:
    """Write down what a worker says, once; problems are those of `late_answers.take`."""
    # Only now: the door opens for other routes without the store and the signatures.
    from puppet.late_answers import take as write_down

    return write_down(request)


_JOB_ID: Final = Text("jobId", 36, UUID_PATTERN, "a UUID", description="As the job came.")
ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/api/cron/callback/{jobId}",
        Guard.OPEN,
        take,
        "Say what became of a job that a worker has taken; its callbackToken is the guard",
        path_parameters=(_JOB_ID,),
        body=(
            Text("token", MAX_TOKEN_LENGTH, description="The callbackToken that came with the job."),
            Choice("status", ("done", "failed"), "done", "How it ended."),
            Document("result", "What the job found, where it did."),
            Document("error", "Where it failed: type, message, retryable and retryAfterSeconds, all optional."),
        ),
        required=("token",),
        problems=("unauthorized", "attempt-over", "gone"),
        schema={
            "type": "object",
            "properties": {
                "jobId": {"type": "string", "format": "uuid"},
                "attempt": {"type": "integer"},
                "recorded": {"type": "boolean"},
            },
            "required": ["jobId", "attempt", "recorded"],
        },
    ),
)
