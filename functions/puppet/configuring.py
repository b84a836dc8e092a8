"""`GET` and `PUT /api/cron/config`: what the processor may do, changed all or nothing by whoever saw it last."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nightshift.routes import Json, Problem, Request, Response
from nightshift.sql import queries
from puppet.configuration import (
    PARAMETERS,
    PRESETS,
    SUBJECT,
    Configuration,
    configuration_of,
    conflicts,
    deployed_values,
)

if TYPE_CHECKING:
    from nightshift.database import Database, Row

# The word for what is in force where nothing is stored.
DEPLOYED = "deployed"
CHANGED = "puppet-config"
_HISTORY_ROWS = 20
_ENTITY_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def show(request: Request) -> Response:
    """Answer what is in force, what may be chosen, and the last changes."""
    return _answer(request.platform.database)


def change(request: Request) -> Response:
    """Store what is given, where the caller saw the present version; nothing where any of it is wrong.

    Raises:
        Problem: 428 without If-Match, 412 where it names another version, 422 naming every value that does not fit.
    """
    database = request.platform.database
    row = _stored(database)
    before = configuration_of(row, os.environ)
    _require_seen(before.version, request.headers.get("if-match", ""))
    stored = row["settings"] if row else {}
    document = _merged(stored, request.body)
    after = _checked(document)
    if document != stored and not _store(request, before, document, after):
        raise _changed_meanwhile(configuration_of(_stored(database), os.environ).version)
    return _answer(database)


def _changed_meanwhile(version: int) -> Problem:
    """Return the problem of a caller who did not see the present version."""
    return Problem(
        412,
        "the configuration has been changed since the version in If-Match; read it again and decide anew",
        kind="changed-meanwhile",
        headers={"ETag": f'"{version}"'},
        members={"version": version},
    )


def _answer(database: Database) -> Response:
    configuration = configuration_of(_stored(database), os.environ)
    history = database.read(queries("puppet.reading")["history"], subject=SUBJECT, rows=_HISTORY_ROWS)
    return Response(
        {
            **view(configuration),
            "presets": {name: dict(values) for name, values in PRESETS.items()},
            "bounds": {each.name: {"minimum": each.minimum, "maximum": each.maximum} for each in PARAMETERS},
            "history": [_change(row) for row in history],
        },
        headers={"ETag": f'"{configuration.version}"'},
    )


def view(configuration: Configuration) -> Json:
    """Return what is in force, as callers see it."""
    return {
        "enabled": configuration.enabled,
        "configuration": configuration.values,
        "preset": configuration.preset,
        "version": configuration.version,
        "updatedAt": configuration.updated_at,
        "updatedBy": configuration.updated_by,
        "problems": list(configuration.problems),
    }


def _change(row: Row) -> Json:
    details = row["details"] if isinstance(row["details"], Mapping) else {}
    return {
        "at": row["at"],
        "who": row["who"],
        "action": row["action"],
        "before": details.get("before"),
        "after": details.get("after"),
    }


def _stored(database: Database) -> Row | None:
    rows = database.read(queries("puppet.reading")["configuration"], subject=SUBJECT)
    return rows[0] if rows else None


def _require_seen(version: int, if_match: str) -> None:
    if not if_match.strip():
        raise Problem(
            428,
            f'If-Match is missing; it must be the ETag of GET /api/cron/config, now "{version}"',
            kind="version-needed",
            errors=[{"field": "If-Match", "detail": "If-Match is missing"}],
        )
    # The tag of an answer is the version and, behind a dot, what tells its contents apart.
    seen = {tag.partition(".")[0] for tag in _ENTITY_TAG.findall(if_match)}
    if if_match.strip() != "*" and str(version) not in seen:
        raise _changed_meanwhile(version)


def _merged(stored: Any, given: Mapping[str, Any]) -> dict[str, int]:
    """Return the document to store: a preset's values over the stored ones, and single values over both."""
    preset = given["preset"]
    chosen = {name: value for name, value in given.items() if name != "preset" and value is not None}
    if preset is None and not chosen:
        names = ", ".join(("preset", *(parameter.name for parameter in PARAMETERS)))
        raise Problem(422, f"nothing is to be changed; give at least one of {names}", kind="invalid-input")
    kept = {} if preset == DEPLOYED else _sound(stored)
    return {**kept, **PRESETS.get(preset or "", {}), **chosen}


def _sound(stored: Any) -> dict[str, int]:
    """Return what of a stored document is still known and within its bounds."""
    found = {}
    for parameter in PARAMETERS:
        if isinstance(stored, Mapping) and parameter.name in stored:
            try:
                found[parameter.name] = parameter.parse(stored[parameter.name])
            except ValueError:
                continue
    return found


def _checked(document: Mapping[str, int]) -> dict[str, int]:
    values = {**deployed_values(os.environ), **document}
    if wrong := conflicts(values):
        errors = [{"field": name, "detail": text} for name, text in wrong.items()]
        raise Problem(422, "the values contradict each other; nothing was changed", kind="invalid-input", errors=errors)
    return values


def _store(request: Request, before: Configuration, document: Mapping[str, int], after: Mapping[str, int]) -> bool:
    """Write the document and its entry in the history, where the version is still the one that was read."""
    rows = request.platform.database.write(
        queries("puppet.reading")["store_settings"],
        subject=SUBJECT,
        settings=dict(document),
        seen=before.version,
        who=request.principal,
        request_id=request.id,
        action=CHANGED,
        before=before.values,
        after=dict(after),
    )
    return bool(rows)
