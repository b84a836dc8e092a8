"""`GET /openapi.json`: the description of every route (OpenAPI 3.1), made from what the door works by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from api import guards
from nightshift.parameters import Parameter
from nightshift.routes import Guard, Json, Request, Route

_SCHEMES = {
    guards.JOB: ("jobSecret",),
    guards.ADMIN: ("bearer",),
    guards.READ: ("readSecret", "bearer"),
    guards.WARMUP: ("warmupSecret",),
    guards.WEBHOOK: ("webhookSecret",),
}
_POST_HEADERS = ({"$ref": "#/components/parameters/IdempotencyKey"},)
_TRIGGER_HEADERS = (*_POST_HEADERS, {"$ref": "#/components/parameters/Prefer"})


def route(answered: Sequence[Route], started: Sequence[Route]) -> Route:
    """Return the route that describes the others: those that answer, and those that start a job."""

    @cache
    def description() -> Json:
        return describe((*answered, own), started)

    def answer(_request: Request) -> Json:
        return description()

    own = Route("GET", "/openapi.json", Guard.OPEN, answer, "This description", schema={"type": "object"})
    return own


def describe(answered: Sequence[Route], started: Sequence[Route]) -> Json:
    """Return the OpenAPI document."""
    # Loaded when it is asked for, which is seldom.
    from api.schemas import COMPONENTS, INFO

    paths: dict[str, Json] = {}
    for one, is_trigger in (*((one, False) for one in answered), *((one, True) for one in started)):
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, is_trigger=is_trigger)
    return {"openapi": "3.1.0", "info": INFO, "paths": paths, "components": COMPONENTS}


def _operation(one: Route, *, is_trigger: bool) -> Json:
    operation: Json = {
        "summary": one.summary,
        "operationId": _operation_id(one),
        "security": _security(one),
        "parameters": _parameters(one, is_trigger=is_trigger),
        "responses": _responses(one, is_trigger=is_trigger),
    }
    if one.method != "GET" and (one.body or is_trigger or one.guard is Guard.WEBHOOK):
        operation["requestBody"] = _body(one)
    return operation


def _operation_id(one: Route) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in one.path).split()
    return one.method.lower() + "".join(word.capitalize() for word in words)


def _security(one: Route) -> list[Json]:
    if one.guard is Guard.OPEN:
        return []
    allowed = guards.openers(one.guard, is_read=one.method == "GET")
    names = dict.fromkeys(name for principal in allowed for name in _SCHEMES[principal])
    return [{name: []} for name in names]


def _parameters(one: Route, *, is_trigger: bool) -> list[Json]:
    found = [{**_parameter(parameter, "path"), "required": True} for parameter in one.path_parameters]
    found += [{**_parameter(parameter, "query"), "required": parameter.name in one.required} for parameter in one.query]
    if one.needs_version:
        found.append({"$ref": "#/components/parameters/IfMatch"})
    if one.method == "POST":
        found += _TRIGGER_HEADERS if is_trigger else _POST_HEADERS
    return found


def _parameter(parameter: Parameter, place: str) -> Json:
    schema = {**parameter.schema(), **_default(parameter)}
    return {"name": parameter.name, "in": place, "description": parameter.description, "schema": schema}


def _body(one: Route) -> Json:
    properties = {
        parameter.name: {**parameter.schema(), **_default(parameter), "description": parameter.description}
        for parameter in one.body
    }
    if one.guard is Guard.WEBHOOK:
        properties["secret"] = {"type": "string", "description": "The webhook's secret, where no header can carry it."}
    required = [name for name in properties if name in one.required]
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    return {"required": bool(required), "content": {"application/json": {"schema": schema}}}


def _default(parameter: Parameter) -> Mapping[str, Any]:
    return {} if parameter.default is None else {"default": parameter.default}


def _responses(one: Route, *, is_trigger: bool) -> Json:
    schema = one.schema or {"type": "object"}
    answers: Json = {"200": {"description": "The answer", "content": {one.media_type: {"schema": schema}}}}
    if is_trigger:
        answers["200"]["description"] = "The run has ended within the time that the caller waits"
        accepted = one.schema or {}
        # Where a domain presents its runs in a form of its own, both answers have it.
        own_form = not str(accepted.get("$ref", "")).endswith("/Run")
        shown = accepted if own_form else {"$ref": "#/components/schemas/AcceptedRun"}
        answers["202"] = {
            "description": "The job's worker has been woken",
            "headers": {"Location": {"description": "Where the run can be looked at", "schema": {"type": "string"}}},
            "content": {"application/json": {"schema": shown}},
        }
    problems = _problems(one, is_trigger=is_trigger)
    return {**answers, **{status: {"$ref": f"#/components/responses/{name}"} for status, name in problems}}


def _problems(one: Route, *, is_trigger: bool) -> list[tuple[str, str]]:
    """Return the problems that a route may answer with."""
    found = [("400", "Unreadable")]
    if one.guard is not Guard.OPEN:
        found.append(("401", "Unauthorized"))
    if one.path_parameters:
        found.append(("404", "NotFound"))
    if one.method == "POST":
        found.append(("409", "Conflict"))
    if one.needs_version:
        found.append(("412", "Changed"))
    if one.method != "GET" and not one.ignores_body:
        found += [("413", "TooLarge"), ("415", "NotJson")]
    found.append((str(one.invalid_status), "InvalidInput"))
    if one.needs_version:
        found.append(("428", "VersionNeeded"))
    if is_trigger:
        found.append(("429", "AlreadyRunning"))
    return [*found, ("500", "Failed"), ("503", "Unavailable")]
