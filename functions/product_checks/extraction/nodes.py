"""Access to structured data in one shape: JSON-LD, microdata and RDFa all become dicts of schema.org names."""

from __future__ import annotations

import html
import re
from typing import Any

Node = dict[str, Any]

_TAG = re.compile(r"<[^<>]{0,500}>")
# Halves of surrogate pairs: what is left where a shop's script has cut a text in the middle of an emoji.
_CUT = re.compile("[\ud800-\udfff]")
_MAX_VALUES = 2_000


def types(node: Node) -> list[str]:
    """The local names of a node's types in lower case ("https://schema.org/Product" is "product")."""
    value = node.get("@type")
    values = value if isinstance(value, list) else [value]
    return [local_name(v) for v in values[:10] if isinstance(v, str)]


def local_name(term: str) -> str:
    """The last part of a schema.org term or address, in lower case."""
    text = term.strip().rstrip("/#")
    for mark in ("/", "#", ":"):
        text = text.rpartition(mark)[2]
    return text.lower()


def values(node: Node, name: str) -> list[Any]:
    """All values of a property, as a flat list."""
    value = node.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        return [value]
    flat = []
    for item in value[:_MAX_VALUES]:
        flat.extend(item[:_MAX_VALUES] if isinstance(item, list) else [item])
    return flat[:_MAX_VALUES]


def nodes(node: Node, name: str) -> list[Node]:
    """The values of a property that are nodes."""
    return [v for v in values(node, name) if isinstance(v, dict)]


def scalar(value: Any) -> Any:
    """A plain value, out of the list or {"@value": …} it may be wrapped in; None for other nodes."""
    for _ in range(3):
        if isinstance(value, list):
            value = next((v for v in value if v not in (None, "", {})), None)
        elif isinstance(value, dict):
            value = value.get("@value")
    return None if isinstance(value, (list, dict)) else value


def text(value: Any, limit: int = 500) -> str | None:
    """A value as clean text for people: entities and tags resolved, one line, no halves of cut characters, or None."""
    value = scalar(value)
    if isinstance(value, bool) or value is None:
        return None
    raw = value if isinstance(value, str) else str(value)
    raw = raw[: limit * 8]
    if "&" in raw:
        raw = html.unescape(html.unescape(raw))
    if "<" in raw:
        raw = _TAG.sub(" ", raw)
    line = " ".join(raw.split())
    return (line if line.isascii() else _CUT.sub("", line))[:limit].strip() or None


def name_of(value: Any) -> str | None:
    """The name of a thing that is given as text, as a node with a name, or as a list of either."""
    for item in value[:20] if isinstance(value, list) else [value]:
        found = text(item.get("name") if isinstance(item, dict) else item)
        if (
            found
            and not found.startswith(("http://", "https://", "/"))
            and found.lower() not in {"null", "none", "undefined"}
        ):
            return found
    return None
