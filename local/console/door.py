"""Requests to a door, the local system's or a deployed one's, and its refusals in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_TIMEOUT_S: Final = 35.0  # a little longer than the HTTP API waits for the door
# How each kind of secret is shown to the door.
HEADERS: Final[Mapping[str, tuple[str, str]]] = {
    "job": ("X-Job-Secret", ""),
    "admin": ("Authorization", "Bearer "),
    "read": ("X-Read-Secret", ""),
}


class DoorError(Exception):
    """The door said no or cannot be reached; the message is for a person and holds no secret."""


class Door:
    """A door with the secret that opens it."""

    def __init__(self, url: str, secret: str, kind: str = "job") -> None:
        """Take the address and a secret of a kind of `HEADERS`.

        Raises:
            DoorError: the address is none, or the secret would travel unencrypted over a network, or cannot be sent.
        """
        _check(url)
        name, prefix = HEADERS[kind]
        if not (secret and secret.isascii() and secret.isprintable()):
            raise DoorError("The secret is empty, or holds what no header can carry.")
        self._client = httpx.Client(base_url=url, headers={name: f"{prefix}{secret}"}, timeout=_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Return what the door answers; a query's None is left out. Raises DoorError."""
        return self._ask("GET", path, params={name: value for name, value in query.items() if value is not None})

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the door answers. Raises DoorError."""
        return self._ask("POST", path, json=dict(body))

    def _ask(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **content)
        except httpx.HTTPError as error:
            raise DoorError(f"{self._client.base_url} cannot be reached: {error or type(error).__name__}") from None
        answer = _read(response)
        if response.is_success and answer is not None:
            return answer
        raise DoorError(_words(response.status_code, answer))


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.username is not None:
        raise DoorError(f"{url or 'An empty text'} is no address of a door: it looks like https://….")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise DoorError(f"{url}: a secret goes to another machine by https only.")


def _read(response: httpx.Response) -> dict[str, Any] | None:
    try:
        answer = response.json()
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _words(status: int, answer: Mapping[str, Any] | None) -> str:
    """Return a problem (RFC 9457) as one text, with what is wrong with each field."""
    if answer is None:
        return f"The door answered {status}, and not as a door of Nightshift does: is the address right?"
    said = [f"{status} {answer.get('title', '')}: {answer.get('detail', '')}"]
    said += [f"  {_problem(each)}" for each in answer.get("errors", ())]
    return "\n".join(said)


def _problem(each: Any) -> str:
    return " ".join(str(value) for value in each.values()) if isinstance(each, dict) else str(each)
