"""`GET /openapi.json`: the description of every route (OpenAPI 3.1), made from what the door works by.

The build makes it once (`deploy/describe.py`) and ships it as a file; it is made on demand where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from nightshift.routes import Guard, Json, Request, Response, Route

if TYPE_CHECKING:
    from api.domains import Domain

SHIPPED = Path(__file__).with_name("openapi.json")
PATH = "/openapi.json"
_JSON = {"Content-Type": "application/json"}


def route(answered: Sequence[Route], jobs: Mapping[str, str], domains: Sequence[Domain], *, shipped: bool) -> Route:
    """Return the route that describes the others.

    Args:
        answered: every other route.
        jobs: the name of the job that a path starts, for every path that starts one.
        domains: where examples are found.
        shipped: whether to answer the file that the build has made of these domains, where there is one.
    """

    @cache
    def document() -> str:
        if shipped and SHIPPED.exists():
            return SHIPPED.read_text("utf-8")
        return written((*answered, own), jobs, domains)

    def answer(_request: Request) -> Response:
        return Response(document(), 200, _JSON)

    own = Route("GET", PATH, Guard.OPEN, answer, "This description", schema={"$ref": "#/components/schemas/OpenApi"})
    return own


def written(routes: Sequence[Route], jobs: Mapping[str, str], domains: Sequence[Domain]) -> str:
    """Return the description as it is served."""
    from api.answers import to_json

    return to_json(describe(routes, jobs, domains))


def describe(routes: Sequence[Route], jobs: Mapping[str, str], domains: Sequence[Domain]) -> Json:
    """Return the OpenAPI document."""
    # Loaded when there is no file, which is seldom.
    from api.components import COMPONENTS, INFO
    from api.examples import Examples
    from api.operations import operation

    examples = Examples.read(["api", *(getattr(each, "__package__", "") for each in domains)])
    paths: dict[str, Json] = {}
    for one in routes:
        job = jobs.get(one.path) if one.method == "POST" else None
        paths.setdefault(one.path, {})[one.method.lower()] = operation(one, job, examples)
    return {"openapi": "3.1.0", "info": INFO, "paths": paths, "components": COMPONENTS}
