"""Every kind of problem that the door answers with: its name is stable, and programs may rely on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

# Where a problem's `type` leads, at the door as in the repository; an anchor names the kind.
PAGE: Final = "/docs/problems.md"


@dataclass(frozen=True)
class Kind:
    """One kind of problem.

    Attributes:
        statuses: the HTTP statuses that it comes with.
        title: what it is in a few words.
        meaning: why it is answered.
        remedy: what the caller can do.
    """

    name: str
    statuses: tuple[int, ...]
    title: str
    meaning: str
    remedy: str

    @property
    def type(self) -> str:
        """The URI reference that names this kind in an answer."""
        return f"{PAGE}#{self.name}"


_ALL: Final = (
    Kind("unreadable", (400,), "The request cannot be read",
         "The body is not one JSON object in UTF-8, the query is not percent-encoded UTF-8, or a name is given twice.",
         "Correct what `detail` names and send it again."),
    Kind("invalid-input", (400, 422), "Values are wrong",
         "The request could be read, but some of its values are unknown, missing or out of their bounds. Nothing was"
         " done.",
         "`errors` names every wrong value with what would be right. Correct them all and send it again."),
    Kind("unauthorized", (401,), "A secret is needed",
         "No secret was sent, or one that does not open this route. The answer does not say which of the two.",
         "Show the right secret: `X-Job-Secret` for every route, `Authorization: Bearer` for the admin's, and so on as"
         " `/openapi.json` says. A value that has just been rotated is accepted while it is the previous one."),
    Kind("not-allowed", (403,), "Not with this secret",
         "The caller is known, and may not do this: the read-only secret changes nothing.",
         "Use the job's or the admin's secret."),
    Kind("cross-site-write", (403,), "From another site",
         "A browser sent a write with the session's cookie from a page that is not this one.",
         "Do it on the page itself, or call the route with a secret in its header."),
    Kind("not-found", (404,), "There is nothing here",
         "No route has this path, or what it names does not exist (any more).",
         "Check the path and the id; lists tell what there is."),
    Kind("method-not-allowed", (405,), "This method is not allowed",
         "The path exists, but does not support this method.",
         "Use one of those in the header `Allow`."),
    Kind("conflict", (409,), "Not possible in the present state",
         "What was asked for contradicts the present state.",
         "Read the present state and decide again."),
    Kind("lock-not-held", (409,), "Nobody holds this lock",
         "A lock was to be released that is free already.",
         "Nothing: the job can be started."),
    Kind("lock-held-by-another", (409,), "Somebody else holds this lock",
         "The lock to be released has changed hands since it was looked at. It was left alone; the answer tells who"
         " holds it now.",
         "Look at the new holder. Only where that one is dead too, release it by naming it."),
    Kind("idempotency-key-in-progress", (409,), "The first request is still being answered",
         "A request with the same Idempotency-Key is being answered at this moment.",
         "Try again after `Retry-After` seconds with the same key; the first answer will be repeated."),
    Kind("attempt-over", (409,), "Too late",
         "A worker reports a result of an attempt that has ended otherwise: it was given up or answered before.",
         "Drop the result; the job has gone on without it."),
    Kind("gone", (410,), "It has been removed",
         "What the request is about was removed because of its age.",
         "Do not try again."),
    Kind("changed-meanwhile", (412,), "Changed in the meantime",
         "`If-Match` names another version than the present one: somebody else has changed it. Nothing was done.",
         "Read it again, decide anew, and send the ETag of what was read. `version` is the present one."),
    Kind("body-too-large", (413,), "The body is too large",
         "The body has more bytes than any request needs.",
         "Send less; `detail` names the limit."),
    Kind("wrong-media-type", (415,), "Another media type is needed",
         "The body is not what its `Content-Type` must say here.",
         "Send JSON as `application/json` in UTF-8, or what `detail` asks for."),
    Kind("idempotency-key-reused", (422,), "The key belongs to another request",
         "This Idempotency-Key came with another body, query or path before, within a day.",
         "Make a new key, best a random UUID, for every new request."),
    Kind("version-needed", (428,), "A version is needed",
         "A write that may overwrite somebody else's came without `If-Match`.",
         "Read it first, and send the `ETag` of what was read as `If-Match`."),
    Kind("already-running", (429,), "The job runs already",
         "Somebody holds the job's lock; the answer tells who, since when and until when at most.",
         "Wait for that run (`runId`) or try again after `Retry-After` seconds. Where the holder is dead, the lock can"
         " be released by naming job and holder."),
    Kind("too-soon", (429,), "It ran a moment ago",
         "The job has just ended, and may not run again so soon.",
         "Try again after `Retry-After` seconds."),
    Kind("too-many-attempts", (429,), "Too many attempts",
         "Too many wrong secrets came within a short time.",
         "Wait for `Retry-After` seconds."),
    Kind("internal-error", (500,), "Something went wrong here",
         "An unexpected error on the server. It is not known whether anything was done.",
         "Look for `requestId` in the log. A write is safe to repeat with the same `Idempotency-Key`."),
    Kind("no-secret-configured", (503,), "This way in is closed",
         "No secret is configured for this route. A door without a secret is closed, never open.",
         "Whoever runs the deployment gives it the secret that `detail` names; callers can do nothing."),
    Kind("too-much-to-read", (503,), "There is too much to read",
         "The answer would have taken longer than the door may take, and was given up.",
         "Ask for less: a shorter time, one job or one subject, a smaller limit."),
    Kind("unavailable", (503,), "Something needed cannot be reached",
         "The database, the locks, the store of secrets or a worker does not answer at the moment.",
         "Try again after `Retry-After` seconds; a write with the same `Idempotency-Key`."),
)  # fmt: skip

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for kind in _ALL}

# What a problem is where its raiser says no more than the status.
_OF_STATUS: Final = {
    400: "unreadable", 401: "unauthorized", 403: "not-allowed", 404: "not-found", 405: "method-not-allowed",
    409: "conflict", 410: "gone", 412: "changed-meanwhile", 413: "body-too-large", 415: "wrong-media-type",
    422: "invalid-input", 428: "version-needed", 429: "too-soon", 500: "internal-error", 503: "unavailable",
}  # fmt: skip


def kind_of(status: int) -> str:
    """Return the kind of a problem of which only the status is said; empty for a status that has none."""
    return _OF_STATUS.get(status, "")
