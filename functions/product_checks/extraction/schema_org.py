"""Walks structured data and sorts what it finds: products by the part they play, stray offers, kinds of pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from product_checks.extraction.nodes import Node, nodes, types, values

PRODUCT_TYPES = frozenset(
    "product productgroup individualproduct productmodel someproducts vehicle car motorcycle drug dietarysupplement".split()
)
# Works that shops sell under their own type; they count as products only with a priced offer.
WORK_TYPES = frozenset("book audiobook videogame game movie musicalbum musicrelease".split())
OFFER_TYPES = frozenset({"offer", "aggregateoffer", "offerforpurchase"})
ARTICLE_TYPES = frozenset(
    "article newsarticle blogposting techarticle report reviewnewsarticle liveblogposting scholarlyarticle recipe howto"
    " socialmediaposting opinionnewsarticle analysisnewsarticle satiricalarticle".split()
)
OTHER_SUBJECTS = frozenset(
    "event musicevent sportsevent theaterevent festival jobposting course courseinstance hotel lodgingbusiness restaurant"
    " localbusiness realestatelisting apartment movietheater tvseries tvepisode podcastepisode person profilepage qapage"
    " discussionforumposting".split()
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
        if isinstance(identity, str) and len(value) <= 2 and identity in self.by_id:  # noqa: SIM102
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
    return graph


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
    children: list[tuple[Any, Part]] = [(node.get("@graph"), part)] if "@graph" in node else []
    if kinds & PRODUCT_TYPES or (kinds & WORK_TYPES and "offers" in node):
        _add(graph, node, part)
        return children
    if kinds & OFFER_TYPES:
        return children + _visit_offer(graph, node, part)
    if kinds & _LISTS:
        listed = [*values(node, "itemListElement"), *values(node, "item"), *values(node, "dataFeedElement")]
        return [*children, *((item, Part.LISTED) for item in listed)]
    if kinds & (ARTICLE_TYPES | OTHER_SUBJECTS) or any(k.endswith("review") for k in kinds):
        if part in {Part.TOP, Part.SUBJECT}:
            graph.subjects.append(node)
        about = [*values(node, "about"), *values(node, "itemReviewed"), *values(node, "mentions")]
        return [*children, *((item, Part.REVIEWED) for item in about)]
    if part is Part.LISTED and not kinds & _PAGES:
        return children
    subject = Part.SUBJECT if part is Part.TOP and kinds & _PAGES and not kinds & LISTING_TYPES else part
    children += [(item, subject) for item in values(node, "mainEntity")]
    if kinds & LISTING_TYPES:
        return [*children, *((item, Part.LISTED) for item in values(node, "hasPart"))]
    return [*children, *((item, part) for item in values(node, "hasPart") + values(node, "object"))]


def _visit_offer(graph: Graph, node: Node, part: Part) -> list[tuple[Any, Part]]:
    """A top-level offer is the offer of what it offers, or a stray one that its product may claim."""
    if part is Part.LISTED:
        return []
    offered = [item for item in graph.resolved(node, "itemOffered") if item.get("name")]
    if not offered:
        graph.stray_offers.append(node)
    for item in offered[:1]:
        if not set(types(item)) - PRODUCT_TYPES - {"thing"} and not item.get("offers"):
            _add(graph, {**item, "offers": [{k: v for k, v in node.items() if k != "itemOffered"}]}, part)
    return []


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
