"""One parse of a page, and what of it can bear a product: scripts, meta tags, headings, marked-up elements."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import compress, islice
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from product_checks.extraction.addresses import Address, absolute, split_host
from product_checks.extraction.hints import Hints
from product_checks.extraction.words import words

MAX_CHARS = 6_000_000
_MAX_DEPTH = 3_000
_MAX_ATTRIBUTES = 3_000
_MAX_NODES = 20_000
_MAX_TEXT = 3_000
_ENOUGH_TEXT = 2_500
# Below this many tags no nesting is deep enough to matter, and looking closer would cost more than it saves.
_HARMLESS_TAGS = 12_000
_LONG_TAG = 30_000

_TAG = re.compile(r"<(/?)([a-zA-Z]+)[^<>]{0,2000}?(/?)>")
_VOID = words("area base br col embed hr img input link meta param source track wbr path use circle rect")
# The most common of them, with what follows their names.
_NEVER_OPEN = tuple(
    name + end
    for name in ("img", "br", "input", "link", "meta", "path", "source", "hr", "use", "rect")
    for end in " />\n"
)
_CLOSED_WITHIN = 30
_OPEN_TAG_WITH_MANY_ATTRIBUTES = re.compile(
    # Possessive throughout: a tag either has this many attributes or the match fails at once.
    r"""[a-zA-Z][^\s/>]*+(?>[\s/]++[^\s/>=]++(?>\s*+=\s*+(?>"[^"]*+"|'[^']*+'|[^\s>]*+))?+)"""
    rf"{{{_MAX_ATTRIBUTES}}}"
)
_WANTED = "script,meta,link[rel],title,h1,base,[itemscope],[itemtype],[itemprop],[typeof],[data-product_variations]"


class UnreadablePageError(ValueError):
    """The page is built so that reading it would cost more than any shop's page does."""


class Script(NamedTuple):
    """A script of a page: its type and id in lower case, and its text ("" when it is loaded from elsewhere)."""

    kind: str
    name: str
    text: str


class Page:
    """A page parsed once. Node lists are in page order; texts are unescaped and in one line."""

    def __init__(self, html: str, url: str) -> None:
        html = html[:MAX_CHARS].lstrip("\ufeff")
        _refuse_hostile(html)
        self.html = html
        self.url = url
        self.tree = LexborHTMLParser(html)
        self._script_nodes: list[LexborNode] = []
        self.metas: list[LexborNode] = []
        self.marked: list[LexborNode] = []
        self.rdfa_roots: list[LexborNode] = []
        self.forms: list[LexborNode] = []
        self.headings: list[str] = []
        self.title = ""
        self._canonical = ""
        self._base = ""
        # A node that answers to several of the wanted selectors is given several times.
        for node in {node.mem_id: node for node in islice(self.tree.css(_WANTED), _MAX_NODES)}.values():
            self._sort_in(node)

    def _sort_in(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == "script":
            self._script_nodes.append(node)
            return
        attributes = node.attributes
        if tag == "meta":
            self.metas.append(node)
        elif tag == "title":
            self.title = self.title or one_line(short_text(node))
        elif tag == "h1" and len(self.headings) < 5:
            self.headings.append(one_line(short_text(node)))
        elif tag == "base":
            self._base = self._base or attributes.get("href") or ""
        elif tag == "link" and (attributes.get("rel") or "").strip().lower() == "canonical":
            self._canonical = self._canonical or attributes.get("href") or ""
        if "itemprop" in attributes or "itemscope" in attributes or "itemtype" in attributes:
            self.marked.append(node)
        if "typeof" in attributes:
            self.rdfa_roots.append(node)
        if "data-product_variations" in attributes:
            self.forms.append(node)

    @cached_property
    def scripts(self) -> list[Script]:
        """The scripts of the page, read once for all who look into them."""
        found = []
        for node in self._script_nodes:
            attributes = node.attributes
            kind, name = (attributes.get("type") or "").strip().lower(), (attributes.get("id") or "").lower()
            found.append(Script(kind, name, node.text() or ""))
        return found

    @cached_property
    def is_cut_in_script(self) -> bool:
        """Whether the page ends before its last script does."""
        html = self.html.lower()
        return "</script" not in html[html.rfind("<script") :]

    @property
    def is_titled(self) -> bool:
        """Whether the page says for people what it is about."""
        return bool(self.title or self.headings)

    @cached_property
    def host(self) -> str:
        """The host of the page's address, in lower case."""
        return split_host(self.url)

    @cached_property
    def base(self) -> str:
        """What relative addresses on the page are relative to."""
        return absolute(self._base, self.url) or self.url

    @cached_property
    def canonical(self) -> str | None:
        """The address the page gives itself, if it does."""
        return absolute(self._canonical, self.base)

    @cached_property
    def addresses(self) -> list[Address]:
        """The addresses under which the page is itself: first where it was found, then what it calls itself."""
        stated = (self.url, self.canonical, self.meta.get("og:url"))
        found = [address for url in stated if (address := Address.of(url, self.base)) is not None]
        # A front page as canonical or og:url says nothing about which product this is.
        return found[:1] + [address for address in found[1:] if not address.is_home]

    @cached_property
    def meta(self) -> dict[str, str]:
        """Content of the meta tags by lower-case property or name; the first non-empty one of a name wins."""
        found: dict[str, str] = {}
        for node in self.metas:
            attributes = node.attributes
            name = (attributes.get("property") or attributes.get("name") or attributes.get("http-equiv") or "").lower()
            content = (attributes.get("content") or "").strip()
            if name and content:
                found.setdefault(name, content)
        return found

    @cached_property
    def hints(self) -> Hints:
        """Country and language of the page."""
        root = self.tree.root
        attributes = root.attributes if root is not None else {}
        tag = attributes.get("lang") or attributes.get("xml:lang") or self.meta.get("content-language") or ""
        return Hints.of(self.host, tag, self.meta.get("og:locale", ""))

    @cached_property
    def visible_text(self) -> str:
        """The first 2,500 characters that a reader would see: enough to tell a page from a wall."""
        body = self.tree.body
        if body is None:
            return ""
        parts, size = [], 0
        for node in islice(body.traverse(include_text=True), 5_000):
            if (
                node.tag != "-text"
                or node.parent is None
                or node.parent.tag in {"script", "style", "noscript", "template"}
            ):
                continue
            raw = node.text(deep=False) or ""
            if not raw or raw.isspace():
                continue
            parts.append(one_line(raw))
            size += len(raw)
            if size > _ENOUGH_TEXT:
                break
        return " ".join(parts)


def short_text(node: LexborNode, between: str = "", limit: int = _MAX_TEXT) -> str:
    """The text inside a node, cut when it gets long: nested markup must not cost its size squared."""
    parts: list[str] = []
    size = 0
    for inner in islice(node.traverse(include_text=True), 400):
        if inner.tag != "-text" or (inner.parent is not None and inner.parent.tag in {"script", "style"} != {node.tag}):
            continue
        text = inner.text(deep=False) or ""
        parts.append(text)
        size += len(text)
        if size > limit:
            break
    return between.join(parts)


def one_line(text: str) -> str:
    """The text with its white space collapsed."""
    return " ".join(text.split())


def _refuse_hostile(html: str) -> None:
    """Refuse what the parser would take quadratic time for: endless nesting, endless attributes."""
    pieces = html.split("<")
    long_pieces = compress(pieces, map(_LONG_TAG.__lt__, map(len, pieces)))
    if any(map(_OPEN_TAG_WITH_MANY_ATTRIBUTES.match, long_pieces)):
        raise UnreadablePageError("The page has an element with thousands of attributes.")
    if len(pieces) < _HARMLESS_TAGS or not _may_be_deep(pieces):
        return
    depth = 0
    for closing, name, self_closed in _TAG.findall(html):
        if closing:
            depth = max(0, depth - 1)
        elif not self_closed and name.lower() not in _VOID:
            depth += 1
            if depth > _MAX_DEPTH:
                raise UnreadablePageError("The page is nested thousands of elements deep.")


def _may_be_deep(pieces: list[str]) -> bool:
    """Whether what stands behind each `<` does not rule deep nesting out: a tenth of what a closer look costs.

    Whatever begins like an element counts as one that stays open, unless it surely is not.
    """
    depth = 0
    for piece in islice(pieces, 1, None):
        if piece.startswith("/"):
            if depth and piece[1:2].isalpha() and ">" in piece[:_CLOSED_WITHIN]:
                depth -= 1
        elif piece[:1].isalpha() and not piece.startswith(_NEVER_OPEN):
            depth += 1
            if depth > _MAX_DEPTH:
                return True
    return False
