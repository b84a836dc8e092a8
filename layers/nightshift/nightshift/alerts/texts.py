"""What an alert says, as Slack's Block Kit: pure rules, within Slack's limits, every foreign text escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

# Slack takes 50 blocks, 3,000 characters in a text and 10 fields of 2,000; its limit counts what escaping makes longer.
MAX_GROUP: Final = 15
_TITLE: Final = 300
_LABEL: Final = 60
_FIELD: Final = 300
_FIELDS: Final = 10
_SUMMARY: Final = 3000
_STATES: Final = {
    "opened": "FAILING",
    "reminder": "STILL FAILING",
    "recovered": "RECOVERED",
    "flapping": "FLAPPING",
}
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True)
class Message:
    """One message of the outbox; times are seconds since 1970.

    Attributes:
        since: when the state that it tells of began; of a recovery, when the trouble began.
        at: when the message was written.
    """

    id: int
    key: str
    kind: str
    is_open: bool
    since: int
    at: int
    facts: Mapping[str, Any] = field(default_factory=dict)


def payload(messages: Sequence[Message], public_url: str = "") -> dict[str, Any]:
    """Return what is posted for a group of at most `MAX_GROUP` messages."""
    return {**plain(messages), "blocks": [block for each in messages for block in _blocks(each, public_url)]}


def plain(messages: Sequence[Message]) -> dict[str, Any]:
    """Return the same as text alone."""
    return {"text": _joined([headline(each) for each in messages]), "unfurl_links": False, "unfurl_media": False}


def headline(message: Message) -> str:
    """Return an alert in one line, as a notification shows it."""
    return f"{_state(message)}: {_escaped(message.facts.get('title') or message.key, _TITLE)}{_duration(message)}"


def lasting(seconds: int) -> str:
    """Write a duration with its two largest units: `2 h 5 min`."""
    rest = max(0, seconds)
    parts: list[str] = []
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
        if len(parts) == 2 or (parts and not count):
            break
    return " ".join(parts)


def _state(message: Message) -> str:
    if message.kind == "settled":
        return "STEADY AGAIN, FAILING" if message.is_open else "STEADY AGAIN, WELL"
    return _STATES[message.kind]


def _duration(message: Message) -> str:
    lasted = lasting(message.at - message.since)
    if message.kind == "recovered":
        return f" (it lasted {lasted})"
    if message.kind == "flapping":
        return f" (it changed too often within {lasted}; next news when it is steady)"
    return "" if message.kind == "opened" else f" (for {lasted})"


def _blocks(message: Message, public_url: str) -> list[dict[str, Any]]:
    title = _escaped(message.facts.get("title") or message.key, _TITLE)
    section: dict[str, Any] = {
        "type": "section",
        "text": _text(f"*{_state(message)}*: {title}{_duration(message)}"),
    }
    details = message.facts.get("details") or []
    if details and message.is_open:
        pairs = details[:_FIELDS]
        section["fields"] = [_text(f"*{_escaped(name, _LABEL)}*\n{_escaped(value, _FIELD)}") for name, value in pairs]
    return [section, {"type": "context", "elements": [_text(_footer(message, public_url))]}]


def _text(text: str) -> dict[str, Any]:
    # Verbatim: what looks like an address or a channel's name in it does not become a link.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _footer(message: Message, public_url: str) -> str:
    parts = [_moment(message.at), _escaped(message.key, _FIELD)]
    for kind, name, longest in (("run", message.facts.get("run_id"), 9), ("job", message.facts.get("job"), _LABEL)):
        if name and public_url:
            address = f"{public_url.rstrip('/')}/{kind}s/{quote(str(name), safe='')}"
            # A bar would end the link's label early.
            label = _escaped(name, longest).replace("|", "¦")
            parts.append(f"<{_escaped(address, _FIELD)}|{kind} {label}>")
    return " | ".join(parts)


def _moment(at: int) -> str:
    """Return a time that Slack shows in the reader's own zone; where it cannot, in UTC."""
    return f"<!date^{at}^{{date_short_pretty}} {{time}}|{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC>"


def _escaped(value: Any, length: int) -> str:
    """Return text that Slack shows as it is: on one line, shortened, and no link, mention or command."""
    line = " ".join("".join(each if each.isprintable() else " " for each in str(value)).split())
    short = line if len(line) <= length else line[: length - 1] + "…"
    return short.translate(_ENTITIES) or "-"


def _joined(lines: Sequence[str]) -> str:
    text = lines[0] if len(lines) == 1 else "\n".join([f"{len(lines)} alerts", *lines])
    if len(text) <= _SUMMARY:
        return text
    # At a line's end, because an escaped character must not be cut in two.
    kept = text[:_SUMMARY].rpartition("\n")[0]
    return kept + "\n…"
