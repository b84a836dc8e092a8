# ruff: noqa: RUF001 - names hold these very characters
"""Chooses the product that a page is about among all that it marks up, by rules that can be told to a shop."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import takewhile

from product_checks.extraction.addresses import Address
from product_checks.extraction.nodes import Node, name_of, nodes, text, values
from product_checks.extraction.page import Page
from product_checks.extraction.schema_org import Candidate, Graph, Part

_MAX_ALIKE = 5
_NOT_A_LETTER = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Choice:
    """The main product (None when there is none or it cannot be told), and among how many."""

    candidate: Candidate | None
    among: int


def choose(graph: Graph, page: Page) -> Choice:
    """Choose by: named main entity; only one; page address; page title; item number in the address."""
    able = [c for c in graph.candidates if c.part in {Part.TOP, Part.SUBJECT}]
    families = _families(able, graph)
    if not families:
        listed = [c for c in graph.candidates if c.part is Part.LISTED]
        return Choice(_only(_by_address(listed, page)) if len(listed) > 1 else None, len(listed))
    named = [c for c in families if c.part is Part.SUBJECT]
    if len(named) == 1:
        return Choice(named[0], len(families))
    if len(families) == 1:
        node = families[0].node
        return Choice(None if _is_elsewhere(node, page) or _is_neighbour(node, page) else families[0], 1)
    for rule in (_by_address, _by_title, _by_number):
        chosen = _only(rule(families, page))
        if chosen is not None:
            return Choice(chosen, len(families))
    named_alike = [c for c in families if _matches_title(c.node, page)]
    return Choice(_as_group(_at_page(families, page) or named_alike or _siblings(families)), len(families))


def claims_page(node: Node, page: Page) -> bool:
    """Whether a product says, by address or name, that this page is its own."""
    return _matches_address(node, page) > 0 or _matches_title(node, page)


def is_numbered(node: Node) -> bool:
    """Whether a product has an item number of any kind."""
    return any(node.get(k) for k in ("sku", "mpn", "gtin", "gtin8", "gtin12", "gtin13", "gtin14", "productID"))


def is_stranger(node: Node, page: Page) -> bool:
    """Whether nothing ties a product to its page: no address of its own, hardly a word of any title."""
    if _matches_address(node, page):
        return False
    name = _plain(name_of(node.get("name")) or "")
    titles = [_plain(title) for title in (*page.headings, page.meta.get("og:title"), page.title) if title]
    return not any(_are_alike(name, title) for title in titles)


def _are_alike(name: str, title: str) -> bool:
    """Whether one name holds the other, or they share half of the shorter one's words."""
    if name in title or title in name:
        return True
    ours, theirs = set(name.split()), set(title.split())
    return 2 * len(ours & theirs) >= min(len(ours), len(theirs))


def same_name(one: str | None, other: str | None) -> bool:
    """Whether two names are the same but for case, accents and punctuation."""
    return bool(one and other and _plain(one) and _plain(one) == _plain(other))


def _at_page(candidates: list[Candidate], page: Page) -> list[Candidate]:
    return [c for c in candidates if _matches_address(c.node, page)]


def _siblings(candidates: list[Candidate]) -> list[Candidate]:
    """All of them, where they say that they are variants of one group that the page does not describe."""
    first, *others = (parent_ids(c.node) for c in candidates)
    return candidates if first and all(parents == first for parents in others) else []


def _as_group(candidates: list[Candidate]) -> Candidate | None:
    """Products that share the page's address and the beginning of their names are one product's variants."""
    names = [(name_of(c.node.get("name")) or "").split() for c in candidates]
    shared = list(takewhile(lambda words: len(set(words)) == 1, zip(*names, strict=False)))
    numbers = {text(c.node.get("sku")) or "" for c in candidates}
    if len(candidates) < 2 or not shared or len(numbers) < len(candidates):
        return None
    name = " ".join(words[0] for words in shared).rstrip(" -–|,/(:")
    first = {k: v for k, v in candidates[0].node.items() if k in {"brand", "image"}}
    members = [c.node for c in candidates]
    return Candidate({**first, "@type": "ProductGroup", "name": name, "hasVariant": members}, Part.TOP)


def _only(found: list[Candidate]) -> Candidate | None:
    return found[0] if len(found) == 1 else None


def _families(able: list[Candidate], graph: Graph) -> list[Candidate]:
    """One candidate per product: variants of a group stand behind it, the same product told twice counts once."""
    groups = {identity for c in able if _is_group(c.node) for identity in group_ids(c.node)}
    groups |= {identity for identity, node in graph.by_id.items() if _is_group(node)}
    members = {id(member) for c in able if _is_group(c.node) for member in graph.resolved(c.node, "hasVariant")}
    kept = _Kept()
    for candidate in able:
        belongs = id(candidate.node) in members or (
            not _is_group(candidate.node) and parent_ids(candidate.node) & groups
        )
        if belongs and candidate.part is not Part.SUBJECT:
            continue
        kept.add(candidate)
    return kept.candidates or _groups_described_in_variants(able, graph)


class _Kept:
    """Candidates, each product once; looked up by name, for a page may list thousands."""

    def __init__(self) -> None:
        self.candidates: list[Candidate] = []
        self._by_key: dict[str, list[Candidate]] = {}

    def add(self, candidate: Candidate) -> None:
        keys = [
            k for k in (str(candidate.node.get("@id") or ""), _plain(name_of(candidate.node.get("name")) or "")) if k
        ]
        alike = [known for key in keys for known in self._by_key.get(key, ())[:_MAX_ALIKE]]
        twin = next((known for known in alike if _is_same(known.node, candidate.node)), None)
        if twin is not None:
            _merge_twin(twin, candidate)
            return
        self.candidates.append(candidate)
        for key in keys:
            self._by_key.setdefault(key, []).append(candidate)


