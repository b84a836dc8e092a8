"""What a change has changed, in words: the names whose values differ between before and after."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from api.pages.texts import quoted

if TYPE_CHECKING:
    from markupsafe import Markup

_WORDS: Final = {"null": "nothing", "true": "yes", "false": "no"}
_LONGEST = 300


def changed(before: Any, after: Any) -> Markup | str:
    """Return what differs; of what was not there before, what it is now."""
    was, now = (each if isinstance(each, dict) else {} for each in (before, after))
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    return quoted(", ".join(_told(name, was, now) for name in names), _LONGEST)


def _told(name: str, was: dict[str, Any], now: dict[str, Any]) -> str:
    if name not in was:
        return f"{name}: {_plain(now[name])}"
    return f"{name}: {_plain(was[name])} \u2192 {_plain(now.get(name))}"


def _plain(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return _WORDS.get(text, text)
