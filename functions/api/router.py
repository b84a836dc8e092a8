"""From a method and a path to the route that answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from nightshift.errors import ConfigurationError
from nightshift.routes import Problem, Route

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_Methods = dict[str, Route]


class Router:
    """All routes; those without a placeholder are found first."""

    def __init__(self, routes: Sequence[Route]) -> None:
        """Take the routes.

        Raises:
            ConfigurationError: two of them are the same, or a placeholder is not declared as a parameter.
        """
        self._literal: dict[str, _Methods] = {}
        self._templates: dict[str, tuple[re.Pattern[str], _Methods]] = {}
        for route in routes:
            self._add(route)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and the text of its path parameters, percent-decoded. HEAD is answered as GET is.

        Raises:
            Problem: 404 for an unknown path, 405 with `Allow` for a method that the path does not know.
        """
        wanted = "GET" if method == "HEAD" else method
        allowed: set[str] = set()
        for methods, values in self._matches(path):
            if wanted in methods:
                return methods[wanted], values
            allowed |= methods.keys()
        if not allowed:
            raise Problem(404, "there is nothing at this path")
        if "GET" in allowed:
            allowed.add("HEAD")
        allow = ", ".join(sorted(allowed))
        raise Problem(405, f"this path answers {allow}", headers={"Allow": allow})

    def _add(self, route: Route) -> None:
        names = _PLACEHOLDER.findall(route.path)
        if sorted(names) != sorted(parameter.name for parameter in route.path_parameters):
            raise ConfigurationError(f"{route.path}: its placeholders and its path_parameters differ")
        if names:
            pattern = _pattern(route.path)
            methods = self._templates.setdefault(pattern.pattern, (pattern, {}))[1]
        else:
            methods = self._literal.setdefault(route.path, {})
        if route.method in methods:
            raise ConfigurationError(f"{route.method} {route.path} is declared twice")
        methods[route.method] = route

    def _matches(self, path: str) -> Iterator[tuple[_Methods, dict[str, str]]]:
        if path in self._literal:
            yield self._literal[path], {}
        for pattern, methods in self._templates.values():
            match = pattern.fullmatch(path)
            values = _decoded(match) if match else None
            if values is not None:
                yield methods, values


def _pattern(path: str) -> re.Pattern[str]:
    # Odd parts are the names of placeholders.
    parts = enumerate(_PLACEHOLDER.split(path))
    return re.compile("".join(f"(?P<{part}>[^/]+)" if n % 2 else re.escape(part) for n, part in parts))


def _decoded(match: re.Match[str]) -> dict[str, str] | None:
    try:
        return {name: unquote(text, errors="strict") for name, text in match.groupdict().items()}
    except UnicodeDecodeError:
        return None
