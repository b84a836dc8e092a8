"""Reads what a worker answers: done, taken, or failed, and how; the same for HTTP, Lambda and callbacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from puppet.executing import Accepted, Answer, Done
from puppet.failures import Failure, failure, of_status, type_of

MAX_ANSWER_BYTES: Final = 256 * 1024
_ACCEPTED: Final = 202
_FAILED: Final = frozenset({"failed", "failure", "error"})
_DEEPEST: Final = 100


def read_answer(status: int, body: Any, retry_after_s: float | None = None) -> Answer:
    """Return what an answer with this status and this JSON body (None where there is none) means.

    A 200 whose body says that the job failed is a failure: `{"error": {"type", "message", "retryable"}}`,
    `{"status": "failed"}` or `{"success": false}`.
    """
    if 200 <= status < 300 and not says_failed(body):
        return Accepted() if status == _ACCEPTED else Done(storable(body))
    return _failure(status, body, retry_after_s)


def says_failed(body: Any) -> bool:
    """Whether a worker's own words are that the job failed."""
    if not isinstance(body, Mapping):
        return False
    status = body.get("status")
    return (
        bool(body.get("error"))
        or body.get("success") is False
        or (isinstance(status, str) and status.lower() in _FAILED)
    )


def parsed(content: bytes | str) -> Any:
    """Return the JSON that a worker sent, None where it is none."""
    try:
        return json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def storable(value: Any) -> Any:
    """Return a result as it is kept: all of it, or None where it is nested so deep that writing it could fail."""
    return value if _is_shallow(value, _DEEPEST) else None


def _is_shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    parts = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(part, levels - 1) for part in parts)


def _failure(status: int, body: Any, retry_after_s: float | None) -> Failure:
    error = body.get("error") if isinstance(body, Mapping) else None
    told: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
    by_status, is_retryable = of_status(status)
    named = type_of(told.get("type"))
    retryable = told.get("retryable")
    if not isinstance(retryable, bool):
        # A type that the worker names decides by itself, unless the status already says that there is no use.
        retryable = None if named and not _refuses(status) else is_retryable
    return failure(
        named or by_status,
        _message(status, body, told),
        retryable=retryable,
        retry_after_s=_seconds(told.get("retryAfterSeconds")) or retry_after_s,
        # It said no, in so many words; what a broken or overloaded worker did before it broke is not known.
        untouched=_refuses(status) or says_failed(body),
    )


def _refuses(status: int) -> bool:
    return 400 <= status < 500 and status not in (408, 409)


def _message(status: int, body: Any, told: Mapping[str, Any]) -> str:
    said = told.get("message")
    if not isinstance(said, str) and isinstance(body, Mapping):
        said = next((body[name] for name in ("error", "message") if isinstance(body.get(name), str)), None)
    what = "the worker says that the job failed" if 200 <= status < 300 else f"the worker answered {status}"
    return f"{what}: {said}" if said else what


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e9 else None


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
