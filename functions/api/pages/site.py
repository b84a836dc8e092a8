"""What every page stands on: the API's own routes, asked inside this process, and the jobs' catalogue.

A page is one more client of the API: it checks no input and writes no row of its own, so that a click and a call come
to the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from api.answers import to_json
from api.catalogue import Catalogue
from api.guards import READ, READ_ONLY
from api.incoming import Incoming
from api.router import Router
from api.validation import validated
from nightshift.routes import Json, Problem, Request, Response, Route

_JSON = {"content-type": "application/json"}


class Api:
    """The API's routes, asked on behalf of whoever looks at a page."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._router = Router(routes)

    def get(self, request: Request, path: str, query: Mapping[str, Any] | None = None) -> Json:
        """Return what a GET answers; values that are None are not asked for.

        Raises:
            Problem: as for any other caller.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        found: Json = plain(self._ask(request, Incoming(request.id, "GET", path, urlencode(given))).body)
        return found

    def post(self, request: Request, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """Return what a POST answers. Whoever got as far as a page that writes may make each of its calls.

        Raises:
            Problem: as for any other caller.
        """
        answered: Json = plain(self._post(request, path, body).body)
        return answered

    def start(self, request: Request, job: str, params: Mapping[str, Any]) -> str:
        """Start a job and return the id of its run.

        Raises:
            Problem: the parameters are wrong, or it runs already.
        """
        answered = self._post(request, f"/api/jobs/{job}", params)
        return answered.headers["Location"].rpartition("/")[2]

    def _post(self, request: Request, path: str, body: Mapping[str, Any] | None) -> Response:
        if request.principal == READ:
            raise Problem(403, READ_ONLY, kind="not-allowed")
        return self._ask(request, Incoming(request.id, "POST", path, "", _JSON, json.dumps(dict(body or {}))))

    def _ask(self, request: Request, incoming: Incoming) -> Response:
        route, path = self._router.find(incoming.method, incoming.path)
        asked = validated(incoming, route, path, request.platform, request.principal, request.deadline)
        answered = route.answer(replace(asked, source_ip=request.source_ip))
        return answered if isinstance(answered, Response) else Response(answered)


def plain(content: Any) -> Any:
    """Return what callers of the API would see of this content: times and money as text."""
    return json.loads(to_json(content))


@dataclass(frozen=True)
class Site:
    """Given to each module of pages."""

    api: Api
    catalogue: Catalogue
