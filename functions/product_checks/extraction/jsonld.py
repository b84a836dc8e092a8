"""Finds the JSON-LD blocks of a page, however their script tag is spelled, and gives their values."""

from __future__ import annotations

import re
from typing import Any

from product_checks.extraction.jsonld_repair import BrokenJsonError, loads
from product_checks.extraction.page import Page

_MAX_BLOCKS = 300
_MAX_TOTAL = 4_000_000
_MAX_DEPTH = 12
_PRODUCT = re.compile(r"(?:[\"'/:]|&quot;)Product(?:Group)?(?:[\"']|&quot;)")


class Blocks:
    """The values of a page's JSON-LD blocks, and how many product blocks could not be read."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.broken_products = 0


def read_blocks(page: Page) -> Blocks:
    """Read all JSON-LD blocks, each on its own: one broken block does not spoil the others."""
    blocks = Blocks()
    total = 0
    for script in page.scripts:
        if "json" not in script.kind or not ("ld" in script.kind or _names_schema_org(script.text)):
            continue
        total += len(script.text)
        if total > _MAX_TOTAL or len(blocks.values) > _MAX_BLOCKS:
            break
        _read_block(script.text, blocks, page)
    return blocks


def _names_schema_org(text: str) -> bool:
    return '"@context"' in text[:2_000] and "schema.org" in text[:2_000]


def _read_block(text: str, blocks: Blocks, page: Page) -> None:
    if not text.strip():
        return
    try:
        stated = _loads(text, page)
        found = [inner for value in stated for inner in (loads(value) if isinstance(value, str) else [value])]
    except BrokenJsonError:
        blocks.broken_products += bool(_PRODUCT.search(text[:200_000]))
        return
    prefixed = '"schema:' in text or 'schema.org/name"' in text or '"Offers"' in text
    blocks.values.extend(_without_prefix(value, 0) if prefixed else value for value in found)


def _loads(text: str, page: Page) -> list[Any]:
    try:
        return loads(text)
    except BrokenJsonError:
        if page.is_cut_in_script:
            raise
        return loads(text, may_close=True)


def _without_prefix(value: Any, depth: int) -> Any:
    """{"schema:name": …} as {"name": …}, and "Offers", as one shop system wrote for years, as "offers"."""
    if depth > _MAX_DEPTH:
        return None
    if isinstance(value, list):
        return [_without_prefix(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_term(key): _without_prefix(inner, depth + 1) for key, inner in value.items()}
    return value


def _term(key: str) -> str:
    if key.startswith("schema:"):
        return key[7:]
    name = key.rpartition("/")[2] if "://schema.org/" in key else key
    return name[:1].lower() + name[1:]
