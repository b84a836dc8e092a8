"""The way of every request: route, guard, input, answer; it ends in one answer and one log line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from api import audit, jobs, locks, openapi, problems, runs, triggers
from api.answers import problem_of, refuse, render
from api.catalogue import Catalogue
from api.domains import DOMAINS, Domain
from api.guards import ANYONE, Guards
from api.idempotency import answer_once, key_of
from api.incoming import Incoming
from api.log import log
from api.pages.every import routes as page_routes
from api.pages.signing_in import SignIn
from api.router import Router
from api.settings import ApiSettings
from api.validation import validated
from nightshift.errors import DatabaseTimeout
from nightshift.platform import Platform
from nightshift.routes import Guard, Json, Problem, Request, Response, Route

# Kept back from Lambda's remaining time, to answer before the invocation is cut off.
_RESERVE_S = 2.0
# How long PostgreSQL may take for one question: a caller waits 29 s at most, and other callers need the connections.
LONGEST_READ_S = 10


@dataclass
class _Facts:
    """What the access line tells; neither query nor header nor body."""

    route: str | None = None
    principal: str = ANYONE
    started: float = field(default_factory=time.monotonic)

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)


class Door:
    """Answers requests; made once a process."""

    def __init__(self, platform: Platform, settings: ApiSettings, domains: Sequence[Domain] = DOMAINS) -> None:
        """Gather what the domains bring.

        Raises:
            SettingsError: the JOBS variable does not fit the jobs.
            ConfigurationError: routes clash.
        """
        self._platform = platform
        self._guards = Guards(settings, platform.secrets)
        catalogue = Catalogue.read([job for domain in domains for job in domain.JOBS], settings.jobs)
        self._router = Router(all_routes(catalogue, domains, self._guards.sign_in, shipped=domains is DOMAINS))

    def answer(self, incoming: Incoming, time_left_s: float) -> Json:
        """Return the answer to a request in API Gateway's form."""
        facts = _Facts()
        deadline = facts.started + time_left_s - _RESERVE_S
        response = _never_raising(lambda: self._answer(incoming, facts, deadline), incoming)
        log().info(
            "Request", method=incoming.method, route=facts.route, status=response.status,
            duration_ms=facts.elapsed_ms(), principal=facts.principal, request_id=incoming.id,
        )  # fmt: skip
        return render(response, incoming)

    def _answer(self, incoming: Incoming, facts: _Facts, deadline: float) -> Response:
        route, path = self._router.find(incoming.method, incoming.path)
        facts.route = route.path
        facts.principal = self._guards.admit(route.guard, incoming)
        request = validated(incoming, route, path, self._platform, facts.principal, deadline)
        key = key_of(incoming, request, route) if route.method == "POST" and not route.is_page else None
        if key is None:
            return _respond(route, request)
        return answer_once(
            self._platform.database, key, lambda: _never_raising(lambda: _respond(route, request), incoming)
        )


def all_routes(
    catalogue: Catalogue,
    domains: Sequence[Domain],
    sign_in: SignIn = lambda _secret: None,
    *,
    shipped: bool = False,
) -> tuple[Route, ...]:
    """Return every route there is: the door's own, those of the domains, one for each trigger, and the pages.

    With `shipped` the description is the one that the build has made, where it has.
    """
    declared = [trigger for domain in domains for trigger in domain.TRIGGERS]
    wanted = triggers.of_all_jobs(catalogue, declared)
    started = [triggers.route(trigger, catalogue[trigger.job.name]) for trigger in wanted]
    own = (
        *jobs.routes(catalogue),
        *runs.routes(catalogue),
        *locks.routes(catalogue),
        *audit.routes(),
        *problems.routes(),
        *_ABOUT,
    )
    answered = (*own, *(route for domain in domains for route in domain.ROUTES))
    answered = (*answered, *page_routes(catalogue, (*answered, *started), sign_in))
    others = (*answered, *started)
    starting = {one.path: trigger.job.name for one, trigger in zip(started, wanted, strict=True)}
    return (*others, openapi.route(others, starting, domains, shipped=shipped))


def _healthz(_request: Request) -> Json:
    return {"status": "ok"}


_ABOUT = (
    Route("GET", "/healthz", Guard.OPEN, _healthz, "Whether the door answers; asks neither database nor AWS",
          schema={"$ref": "#/components/schemas/Health"}),
)  # fmt: skip


def _respond(route: Route, request: Request) -> Response:
    request.platform.database.reads_at_most_s = LONGEST_READ_S
    try:
        answered = route.answer(request)
    except DatabaseTimeout:
        raise _too_much(route) from None
    return answered if isinstance(answered, Response) else Response(answered)


def _too_much(route: Route) -> Problem:
    """Return the problem of a question that takes too long to answer, with what of the route makes it smaller."""
    narrowing = [parameter.name for parameter in route.query if parameter.name != "cursor"]
    hint = f"; ask for less with {', '.join(narrowing)}" if narrowing else ""
    detail = f"there is too much to read within {LONGEST_READ_S} s{hint}"
    return Problem(503, detail, kind="too-much-to-read", members={"narrowing": narrowing})


def _never_raising(answer: Callable[[], Response], incoming: Incoming) -> Response:
    """Return the answer, or what its caller is told of the failure."""
    try:
        return answer()
    except Exception as error:  # noqa: BLE001  # the door answers whatever happens behind it
        problem = problem_of(error)
        if problem is None:
            log().exception("Request failed", request_id=incoming.id)
            problem = Problem(500, "something went wrong here; the request id finds it in the log")
        elif problem.status >= 500:
            log().warning("Request refused", request_id=incoming.id, error=f"{type(error).__name__}: {error}")
        return refuse(problem, incoming)
