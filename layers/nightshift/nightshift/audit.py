"""The audit log: who changed what at the door, written in the same transaction as the change it tells of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from nightshift.sql import queries, render
from nightshift.storable import storable

_HIDDEN = "(not kept)"
# A name that contains one of these may hold what opens something.
_SECRET = re.compile(r"secret|password|token|authorization|cookie|signature|credential|api_?key", re.IGNORECASE)
_LONGEST_TEXT = 1000
_MOST_ITEMS = 100
_DEEPEST = 6


def entry(  # a column each
    who: str, action: str, subject: str, before: Any = None, after: Any = None, *, request_id: str | None = None
) -> str:
    """Return the INSERT that tells of a change; send it in the message of the change itself.

    It answers no rows, so that behind another statement that one's rows remain the answer.

    Args:
        who: the principal whose secret or session the caller showed.
        action: what was done, in words joined by hyphens such as `pause-job`.
        subject: what it was done to: the name of a job or a lock, or a kind and a number (`notification:7`).
        before: what there was, as JSON; values of names that sound like a secret are left out, long ones shortened.
        after: what there is now, likewise.
        request_id: of the request that did it; the access log has a line with it.
    """
    values = {
        "who": _shortened(who), "action": action, "subject": _shortened(subject), "request_id": request_id or None,
        "details": {"before": _kept(before), "after": _kept(after)},
    }  # fmt: skip
    return render(queries("nightshift", "audit.sql")["entry"], values)


def _kept(value: Any, depth: int = 0) -> Any:
    """Return what of a value may be written down, within bounds."""
    if isinstance(value, str):
        return _shortened(value)
    if isinstance(value, Mapping | list | tuple) and depth >= _DEEPEST:
        return "..."
    if isinstance(value, Mapping):
        return {_shortened(str(name)): _named(str(name), value[name], depth) for name in list(value)[:_MOST_ITEMS]}
    if isinstance(value, list | tuple):
        return [_kept(item, depth + 1) for item in value[:_MOST_ITEMS]]
    return value


def _named(name: str, value: Any, depth: int) -> Any:
    # That there is none, is no secret.
    return _HIDDEN if value is not None and _SECRET.search(name) else _kept(value, depth + 1)


def _shortened(text: str) -> str:
    clean = storable(text)
    return clean if len(clean) <= _LONGEST_TEXT else f"{clean[: _LONGEST_TEXT - 3]}..."
