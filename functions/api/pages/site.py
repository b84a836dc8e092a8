"""What every page stands on: the API's own routes, asked inside this process, and the jobs' catalogue.

A page is one more client of the API: it checks no input and writes no row of its own, so that a click and a call come
to the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from api.catalogue import Catalogue
from api.guards import READ
from api.incoming import Incoming
from api.reading import read
from api.router import Router
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
        return self._ask(request, Incoming(request.id, "GET", path, urlencode(given)))

    def post(self, request: Request, path: str, body: Mapping[str, Any] | None = None) -> Json:
        """Return what a POST answers. Whoever got as far as a page that writes may make each of its calls.

        Raises:
            Problem: as for any other caller.
        """
        if request.principal == READ:
            raise Problem(403, "the read-only secret sees everything and changes nothing")
        return self._ask(request, Incoming(request.id, "POST", path, "", _JSON, json.dumps(dict(body or {}))))

    def _ask(self, request: Request, incoming: Incoming) -> Json:
        route, path = self._router.find(incoming.method, incoming.path)
        asked = read(incoming, route, path, request.platform, request.principal, request.deadline)
        answered = route.answer(asked)
        content = answered.body if isinstance(answered, Response) else answered
        if not isinstance(content, dict):
            raise TypeError(f"{route.method} {route.path} does not answer JSON")
        # As it looks from outside: times and money as text.
        from api.answers import to_json

        plain: Json = json.loads(to_json(content))
        return plain


@dataclass(frozen=True)
class Site:
    """Given to each module of pages."""

    api: Api
    catalogue: Catalogue
