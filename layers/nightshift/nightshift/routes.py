"""What a domain's `routes.py` is made of: the routes it brings to the door, declared, not wired.

The door reads these declarations: it checks guards and parameters, dispatches, and writes the OpenAPI
description from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nightshift.audit import entry
from nightshift.errors import NightshiftError
from nightshift.parameters import Parameter
from nightshift.problems import kind_of

if TYPE_CHECKING:
    from nightshift.job import Job
    from nightshift.platform import Platform

Json = dict[str, Any]


class Guard(StrEnum):
    """Who may call a route. The job secret opens every one of them."""

    OPEN = "open"
    JOB = "job"
    ADMIN = "admin"
    READ = "read"
    WARMUP = "warmup"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class Request:
    """A request that has passed its guard; parameters are parsed and within bounds."""

    platform: Platform
    principal: str
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    # Secrets may be among these.
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    # On this process's monotonic clock: by then the door must have answered.
    deadline: float = math.inf
    # As the answer's X-Request-Id and the access line have it.
    id: str = ""
    # Who the gateway sees at the other end.
    source_ip: str = ""

    def audit(self, action: str, subject: str, before: Any = None, after: Any = None) -> str:
        """Return the statement that tells of a change by this caller, to be sent with the change itself."""
        return entry(self.principal, action, subject, before, after, request_id=self.id)


@dataclass(frozen=True)
class Response:
    """An answer; a plain dict from a route's handler means 200 with that JSON.

    A text is answered as it stands, and says in its headers what it is (`Content-Type`).
    """

    body: Json | str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Problem(NightshiftError):
    """A request is refused: raised by a route, answered as `application/problem+json` (RFC 9457).

    Args:
        status: the HTTP status, 400 or above.
        detail: what is wrong and what would be right, for the caller's eyes.
        kind: one of `nightshift.problems.KINDS`, for programs; without one it is what the status most often means.
        errors: `{"field": …, "detail": …}` for every field that is wrong.
        headers: what the answer carries besides.
        members: facts that belong to this kind of problem, such as who holds a lock.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = "",
        errors: Sequence[Json] = (),
        headers: Mapping[str, str] | None = None,
        members: Json | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind or kind_of(status)
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.members = dict(members or {})


@dataclass(frozen=True)
class Route:
    """A route that a domain answers itself, by reading or by a short write.

    Attributes:
        path: its placeholders are in braces, each declared in `path_parameters`.
        required: the names of query and body parameters that must be given.
        schema: the JSON Schema of the 200 answer, for the API's description.
        media_type: what that answer is, where it is not JSON.
        ignores_body: whatever is sent is let in and not looked at, as one-click unsubscribe (RFC 8058) needs it.
        needs_version: it changes what has a version, and the caller names the one that was seen in If-Match:
            428 without it, 412 where it is another by now. For the API's description; the route itself compares.
        invalid_status: the status of the problem that names the values which are wrong.
        same_form: further statuses that are answered in the form of the 200, each with what it means.
        problems: the kinds of problem (`nightshift.problems`) that this route raises besides what every route may.
    """

    method: str
    path: str
    guard: Guard
    answer: Callable[[Request], Json | Response]
    summary: str
    path_parameters: Sequence[Parameter] = ()
    query: Sequence[Parameter] = ()
    body: Sequence[Parameter] = ()
    required: Sequence[str] = ()
    schema: Json | None = None
    media_type: str = "application/json"
    ignores_body: bool = False
    needs_version: bool = False
    invalid_status: int = 422
    same_form: Mapping[int, str] = field(default_factory=dict)
    problems: Sequence[str] = ()

    @property
    def is_page(self) -> bool:
        """Whether it is for people: what is sent to it is a form, not JSON."""
        return self.media_type == "text/html"


@dataclass(frozen=True)
class Trigger:
    """A route that starts a job: the door acquires, records, wakes the worker and answers.

    Attributes:
        waits_s: how long the door waits for the result where the caller does not say (`Prefer: wait=N`).
        present: turns a run (None while it is not finished) and its state into the body that this route's
            callers expect.
        joins: whoever comes while it runs gets that run, as if it were theirs, and no refusal.
        invalid_status: as for `Route`.
    """

    path: str
    job: Job
    guard: Guard
    summary: str
    waits_s: int = 0
    present: Callable[[Json], Json] | None = None
    schema: Json | None = None
    joins: bool = False
    invalid_status: int = 422
