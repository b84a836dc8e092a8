"""What a domain's `routes.py` is made of: the routes it brings to the door, declared, not wired.

The door reads these declarations: it checks guards and parameters, dispatches, and writes the OpenAPI
description from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from nightshift.parameters import Parameter

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
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """An answer; a plain dict from a route's handler means 200 with that JSON."""

    body: Json
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """A route that a domain answers itself, by reading or by a short write.

    `path` has its placeholders in braces, each declared in `path_parameters`.
    """

    method: str
    path: str
    guard: Guard
    answer: Callable[[Request], Json | Response]
    summary: str
    path_parameters: Sequence[Parameter] = ()
    query: Sequence[Parameter] = ()
    body: Sequence[Parameter] = ()


@dataclass(frozen=True)
class Trigger:
    """A route that starts a job: the door acquires, records, wakes the worker and answers.

    Attributes:
        waits_s: how long the door waits for the result where the caller does not say (`Prefer: wait=N`).
        present: turns a run (None while it is not finished) and its state into the body that this route's
            callers expect.
    """

    path: str
    job: Job
    guard: Guard
    summary: str
    waits_s: int = 0
    present: Callable[[Json], Json] | None = None
