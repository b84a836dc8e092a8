"""Reads the basics of RDFa (typeof and property with vocab or the schema prefix) into nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_checks.extraction.microdata import price_text
from product_checks.extraction.nodes import Node, local_name
from product_checks.extraction.page import Page, one_line, short_text

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_MAX_ITEMS = 2_000
_MAX_STEPS = 200
_TERMS = ("schema:", "http://schema.org/", "https://schema.org/")


def read_resources(page: Page) -> list[Node]:
    """The top-level schema.org resources of a page as nodes."""
    if not any(_is_schema(root) for root in page.rdfa_roots):
        return []
    elements = list({e.mem_id: e for e in page.tree.css("[typeof],[property],[rel]")[:_MAX_ITEMS]}.values())
    items = {e.mem_id: _new_item(e) for e in elements if e.attributes.get("typeof")}
    roots = []
    for element in elements:
        item = items.get(element.mem_id)
        names = [n for n in _names(element) if n]
        owner = _owner(element, items)
        if owner is None or not names:
            roots += [item] if item is not None else []
            continue
        for name in names:
            owner.setdefault(name, []).append(item if item is not None else _value(element, name))
    return roots


def _is_schema(root: LexborNode) -> bool:
    attributes = root.attributes
    if any(term in (attributes.get("typeof") or "").lower() for term in _TERMS):
        return True
    here: LexborNode | None = root
    for _ in range(_MAX_STEPS):
        if here is None:
            return False
        vocab = here.attributes.get("vocab")
        if vocab is not None:
            return "schema.org" in vocab.lower()
        here = here.parent
    return False


def _new_item(element: LexborNode) -> Node:
    attributes = element.attributes
    node: Node = {"@type": [local_name(t) for t in (attributes.get("typeof") or "").split()]}
    identity = attributes.get("resource") or attributes.get("about")
    return node | {"@id": identity} if identity else node


def _names(element: LexborNode) -> list[str]:
    stated = (element.attributes.get("property") or element.attributes.get("rel") or "").split()
    return [_plain(name) for name in stated[:5]]


def _plain(name: str) -> str:
    for term in _TERMS:
        if name.lower().startswith(term):
            return name[len(term) :]
    return "" if ":" in name else name


def _owner(element: LexborNode, items: dict[int, Node]) -> Node | None:
    here = element.parent
    for _ in range(_MAX_STEPS):
        if here is None:
            return None
        if here.mem_id in items:
            return items[here.mem_id]
        here = here.parent
    return None


def _value(element: LexborNode, name: str) -> str:
    attributes = element.attributes
    for stated in ("content", "resource", "href", "src", "datetime"):
        if attributes.get(stated) and not (
            stated == "href" and element.tag == "a" and name in {"name", "brand", "sku"}
        ):
            return (attributes[stated] or "").strip()
    return price_text(element) if "price" in name.lower() else one_line(short_text(element))