def _groups_described_in_variants(able: list[Candidate], graph: Graph) -> list[Candidate]:
    found: dict[int, Candidate] = {}
    for candidate in able:
        for identity in parent_ids(candidate.node):
            group = graph.by_id.get(identity)
            if group is not None:
                found.setdefault(id(group), Candidate(group, candidate.part))
    return list(found.values())


def _merge_twin(kept: Candidate, twin: Candidate) -> None:
    """Fill what the first telling of a product leaves out from the second."""
    kept.node = {**twin.node, **{k: v for k, v in kept.node.items() if v not in (None, "", [], {})}}
    kept.part = Part.SUBJECT if Part.SUBJECT in {kept.part, twin.part} else kept.part


def _is_group(node: Node) -> bool:
    return "hasVariant" in node or "productgroup" in str(node.get("@type")).lower()


def group_ids(node: Node) -> set[str]:
    """The names under which a product group can be pointed at."""
    return {str(v) for name in ("@id", "productGroupID") for v in values(node, name) if isinstance(v, (str, int))}


def parent_ids(node: Node) -> set[str]:
    """The names of the groups that a product says it is a variant of."""
    parents = {str(v) for v in values(node, "inProductGroupWithID") if isinstance(v, (str, int))}
    for parent in nodes(node, "isVariantOf"):
        parents |= group_ids(parent)
    return parents | {v for v in values(node, "isVariantOf") if isinstance(v, str)}


def _is_same(one: Node, other: Node) -> bool:
    if one.get("@id") and one.get("@id") == other.get("@id"):
        return True
    if not same_name(name_of(one.get("name")), name_of(other.get("name"))):
        return False
    return all(
        not (one.get(k) and other.get(k)) or text(one.get(k)) == text(other.get(k))
        for k in ("sku", "url", "productID", "mpn")
    )


def _by_address(candidates: list[Candidate], page: Page) -> list[Candidate]:
    scores = [(_matches_address(c.node, page), c) for c in candidates]
    best = max((score for score, _ in scores), default=0)
    return [c for score, c in scores if score == best > 0]


def _matches_address(node: Node, page: Page) -> int:
    """2: the page's address to the letter; 1: the same but for its query; 0: another page, or none named."""
    own = page.addresses
    stated = [Address.of(url, page.base) for url in _addresses(node)]
    if any(address in own for address in stated if address):
        return 2
    places = {a.place for a in own if not a.is_home}
    return int(any(a is not None and a.place in places for a in stated))


def _is_elsewhere(node: Node, page: Page) -> bool:
    """On a shop's front page, a product of another address, or of no address and another name, is an advertisement."""
    here = page.addresses[:1]
    if not here or not here[0].is_home or here[0].query:
        return False
    stated = {a.place for url in _addresses(node) if (a := Address.of(url, page.base)) is not None}
    return here[0].place not in stated if stated else page.is_titled and is_stranger(node, page)


def _is_neighbour(node: Node, page: Page) -> bool:
    """Whether a product has another page of the same shop as its own, and no title here that is like its name."""
    places = [a.place for url in _addresses(node) if (a := Address.of(url, page.base)) is not None and not a.is_home]
    own_host = page.addresses[0].place.partition("/")[0] if page.addresses else ""
    if not page.is_titled or not any(place.startswith(f"{own_host}/") for place in places):
        return False
    if "/search" in page.url and not claims_page(node, page):
        return True  # the only result of a search
    return is_stranger(node, page) and not _by_number([Candidate(node, Part.TOP)], page)


def _addresses(node: Node) -> list[str]:
    found = [node.get("@id"), *values(node, "url"), *values(node, "mainEntityOfPage")]
    found += [offer.get("url") for offer in nodes(node, "offers")[:5]]
    plain = [v.get("@id") or v.get("url") if isinstance(v, dict) else v for v in found]
    return [v.partition("#")[0] for v in plain if isinstance(v, str) and v.partition("#")[0]]


def _by_title(candidates: list[Candidate], page: Page) -> list[Candidate]:
    exact = [c for c in candidates if _matches_title(c.node, page)]
    if exact:
        return exact
    title = f" {_plain(page.title)} "
    return [c for c in candidates if (name := _plain(name_of(c.node.get("name")) or "")) and f" {name} " in title]


def _matches_title(node: Node, page: Page) -> bool:
    name = name_of(node.get("name"))
    titles = [*page.headings, page.meta.get("og:title"), page.meta.get("twitter:title"), page.title]
    return any(same_name(name, title) for title in titles)


def _by_number(candidates: list[Candidate], page: Page) -> list[Candidate]:
    """By an item number that is a whole word of the page's address."""
    words = set(_NOT_A_LETTER.split(page.url.lower()))
    return [c for c in candidates if _numbers(c.node) & words]


def _numbers(node: Node) -> set[str]:
    stated = [text(node.get(k)) for k in ("sku", "productID", "mpn", "gtin13", "gtin")]
    return {s.lower() for s in stated if s and len(s) >= 4}


def _plain(name: str) -> str:
    if name.isascii():
        return " ".join(_NOT_A_LETTER.sub(" ", name.lower()).split())
    folded = unicodedata.normalize("NFKD", name).casefold()
    return " ".join(_NOT_A_LETTER.sub(" ", "".join(c for c in folded if not unicodedata.combining(c))).split())
