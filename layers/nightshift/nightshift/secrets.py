"""Secrets by reference, through a cache, with the previous value beside the current one while it is rotated."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nightshift.errors import ConfigurationError, SecretUnavailable

FRESH_S = 300
# While the store cannot be reached, what was read last is used for this long rather than closing every door.
STALE_S = 3600


@dataclass(frozen=True)
class _Cached:
    values: tuple[str, ...] = field(repr=False)
    read_at: float


class Secrets:
    """Reads `secretsmanager:<arn or name>` and `ssm:<parameter name>`."""

    def __init__(
        self,
        client: Callable[[str], Any],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        fresh_s: float = FRESH_S,
    ) -> None:
        """Take a function from an AWS service's name to its client."""
        self._client = client
        self._monotonic = monotonic
        self._fresh_s = fresh_s
        self._cache: dict[str, _Cached] = {}

    def values(self, reference: str, *, afresh: bool = False) -> tuple[str, ...]:
        """Return the valid values of a secret, the current one first, then the previous one where there is one.

        An empty reference means that none is configured: no value is valid.

        Raises:
            SecretUnavailable: it is configured but cannot be read.
        """
        if not reference:
            return ()
        cached = self._cache.get(reference)
        age = self._monotonic() - cached.read_at if cached else STALE_S
        if cached and not afresh and age < self._fresh_s:
            return cached.values
        try:
            values = self._read(reference)
        except SecretUnavailable:
            if cached and age < STALE_S:
                return cached.values
            raise
        self._cache[reference] = _Cached(values, self._monotonic())
        return values

    def current(self, reference: str, *, afresh: bool = False) -> str:
        """Return the current value.

        Raises:
            SecretUnavailable: there is none.
        """
        values = self.values(reference, afresh=afresh)
        if not values:
            raise SecretUnavailable("no secret is configured here")
        return values[0]

    def _read(self, reference: str) -> tuple[str, ...]:
        from botocore.exceptions import BotoCoreError, ClientError

        store, _, name = reference.partition(":")
        if store not in ("secretsmanager", "ssm") or not name:
            raise ConfigurationError("a secret reference must be secretsmanager:<arn or name> or ssm:<parameter name>")
        try:
            return self._from_secrets_manager(name) if store == "secretsmanager" else self._from_ssm(name)
        except (ClientError, BotoCoreError) as error:
            # The reference names the secret and tells nothing of its value.
            raise SecretUnavailable(f"{reference} cannot be read ({_code(error)})") from None

    def _from_secrets_manager(self, name: str) -> tuple[str, ...]:
        client = self._client("secretsmanager")
        answer = client.get_secret_value(SecretId=name)
        if "SecretString" not in answer:
            raise SecretUnavailable(f"secretsmanager:{name} holds bytes where text is expected")
        current = answer["SecretString"]
        try:
            previous = client.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS").get("SecretString")
        except client.exceptions.ResourceNotFoundException:
            previous = None
        return _distinct(current, previous)

    def _from_ssm(self, name: str) -> tuple[str, ...]:
        client = self._client("ssm")
        parameter = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        previous = None
        if parameter["Version"] > 1:
            before = f"{name}:{parameter['Version'] - 1}"
            try:
                previous = client.get_parameter(Name=before, WithDecryption=True)["Parameter"]["Value"]
            except (client.exceptions.ParameterVersionNotFound, client.exceptions.ParameterNotFound):
                previous = None
        return _distinct(parameter["Value"], previous)


def _distinct(current: str, previous: str | None) -> tuple[str, ...]:
    # An empty value would let an empty header in.
    return tuple(dict.fromkeys(value for value in (current, previous) if value))


def _code(error: Any) -> str:
    return str(getattr(error, "response", {}).get("Error", {}).get("Code") or type(error).__name__)
