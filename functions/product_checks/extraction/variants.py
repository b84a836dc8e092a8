"""Makes variants out of product groups and offer lists."""

from __future__ import annotations

from dataclasses import dataclass, replace

from product_checks.extraction.addresses import Address
from product_checks.extraction.availability import best_of
from product_checks.extraction.main_product import group_ids, parent_ids
from product_checks.extraction.model import MAX_VARIANTS, Quote, Variant
from product_checks.extraction.nodes import Node, name_of, nodes, text, types, values
from product_checks.extraction.offers import Offer, read_offers, summary
from product_checks.extraction.page import Page
from product_checks.extraction.schema_org import Graph

_GROUP_LINKS = frozenset({"isVariantOf", "inProductGroupWithID"})
_VARIES_BY = ("color", "size", "material", "pattern", "width", "height", "depth", "weight", "flavor", "model")


@dataclass(frozen=True, slots=True)
class Offered:
    """What the offers of a product come to."""

    quote: Quote
    variants: tuple[Variant, ...] = ()
    has_offers: bool = False


def read_offered(node: Node, graph: Graph, page: Page) -> Offered:
    """Price, stock and variants of a product or product group."""
    members = _members(node, graph)
    if members:
        return _of_group(node, members, graph, page)
    offers = read_offers(node, graph, page.hints)
    if not offers and (node.get("price") is not None or node.get("lowPrice") is not None):
        offers = read_offers({"offers": {k: v for k, v in node.items() if k != "offers"}}, graph, page.hints)
    variants = _of_offers(offers)
    chosen = _offer_of_address(offers, page) if variants else None
    quote = summary(offers)
    if chosen is not None:
        own = chosen.quote
        quote = Quote(own.price, own.currency, own.availability, quote.low, quote.high)
    return Offered(quote, variants, bool(offers))


def only_member(node: Node, graph: Graph) -> Node:
    """The product to report of a group: where the page describes one variant alone, that one, filled from its group."""
    members = _members(node, graph) if "offers" not in node else []
    if len(members) != 1:
        return node
    shared = {k: v for k, v in node.items() if k not in {"hasVariant", "@id", "url", "productGroupID"}}
    return {**shared, "@type": "Product", **{k: v for k, v in members[0].items() if v and k not in _GROUP_LINKS}}


def _members(node: Node, graph: Graph) -> list[Node]:
    """The variants of a group: listed inside it, or pointing at it from elsewhere on the page."""
    stated = graph.resolved(node, "hasVariant")
    identities = group_ids(node)
    if "productgroup" in types(node) and identities:
        inside = {id(member) for member in stated}
        stated += [c.node for c in graph.candidates if parent_ids(c.node) & identities and id(c.node) not in inside]
    return [m for m in stated[: MAX_VARIANTS + 1] if m.get("offers") or m.get("sku") or m.get("name")]


def _of_group(node: Node, members: list[Node], graph: Graph, page: Page) -> Offered:
    quotes = [summary(read_offers(member, graph, page.hints)) for member in members]
    variants = tuple(_variant(m, q, name_of(node.get("name"))) for m, q in zip(members, quotes, strict=True))
    chosen = _member_of_address(members, quotes, page)
    own = read_offers(node, graph, page.hints)
    total = summary([Offer(q, {}) for q in quotes] + own)
    own_quote = summary(own)
    quote = chosen or (own_quote if own_quote.price is not None else total)
    availability = quote.availability if chosen else best_of([q.availability for q in quotes])
    result = Quote(quote.price, quote.currency, availability, total.low, total.high)
    return Offered(result, variants if len(variants) > 1 else (), has_offers=True)


def _variant(node: Node, quote: Quote, group_name: str | None) -> Variant:
    return Variant(
        sku=text(node.get("sku") or node.get("mpn") or node.get("gtin13") or node.get("gtin")),
        attributes=_attributes(node, group_name),
        price=quote.price,
        currency=quote.currency,
        availability=quote.availability,
    )


def _attributes(node: Node, group_name: str | None) -> dict[str, str]:
    found = {name: value for name in _VARIES_BY if (value := name_of(node.get(name)))}
    for extra in nodes(node, "additionalProperty")[:20]:
        name, value = name_of(extra.get("name")), text(extra.get("value"), 200)
        if name and value:
            found.setdefault(name, value)
    name = name_of(node.get("name"))
    if not found and name and name != group_name:
        found["name"] = name
    return found


def _member_of_address(members: list[Node], quotes: list[Quote], page: Page) -> Quote | None:
    """The variant that the page's own address selects, if it selects one."""
    here = page.addresses[:1]
    matching = []
    for member, quote in zip(members, quotes, strict=True):
        stated = [*values(member, "url"), *(offer.get("url") for offer in nodes(member, "offers"))]
        if any(isinstance(u, str) and Address.of(u, page.base) in here for u in stated):
            matching.append(quote)
    return matching[0] if len(matching) == 1 else None


def _offer_of_address(offers: list[Offer], page: Page) -> Offer | None:
    here = page.addresses[:1]
    matching = [o for o in offers if o.quote.price is not None and o.url and Address.of(o.url, page.base) in here]
    return matching[0] if len(matching) == 1 and len([o for o in offers if o.url]) > 1 else None


def _of_offers(offers: list[Offer]) -> tuple[Variant, ...]:
    """Offers of one shop for one product are its variants; those of several sellers or conditions are not."""
    priced = [o for o in offers if not o.is_aggregate and o.quote.price is not None]
    if len(priced) < 2 or len({o.seller for o in priced if o.seller}) > 1 or len({o.condition for o in priced}) > 1:
        return ()
    if len({o.quote.currency for o in priced}) > 1:
        return ()
    return tuple(_variant_of_offer(o) for o in priced[: MAX_VARIANTS + 1])


def _variant_of_offer(offer: Offer) -> Variant:
    item = offer.items[0] if offer.items else {}
    stated = {k: v for k, v in offer.node.items() if k in {"sku", "mpn", "name", *_VARIES_BY} and v}
    variant = _variant({**item, **stated}, offer.quote, None)
    number = _number_in_address(offer.url)
    if number and not variant.sku and not variant.attributes:
        return replace(variant, attributes={"variant": number})
    return variant


def _number_in_address(url: str | None) -> str | None:
    """Shops that give no SKU still name the variant in the offer's address (?variant=123)."""
    query = (url or "").partition("?")[2].partition("#")[0]
    pairs = (part.partition("=") for part in query.split("&"))
    return next((value for name, _, value in pairs if name.lower() in {"variant", "variantid", "sku"} and value), None)
