"""Starting, pausing and resuming a job: each a page of its own that says what will happen, and one button."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.catalogue import Entry
from api.guards import READ, READ_ONLY
from api.pages import frame
from api.pages.site import Site
from nightshift import Choice, Flag, Integer, Text
from nightshift.parameters import Parameter
from nightshift.routes import Guard, Json, Problem, Request, Response, Route

_LONGEST = 2000
# An id: as large as a number in JSON can be.
_ANY_NUMBER = 2**53
_REASON = Text("reason", max_length=_LONGEST, description="Why, for whoever comes next.")


def routes(site: Site) -> tuple[Route, ...]:
    """Return the routes of the forms; one for each job, as each has parameters of its own."""
    return tuple(route for entry in site.catalogue for route in _of_job(site, entry))


def _of_job(site: Site, entry: Entry) -> tuple[Route, ...]:
    name = entry.job.name

    def ask(request: Request) -> Response:
        _refuse_readers(request)
        return _run_form(site, entry, request, request.query)

    def start(request: Request) -> Response:
        return _start(site, entry, request)

    def ask_pause(request: Request) -> Response:
        _refuse_readers(request)
        return _pause_form(site, entry, request)

    def pause(request: Request) -> Response:
        return _pause(site, entry, request)

    def resume(request: Request) -> Response:
        site.api.post(request, f"/api/jobs/{name}/resume")
        return frame.redirect(f"/jobs/{name}")

    # As they were typed: what is wrong with them is said beside their fields, by the API itself.
    typed = tuple(Text(parameter.name, max_length=_LONGEST) for parameter in entry.job.given)
    page = frame.MEDIA_TYPE
    return (
        Route("GET", f"/jobs/{name}/run", Guard.ADMIN, ask, f"Ask to start {name}", query=typed, media_type=page),
        Route("POST", f"/jobs/{name}/run", Guard.ADMIN, start, f"Start {name}", body=typed, media_type=page),
        Route("GET", f"/jobs/{name}/pause", Guard.ADMIN, ask_pause, f"Ask to pause {name}", media_type=page),
        Route("POST", f"/jobs/{name}/pause", Guard.ADMIN, pause, f"Pause {name}", body=(_REASON,), media_type=page),
        Route("POST", f"/jobs/{name}/resume", Guard.ADMIN, resume, f"Resume {name}", media_type=page),
    )


def _refuse_readers(request: Request) -> None:
    """Tell whoever only reads before they have filled in a form."""
    if request.principal == READ:
        raise Problem(403, READ_ONLY, kind="not-allowed")


def _start(site: Site, entry: Entry, request: Request) -> Response:
    params = {name: value for name, value in request.body.items() if value is not None}
    try:
        run_id = site.api.start(request, entry.job.name, params)
    except Problem as problem:
        if problem.status >= 500:
            raise
        return _run_form(site, entry, request, params, problem)
    return frame.redirect(f"/runs/{run_id}")


def _run_form(
    site: Site, entry: Entry, request: Request, typed: Mapping[str, Any], problem: Problem | None = None
) -> Response:
    wrong = {error.get("field", ""): error["detail"] for error in problem.errors} if problem else {}
    required = entry.job.lock_parameters
    fields = [
        _field(each, typed.get(each.name), wrong.pop(each.name, ""), is_required=each.name in required)
        for each in entry.job.given
    ]
    return frame.page(
        request, "run_form.html", "/", problem.status if problem else 200, title="", job=_job(site, entry, request),
        fields=fields, said=_said(problem, wrong), running=problem.members if problem else {},
    )  # fmt: skip


def _said(problem: Problem | None, others: Mapping[str, str]) -> str:
    """Return what is wrong beside what the fields say themselves."""
    if problem is None or (problem.errors and not others):
        return ""
    return "; ".join(others.values()) or problem.detail


def _pause(site: Site, entry: Entry, request: Request) -> Response:
    try:
        site.api.post(request, f"/api/jobs/{entry.job.name}/pause", {"reason": request.body["reason"]})
    except Problem as problem:
        if problem.status >= 500:
            raise
        return _pause_form(site, entry, request, problem)
    return frame.redirect(f"/jobs/{entry.job.name}")


def _pause_form(site: Site, entry: Entry, request: Request, problem: Problem | None = None) -> Response:
    wrong = "; ".join(error["detail"] for error in problem.errors) or problem.detail if problem else ""
    status = problem.status if problem else 200
    job = _job(site, entry, request)
    return frame.page(request, "pause_form.html", "/", status, title="", job=job, wrong=wrong,
                      reason=request.body.get("reason") or "")  # fmt: skip


def _job(site: Site, entry: Entry, request: Request) -> Json:
    found: list[Json] = site.api.get(request, "/api/jobs")["jobs"]
    return next(job for job in found if job["name"] == entry.job.name)


def _field(parameter: Parameter, typed: str | None, wrong: str, *, is_required: bool) -> Json:
    """Return a parameter as a field of a form, with its bounds."""
    default = parameter.default
    field: Json = {
        "name": parameter.name, "hint": parameter.description, "value": "" if typed is None else typed,
        "wrong": wrong, "required": is_required, "kind": "text", "choices": (), "bounds": "", "minimum": None,
        "maximum": None, "default": "" if default is None else str(default).lower(),
    }  # fmt: skip
    if isinstance(parameter, Integer):
        is_bounded = parameter.maximum < _ANY_NUMBER
        bounds = f"{parameter.minimum} to {parameter.maximum}" if is_bounded else f"from {parameter.minimum}"
        field |= {"kind": "number", "minimum": parameter.minimum, "maximum": parameter.maximum, "bounds": bounds}
    elif isinstance(parameter, Choice):
        field |= {"kind": "choice", "choices": parameter.choices}
    elif isinstance(parameter, Flag):
        field |= {"kind": "choice", "choices": ("true", "false")}
    elif isinstance(parameter, Text):
        field |= {
            "maximum": parameter.max_length,
            "bounds": parameter.form or f"at most {parameter.max_length} letters",
        }
    return field
