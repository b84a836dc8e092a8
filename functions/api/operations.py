"""One route as an operation of the API's description: what it takes, and everything that it may answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api import guards
from api.components import RESPONSE_OF, problem_content, schema_of_pages
from api.examples import Examples
from nightshift.parameters import Parameter
from nightshift.problems import KINDS
from nightshift.routes import Guard, Json, Route

_SCHEMES = {
    guards.JOB: ("jobSecret", "session"),
    guards.ADMIN: ("bearer", "session"),
    guards.READ: ("readSecret", "bearer", "session"),
    guards.WARMUP: ("warmupSecret",),
    guards.WEBHOOK: ("webhookSecret",),
}
_POST_HEADERS = ({"$ref": "#/components/parameters/IdempotencyKey"},)
_TRIGGER_HEADERS = (*_POST_HEADERS, {"$ref": "#/components/parameters/Prefer"})
_JSON, _FORM, _HTML = "application/json", "application/x-www-form-urlencoded", "text/html"
# In which the pages export what they show.
_EXPORTS = {"csv": "text/csv", "json": _JSON}


def operation(one: Route, job: str | None, examples: Examples) -> Json:
    """Return the operation of a route; `job` is the job that it starts, if it starts one."""
    described: Json = {
        "summary": one.summary,
        "operationId": _operation_id(one),
        "security": _security(one),
        "parameters": _parameters(one, examples, is_trigger=job is not None),
        "responses": _answers(one, job, examples) | _problems(one, is_trigger=job is not None),
    }
    if one.method != "GET" and not one.ignores_body and (one.body or job or one.guard is Guard.WEBHOOK):
        described["requestBody"] = _body(one, examples)
    return described


def _operation_id(one: Route) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in one.path).split()
    return one.method.lower() + "".join(word.capitalize() for word in words)


def _security(one: Route) -> list[Json]:
    if one.guard is Guard.OPEN:
        return []
    allowed = guards.openers(one.guard, is_read=one.method == "GET")
    names = dict.fromkeys(name for principal in allowed for name in _SCHEMES[principal])
    return [{name: []} for name in names]


def _parameters(one: Route, examples: Examples, *, is_trigger: bool) -> list[Json]:
    found = [{**_parameter(each, "path", examples), "required": True} for each in one.path_parameters]
    found += [{**_parameter(each, "query", examples), "required": each.name in one.required} for each in one.query]
    if one.needs_version:
        found.append({"$ref": "#/components/parameters/IfMatch"})
    if one.method == "GET":
        found.append({"$ref": "#/components/parameters/IfNoneMatch"})
    if one.method == "POST" and not one.is_page:
        found += _TRIGGER_HEADERS if is_trigger else _POST_HEADERS
    return found


def _parameter(parameter: Parameter, place: str, examples: Examples) -> Json:
    schema = {**parameter.schema(), **_default(parameter)}
    # A cursor is of one list and one moment; an invented one would be refused.
    example = {} if parameter.name == "cursor" else {"example": examples.value(parameter)}
    return {"name": parameter.name, "in": place, "description": parameter.description, "schema": schema, **example}


def _body(one: Route, examples: Examples) -> Json:
    properties = {each.name: {**each.schema(), **_default(each), "description": each.description} for each in one.body}
    if one.guard is Guard.WEBHOOK:
        properties["secret"] = {"type": "string", "description": "The webhook's secret, where no header can carry it."}
    required = [name for name in properties if name in one.required]
    schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    content = {_FORM if one.is_page else _JSON: {"schema": schema, "example": examples.body(one)}}
    return {"required": bool(required), "content": content}


def _default(parameter: Parameter) -> Mapping[str, Any]:
    return {} if parameter.default is None else {"default": parameter.default}


def _answers(one: Route, job: str | None, examples: Examples) -> Json:
    answers: Json = {"200": {"description": "The answer", "content": _content(one, job, examples)}}
    if job is not None:
        answers["200"]["description"] = "The run has ended within the time that the caller waits"
        answers["202"] = _accepted(one, job, examples)
    if one.method == "GET":
        answers["200"]["headers"] = {"ETag": {"$ref": "#/components/headers/ETag"}}
        answers["304"] = {"$ref": "#/components/responses/NotModified"}
    for status, meaning in one.same_form.items():
        content = {name: {"schema": each["schema"]} for name, each in _content(one, job, examples).items()}
        answers[str(status)] = {"description": meaning, "content": problem_content(status) | content}
    if one.is_page or (one.method == "GET" and one.guard is not Guard.OPEN):
        answers["303"] = {"$ref": "#/components/responses/SeeOther"}
    return answers


def _content(one: Route, job: str | None, examples: Examples) -> Json:
    media_type = one.media_type.partition(";")[0]
    schema = one.schema or ({"type": "object"} if media_type == _JSON else {"type": "string"})
    example = examples.answer(one, job)
    content: Json = {media_type: {"schema": schema, **({} if example is None else {"example": example})}}
    if one.is_page:
        formats = next((each.schema().get("enum", ()) for each in one.query if each.name == "format"), ())
        content |= {_EXPORTS[name]: {"schema": schema_of_pages(name)} for name in formats if name in _EXPORTS}
    return content


def _accepted(one: Route, job: str, examples: Examples) -> Json:
    # Where a domain presents its runs in a form of its own, both answers have it.
    own_form = one.schema is not None and not str(one.schema.get("$ref", "")).endswith("/Run")
    schema = one.schema if own_form else {"$ref": "#/components/schemas/AcceptedRun"}
    example = examples.accepted(one, job)
    return {
        "description": "The job's worker has been woken",
        "headers": {"Location": {"$ref": "#/components/headers/Location"}},
        "content": {_JSON: {"schema": schema, "example": example}},
    }


def _problems(one: Route, *, is_trigger: bool) -> Json:
    """Return the problems that a route may answer with, by their statuses, in order."""
    statuses = {400, one.invalid_status, 500, 503} | {
        status for kind in one.problems for status in KINDS[kind].statuses
    }
    if one.guard is not Guard.OPEN:
        statuses |= {401, 403}
    if one.path_parameters:
        statuses.add(404)
    if one.method == "POST" and not one.is_page:
        # Of an Idempotency-Key, which may belong to another request.
        statuses |= {409, 422}
    if one.is_page and one.guard is not Guard.OPEN:
        # A page is a client of other routes, and passes on what they refuse.
        statuses |= {404, 409} if one.method == "GET" else {404, 409, 412, 429}
    if one.needs_version:
        statuses |= {412, 428}
    if one.method != "GET" and not one.ignores_body:
        statuses |= {413, 415}
    if is_trigger:
        statuses.add(429)
    return {
        str(status): {"$ref": f"#/components/responses/{_name(status, one)}"}
        for status in sorted(statuses - one.same_form.keys())
    }


def _name(status: int, one: Route) -> str:
    if status == 429 and "too-many-attempts" in one.problems:
        return "TooManyAttempts"
    return RESPONSE_OF[status]
