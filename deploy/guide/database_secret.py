"""The secret of the database: made from a connection URL that nobody sees, or looked at before functions need it."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from deploy.guide.words import GuideError

_WANTED: Final = ("host", "username", "password", "dbname")
_PORT: Final = 5432
TAG: Final = "nightshift:stack"
# Where functions/certificates/rds.pem is in a function.
RDS_BUNDLE: Final = "functions/certificates/rds.pem"
RDS_BUNDLE_THERE: Final = "/var/task/certificates/rds.pem"


def fields(url: str) -> dict[str, Any]:
    """Return what a connection URL says, in the form in which RDS keeps its secrets.

    Raises:
        GuideError: it is none of PostgreSQL, or lacks something; the message repeats nothing of it.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORT
    except ValueError:
        raise GuideError(
            "That is no connection URL: it looks like postgresql://user:password@host:5432/database"
        ) from None
    found = {
        "host": parts.hostname or "",
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "dbname": unquote(parts.path.lstrip("/")),
    }
    missing = [name for name in _WANTED if not found[name]]
    if parts.scheme not in ("postgres", "postgresql") or missing:
        lacks = f" (it lacks {', '.join(missing)})" if missing else ""
        raise GuideError(
            f"That is no connection URL of PostgreSQL{lacks}: postgresql://user:password@host:5432/database. "
            "Signs such as @ or / in a password are written %40 and %2F"
        )
    if found["host"] in ("localhost", "127.0.0.1", "::1"):
        raise GuideError("The database is on this machine, where functions on AWS cannot reach it")
    return {**found, "engine": "postgres", "port": port}


def create(session: Any, stack: str, url: str) -> str:
    """Put a database's secret into Secrets Manager and return its ARN; one made for this stack before is replaced.

    Raises:
        GuideError: as `fields`.
    """
    manager = session.client("secretsmanager")
    name, text = f"{stack}/database", json.dumps(fields(url))
    try:
        made = manager.create_secret(
            Name=name,
            Description="The PostgreSQL database of Nightshift",
            SecretString=text,
            Tags=[{"Key": TAG, "Value": stack}],
        )
    except manager.exceptions.ResourceExistsException:
        made = manager.put_secret_value(SecretId=name, SecretString=text)
    return str(made["ARN"])


def look(session: Any, arn: str) -> dict[str, Any]:
    """Return what the secret holds, without its password; nothing where we may not read it (the functions may).

    Raises:
        GuideError: there is no such secret, or it is not in the form of RDS.
    """
    manager = session.client("secretsmanager")
    try:
        text = manager.get_secret_value(SecretId=arn)["SecretString"]
    except manager.exceptions.ResourceNotFoundException:
        raise GuideError(
            f"There is no secret {arn} in this account and region: DatabaseSecretArn must name one"
        ) from None
    except manager.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "AccessDeniedException":
            return {}
        raise
    return _known(arn, text)


def _known(arn: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(found.get(name) for name in _WANTED):
        raise GuideError(
            f"The secret {arn} must be JSON with host, port, username, password and dbname, as RDS writes it. "
            "Secrets that RDS rotates by itself lack host and dbname: add them, or make one of your own"
        )
    return {name: value for name, value in found.items() if name != "password"}


def needs_bundle(host: str) -> bool:
    """Whether the database is an instance or cluster of RDS, whose certificates no public authority signs."""
    return host.endswith((".rds.amazonaws.com", ".rds.amazonaws.com.cn")) and ".proxy-" not in host
