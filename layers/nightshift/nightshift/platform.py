"""What a function stands on, made once a process and at first use: connection, locks, secrets, AWS clients."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

from nightshift.connecting import Address
from nightshift.database import Database
from nightshift.errors import ConfigurationError, SettingsError
from nightshift.lock import Locks
from nightshift.secrets import Secrets
from nightshift.settings import env, load


@dataclass(frozen=True)
class PlatformSettings:
    """Where the shared parts are."""

    lock_table: str = env("LOCK_TABLE", tells="DynamoDB table of the locks")
    # One of the two.
    database_url: str = env(
        "DATABASE_URL", default="", tells="The database's address, for local use; it wins", is_secret=True
    )
    database_secret_ref: str = env("DATABASE_SECRET_REF", default="")
    database_ca_file: str = env("DATABASE_CA_FILE", default="")
    # Likewise, for the reads that go over much data; neither: they go where all the others go.
    analytics_database_url: str = env(
        "ANALYTICS_DATABASE_URL", default="", tells="The replica's address, for local use; it wins", is_secret=True
    )
    analytics_database_secret_ref: str = env("ANALYTICS_DATABASE_SECRET_REF", default="")


@dataclass(frozen=True)
class Patience:
    """How long is waited for AWS, in seconds, and how often it is asked."""

    connect_s: float = 2
    answer_s: float = 5
    attempts: int = 3


# DynamoDB answers within 20 ms and Lambda takes an event within 100; whoever hurries has about a second in all.
HURRY = Patience(connect_s=0.2, answer_s=0.4, attempts=1)


class Platform:
    """The shared parts of one process."""

    def __init__(self, settings: PlatformSettings, patience: Patience | None = None) -> None:
        """Take the settings; nothing is connected yet."""
        self.settings = settings
        self._patience = patience or Patience()
        self._clients: dict[str, Any] = {}

    @cached_property
    def database(self) -> Database:
        """The one connection."""
        given = self.settings
        return Database(partial(self._address, "DATABASE_URL", given.database_url, given.database_secret_ref))

    @cached_property
    def analytics(self) -> Database:
        """The connection for reads over much data: to the replica, or the one connection where there is no replica."""
        url, reference = self.settings.analytics_database_url, self.settings.analytics_database_secret_ref
        if not (url or reference):
            return self.database
        return Database(partial(self._address, "ANALYTICS_DATABASE_URL", url, reference))

    @cached_property
    def locks(self) -> Locks:
        """The lock table."""
        return Locks(lambda: self.client("dynamodb"), self.settings.lock_table)

    @cached_property
    def hurried(self) -> Platform:
        """The same platform for whoever must not wait: what AWS does not answer at once is given up."""
        hurried = Platform(self.settings, HURRY)
        hurried.database = self.database
        return hurried

    @cached_property
    def secrets(self) -> Secrets:
        """The secrets by reference."""
        return Secrets(self.client)

    def client(self, service: str) -> Any:
        """Return the AWS client of a service, made at first use with time-outs that fit inside a lease."""
        if service not in self._clients:
            import boto3
            from botocore.config import Config

            config = Config(
                connect_timeout=self._patience.connect_s,
                read_timeout=self._patience.answer_s,
                retries={"mode": "standard", "total_max_attempts": self._patience.attempts},
                # Requests to the lock table are all put together by us, the same each time: to hold each against the
                # service's description is a tenth of what one costs.
                parameter_validation=service != "dynamodb",
                # Said once: botocore's own is put together anew for each request, a fifth of what one costs here.
                user_agent=f"Nightshift Boto3/{boto3.__version__}",
            )
            make: Any = boto3.client  # its stubs know each service by a literal name
            self._clients[service] = make(service, config=config)
        return self._clients[service]

    def _address(self, variable: str, url: str, reference: str, *, afresh: bool) -> Address:
        if url:
            return Address.from_url(url, variable)
        import json

        secret = self.secrets.current(reference, afresh=afresh)
        try:
            fields = json.loads(secret)
            host, user, password = (fields[name] for name in ("host", "username", "password"))
            if not all(isinstance(value, str) and value for value in (host, user, password)):
                raise TypeError  # noqa: TRY301  # one answer to all that is wrong, below
            return Address(
                host=host,
                port=int(fields.get("port") or 5432),
                database=fields.get("dbname") or "postgres",
                user=user,
                password=password,
                ca_file=self.settings.database_ca_file or None,
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ConfigurationError(
                "the database secret must be JSON with host, port, username, password and dbname"
            ) from None


@cache
def platform() -> Platform:
    """Return the platform of this process, read from its environment.

    Raises:
        SettingsError: naming every variable that is missing or wrong.
    """
    problems: list[str] = []
    try:
        settings = load(PlatformSettings, os.environ)
    except SettingsError as error:
        problems += error.problems
    if not os.environ.get("DATABASE_URL") and not os.environ.get("DATABASE_SECRET_REF"):
        problems.append("DATABASE_SECRET_REF (or DATABASE_URL) is missing")
    if problems:
        raise SettingsError(problems)
    return Platform(settings)
