"""Checks what came in: path, query and body against what the route declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.incoming import Incoming
from nightshift.parameters import parse_each
from nightshift.platform import Platform
from nightshift.routes import Guard, Json, Problem, Request, Route


def validated(
    incoming: Incoming, route: Route, path: Mapping[str, str], platform: Platform, principal: str, deadline: float
) -> Request:
    """Return the request, which has passed its guard, with every value parsed and within bounds.

    Raises:
        Problem: 404 for a path parameter that names nothing, 400, 413 or 415 for what cannot be read, and 422
            (unless the route has another for it) naming every value that is wrong.
    """
    named, wrong = parse_each(route.path_parameters, path)
    if wrong:
        raise Problem(404, "there is nothing at this path", errors=_errors(wrong))
    query, wrong_query = parse_each(route.query, _query(incoming, route), route.required)
    body, wrong_body = parse_each(route.body, _body(incoming, route), route.required)
    if wrong_query or wrong_body:
        errors = [*_errors(wrong_query), *_errors(wrong_body)]
        raise Problem(route.invalid_status, "the input is not valid", kind="invalid-input", errors=errors)
    return Request(platform, principal, named, query, body, incoming.headers, deadline, incoming.id, incoming.source_ip)


def _query(incoming: Incoming, route: Route) -> Json:
    query = incoming.query()
    # A form sends its empty fields as well.
    return {name: value for name, value in query.items() if value} if route.is_page else query


def _body(incoming: Incoming, route: Route) -> Json:
    if incoming.is_read or route.ignores_body:
        return {}
    body: Json = {**incoming.form()} if route.is_page else incoming.body()
    if route.guard is Guard.WEBHOOK:
        # It was for the guard; no route sees it.
        body.pop("secret", None)
    return body


def _errors(problems: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"field": name, "detail": detail} for name, detail in problems.items()]
