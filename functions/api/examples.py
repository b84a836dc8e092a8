"""Examples of bodies and answers for the API's description: from each domain's `examples.json`, or made from bounds.

The keys of such a file are routes (`GET /api/jobs`), each with a `body`, an `answer` or both; under `parameters` are
values of parameters by their names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from nightshift.parameters import Parameter
from nightshift.routes import Json, Route

_PAGE = "<!doctype html><title>Nightshift</title>"
# Of a run that a caller started, whichever job it is of.
_STARTED_HERE: Json = {
    "trigger": "http", "who": "HTTP caller with the admin secret", "slot": None, "params": {}, "errors": [],
    "failed": 0, "metadata": {},
}  # fmt: skip
_OF_FORMAT = {"date": "2026-11-22", "date-time": "2026-11-22T15:00:00Z"}
_RUN_ID = "0f8c2f4e-6b0a-4d52-9a53-0f2c4f7f1c11"


@dataclass(frozen=True)
class Examples:
    """What the files of all domains hold."""

    routes: Mapping[str, Json]
    parameters: Mapping[str, Any]

    @classmethod
    def read(cls, packages: Sequence[str]) -> Examples:
        """Read the files of these packages; one without a file has no examples."""
        routes: dict[str, Json] = {}
        parameters: dict[str, Any] = {}
        for package in filter(None, packages):
            try:
                found = json.loads(resources.files(package).joinpath("examples.json").read_text("utf-8"))
            except FileNotFoundError:
                continue
            parameters |= found.pop("parameters", {})
            routes |= found
        return cls(routes, parameters)

    def answer(self, route: Route, job: str | None) -> Any:
        """Return an example of the 200 answer; None where there is none."""
        if route.media_type != "application/json":
            return _PAGE
        found = self._found(route).get("answer")
        if found is None and job is not None and route.schema and str(route.schema.get("$ref", "")).endswith("/Run"):
            return {**self._run(), "job": job, "lock": job, **_STARTED_HERE}
        return found

    def accepted(self, route: Route, job: str) -> Any:
        """Return an example of the 202 answer of a route that starts a job."""
        found = self._found(route).get("accepted")
        status_url = f"/api/runs/{_RUN_ID}"
        return found or {"runId": _RUN_ID, "job": job, "status": "queued", "statusUrl": status_url}

    def body(self, route: Route) -> Json:
        """Return an example of the body."""
        found = self._found(route).get("body")
        return found if found is not None else {each.name: self.value(each) for each in route.body}

    def value(self, parameter: Parameter) -> Any:
        """Return an example of one value."""
        if parameter.name in self.parameters and _suits(parameter, self.parameters[parameter.name]):
            return self.parameters[parameter.name]
        if parameter.default is not None:
            return parameter.default
        schema = parameter.schema()
        if "enum" in schema:
            return schema["enum"][0]
        return _OF_FORMAT.get(schema.get("format", ""), schema.get("minimum", "text"))

    def _found(self, route: Route) -> Json:
        return self.routes.get(f"{route.method} {route.path}", {})

    def _run(self) -> Json:
        run: Json = self.routes["GET /api/runs/{id}"]["answer"]
        return run


def _suits(parameter: Parameter, value: Any) -> bool:
    """Return whether a value is one for this parameter; of one name there may be several, as of ids."""
    try:
        parameter.parse(value)
    except ValueError:
        return False
    return True
