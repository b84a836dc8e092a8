"""What a change has changed, in words: the names whose values differ between before and after."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from markupsafe import Markup

from api.pages.texts import quoted
from nightshift.parameters import UUID_PATTERN

_WORDS: Final = {"null": "nothing", "true": "yes", "false": "no"}
_LONGEST = 80
_MOST = 12
_RUN: Final = re.compile(UUID_PATTERN)


def changed(before: Any, after: Any) -> Markup:
    """Return what differs; of what was not there before, what it is now. What is inside of something has both names."""
    was, now = dict(_flat(before)), dict(_flat(after))
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    told = [_told(name, was, now) for name in names[:_MOST]]
    if len(names) > _MOST:
        told.append(Markup("and {} more").format(len(names) - _MOST))
    return Markup(", ").join(told)


def _told(name: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Markup:
    before = Markup("{} \u2192 ").format(_value(name, was[name])) if name in was else ""
    return Markup("{}: {}{}").format(quoted(name, _LONGEST), before, _value(name, now.get(name)))


def _value(name: str, value: Any) -> Markup | str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if name.endswith("runId") and _RUN.fullmatch(text):
        return Markup('<a href="/runs/{0}">{0}</a>').format(text)
    return quoted(_WORDS.get(text, text), _LONGEST) or "empty"


def _flat(values: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(values, Mapping):
        return
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value
