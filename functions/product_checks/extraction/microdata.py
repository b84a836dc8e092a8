"""Reads microdata (HTML standard, section 5) into nodes, forgiving what shops commonly leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from product_checks.extraction.nodes import Node
from product_checks.extraction.page import Page, one_line, short_text

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_MAX_ITEMS = 5_000
_MAX_REFS = 50
_ADDRESSES = frozenset({"image", "url", "availability", "itemcondition", "sameas", "logo", "item", "additionaltype"})
# data-vocabulary.org, Google's own before schema.org, lives on in old themes.
_OLD_NAMES = {"offerDetails": "offers"}
_SOURCE_TAGS = frozenset({"audio", "embed", "iframe", "img", "source", "track", "video"})


def read_items(page: Page) -> list[Node]:
    """The top-level items of a page as nodes."""
    if not any("itemtype" in node.attributes for node in page.marked):
        return []
    return _Reader(page).read()


class _Reader:
    """Files each property under its nearest item; every step up the tree is taken once (see `_owner`)."""

    def __init__(self, page: Page) -> None:
        self.marked = page.marked[:_MAX_ITEMS]
        self.items: dict[int, Node] = {}
        self.owners: dict[int, int | None] = {}
        self.referenced = dict(self._references(page))

    def read(self) -> list[Node]:
        for element in self.marked:
            if _is_item(element):
                self.items[element.mem_id] = _new_item(element)
        roots = []
        for element in self.marked:
            names = (element.attributes.get("itemprop") or "").split()
            owner = self._owner(element)
            item = self.items.get(element.mem_id)
            if owner is None or not names or owner == element.mem_id:
                roots += [item] if item is not None else []
                continue
            for name in names[:5]:
                self._add(self.items[owner], name, item if item is not None else _value(element, name))
        return roots

    def _references(self, page: Page) -> list[tuple[int, int]]:
        """Which elements belong to an item by its itemref, as (element, item)."""
        found: list[tuple[int, int]] = []
        for element in self.marked:
            for name in (element.attributes.get("itemref") or "").split()[:_MAX_REFS]:
                target = (
                    page.tree.css_first(f'[id="{name}"]')
                    if name.isascii() and '"' not in name and "\\" not in name
                    else None
                )
                if target is not None and len(found) < _MAX_REFS:
                    found.append((target.mem_id, element.mem_id))
        return found

    def _owner(self, element: LexborNode) -> int | None:
        path = []
        here: LexborNode | None = element
        owner: int | None = None
        while here is not None:
            known = here.mem_id
            if here is not element and known in self.items:
                owner = known
                break
            if known in self.referenced:
                owner = self.referenced[known]
                break
            if known in self.owners:
                owner = self.owners[known]
                break
            path.append(known)
            here = here.parent
        self.owners.update(dict.fromkeys(path, owner))
        return owner

    @staticmethod
    def _add(item: Node, name: str, value: Node | str) -> None:
        name = name.rpartition("/")[2].rpartition(":")[2]
        name = _OLD_NAMES.get(name, name)
        if name in item:
            item[name].append(value)
        elif value != "":
            item[name] = [value]


def _is_item(element: LexborNode) -> bool:
    attributes = element.attributes
    return "itemscope" in attributes or ("itemtype" in attributes and "itemprop" not in attributes)


def _new_item(element: LexborNode) -> Node:
    attributes = element.attributes
    node: Node = {"@type": (attributes.get("itemtype") or "").split()}
    if attributes.get("itemid"):
        node["@id"] = attributes["itemid"]
    return node


def _value(element: LexborNode, name: str) -> str:
    """What an element states for a property: an attribute made for it, else its text."""
    attributes, tag, wants_address = element.attributes, element.tag, name.lower() in _ADDRESSES
    if attributes.get("content") is not None:
        return (attributes["content"] or "").strip()
    if tag in _SOURCE_TAGS:
        return (
            attributes.get("src" if wants_address else "alt")
            or attributes.get("data-src")
            or attributes.get("src")
            or ""
        ).strip()
    if tag in {"a", "area", "link"} and (wants_address or tag == "link"):
        return (attributes.get("href") or "").strip()
    stated = {"data": "value", "meter": "value", "input": "value", "object": "data", "time": "datetime"}.get(tag or "")
    if stated and attributes.get(stated):
        return (attributes[stated] or "").strip()
    return price_text(element) if "price" in name.lower() else one_line(short_text(element))


def price_text(element: LexborNode) -> str:
    """An element's text, with a bar where markup parts two digits: 12<sup>99</sup> is 12|99, never 1299."""
    parts = [part for part in short_text(element, "\x00", 300).split("\x00") if part.strip()]
    joined = ""
    for part in parts:
        joined += "|" if joined[-1:].isdigit() and part[:1].isdigit() else ""
        joined += part
    return one_line(joined)
