"""Walks structured data and sorts what it finds: products by the part they play, stray offers, kinds of pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from product_checks.extraction.nodes import Node, nodes, scalar, types, values
from product_checks.extraction.words import words

PRODUCT_TYPES = words(
    "product productgroup individualproduct productmodel someproducts vehicle car motorcycle drug dietarysupplement"
)
# Works that shops sell under their own type; they count as products only with an offer.
WORK_TYPES = words("book audiobook videogame game movie musicalbum musicrelease")
# Much software is described and little is sold: it needs a price.
_SOFTWARE_TYPES = words("softwareapplication mobileapplication")
OFFER_TYPES = frozenset({"offer", "aggregateoffer", "offerforpurchase"})
ARTICLE_TYPES = words(
    "article newsarticle blogposting techarticle report reviewnewsarticle liveblogposting scholarlyarticle recipe"
    " howto socialmediaposting opinionnewsarticle analysisnewsarticle satiricalarticle"
)
OTHER_SUBJECTS = words(
    "event musicevent sportsevent theaterevent festival jobposting course courseinstance hotel lodgingbusiness"
    " restaurant localbusiness realestatelisting apartment movietheater tvseries tvepisode podcastepisode person"
    " profilepage qapage discussionforumposting"
)
LISTING_TYPES = frozenset({"collectionpage", "searchresultspage", "offercatalog", "checkoutpage"})
_LISTS = frozenset({"itemlist", "offercatalog", "listitem", "datafeed", "datafeeditem"})
_PAGES = frozenset({"webpage", "itempage", "website", "aboutpage", "webpageelement", "buyaction", "action"})

_MAX_NODES = 20_000
_MAX_DEPTH = 24
_MAX_CANDIDATES = 3_000


class Part(Enum):
    """What part a product plays on its page."""

    SUBJECT = "the page names it as its main entity"
    TOP = "stands for itself"
    LISTED = "one of a list"
    REVIEWED = "what a review or an article is about"


@dataclass(slots=True)
class Candidate:
    """A product of the page with its part in it."""

    node: Node
    part: Part


@dataclass(slots=True)
class Graph:
    """The structured data of one syntax, sorted."""

    source: str
    candidates: list[Candidate] = field(default_factory=list)
    stray_offers: list[Node] = field(default_factory=list)
    subjects: list[Node] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    by_id: dict[str, Node] = field(default_factory=dict)
    known: dict[int, Candidate] = field(default_factory=dict)

    def resolve(self, value: Any) -> Node | None:
        """The node that a value is or refers to by @id."""
        if not isinstance(value, dict):
            return None
        identity = value.get("@id")
        if isinstance(identity, str) and len(value) <= 2 and identity in self.by_id:
            return self.by_id[identity]
        return value

    def resolved(self, node: Node, name: str) -> list[Node]:
        """The nodes of a property, references followed."""
        return [found for value in values(node, name) if (found := self.resolve(value)) is not None]


def sort_graph(source: str, roots: list[Any]) -> Graph:
    """Sort the top-level values of one syntax."""
    graph = Graph(source)
    _index(graph, roots)
    seen: set[int] = set()
    stack = [(root, Part.TOP, 0) for root in reversed(roots)]
    while stack and len(seen) < _MAX_NODES:
        value, part, depth = stack.pop()
        if isinstance(value, list):
            stack += [(item, part, depth + 1) for item in reversed(value[:_MAX_NODES])] if depth < _MAX_DEPTH else []
        elif isinstance(value, dict):
            node = graph.resolve(value) or value
            if id(node) in seen and part is not Part.SUBJECT:
                continue
            seen.add(id(node))
            if depth < _MAX_DEPTH:
                stack += reversed([(child, role, depth + 1) for child, role in _visit(graph, node, part)])
    _adopt_named_offer(graph)
    return graph


def _adopt_named_offer(graph: Graph) -> None:
    """Where only one offer is marked up, and it has a name of its own, it is the product (schema.org/Offer does so)."""
    named = [offer for offer in graph.stray_offers if offer.get("name") and offer.get("price")]
    if len(named) == 1 and not graph.candidates:
        _add(graph, {**named[0], "@type": "Product", "offers": named}, Part.TOP)


def _index(graph: Graph, roots: list[Any]) -> None:
    """Note every identified node, the fullest one for each @id."""
    stack: list[tuple[Any, int]] = [(root, 0) for root in roots]
    budget = _MAX_NODES
    while stack and budget:
        budget -= 1
        value, depth = stack.pop()
        if isinstance(value, dict):
            identity = value.get("@id")
            if isinstance(identity, str) and len(value) > len(graph.by_id.get(identity, ())):
                graph.by_id[identity] = value
        if isinstance(value, (dict, list)) and depth < _MAX_DEPTH:
            inner = value.values() if isinstance(value, dict) else value
            stack += [(item, depth + 1) for item in inner if isinstance(item, (dict, list))]


def _visit(graph: Graph, node: Node, part: Part) -> list[tuple[Any, Part]]:
    """Sort one node in; gives the children that may hold more, with their part."""
    kinds = set(types(node))
    if part in {Part.TOP, Part.SUBJECT}:
        graph.kinds |= kinds
    inside = [(item, part) for item in values(node, "@graph")]
    if kinds & PRODUCT_TYPES or (kinds & WORK_TYPES and "offers" in node) or _is_sold_software(node, kinds):
        _add(graph, node, part)
        return inside
    if kinds & OFFER_TYPES:
        _visit_offer(graph, node, part)
        return inside
    if kinds & _LISTS:
        return inside + _as(Part.LISTED, node, "itemListElement", "item", "dataFeedElement")
    if kinds & (ARTICLE_TYPES | OTHER_SUBJECTS) or any(kind.endswith("review") for kind in kinds):
        graph.subjects += [node] if part in {Part.TOP, Part.SUBJECT} else []
        return inside + _as(Part.REVIEWED, node, "about", "itemReviewed", "mentions")
    return inside + _visit_page(node, kinds, part)


def _is_sold_software(node: Node, kinds: set[str]) -> bool:
    offers = nodes(node, "offers") if kinds & _SOFTWARE_TYPES else []
    return any(str(scalar(offer.get("price")) or "0").strip(" $€£0.,") for offer in offers)


def _visit_page(node: Node, kinds: set[str], part: Part) -> list[tuple[Any, Part]]:
    """A page leads to its main entity; anything unknown leads on as what it is itself."""
    if part is Part.LISTED and not kinds & _PAGES:
        return []
    if kinds & LISTING_TYPES:
        return _as(part, node, "mainEntity") + _as(Part.LISTED, node, "hasPart")
    is_page = part is Part.TOP and kinds & _PAGES
    return _as(Part.SUBJECT if is_page else part, node, "mainEntity") + _as(part, node, "hasPart", "object")


def _as(part: Part, node: Node, *names: str) -> list[tuple[Any, Part]]:
    return [(item, part) for name in names for item in values(node, name)]


def _visit_offer(graph: Graph, node: Node, part: Part) -> None:
    """A top-level offer is the offer of what it offers, or a stray one that its product may claim."""
    if part is Part.LISTED:
        return
    offered = [item for item in graph.resolved(node, "itemOffered") if item.get("name")]
    if not offered:
        graph.stray_offers.append(node)
    for item in offered[:1]:
        if not set(types(item)) - PRODUCT_TYPES - {"thing"} and not item.get("offers"):
            _add(graph, {**item, "offers": [{k: v for k, v in node.items() if k != "itemOffered"}]}, part)


def _add(graph: Graph, node: Node, part: Part) -> None:
    known = graph.known.get(id(node))
    if known is not None:
        known.part = part if part is Part.SUBJECT else known.part
        return
    if len(graph.candidates) >= _MAX_CANDIDATES:
        return
    candidate = graph.known[id(node)] = Candidate(node, part)
    graph.candidates.append(candidate)
    for parent in nodes(node, "isVariantOf"):  # a group described inside its variant
        if "name" in parent and "productgroup" in types(parent):
            graph.by_id.setdefault(str(parent.get("@id") or parent.get("productGroupID")), parent)
