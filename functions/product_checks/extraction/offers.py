"""Turns schema.org offers into quotes: which of the stated prices is the one to pay, and which are not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from product_checks.extraction.availability import best_of, read_availability
from product_checks.extraction.currency import read_currency
from product_checks.extraction.hints import Hints
from product_checks.extraction.model import Availability, Quote
from product_checks.extraction.money import Amount, read_amount
from product_checks.extraction.nodes import Node, local_name, name_of, nodes, scalar, text, types, values
from product_checks.extraction.schema_org import OFFER_TYPES, Graph
from product_checks.extraction.words import words

# schema.org/PriceTypeEnumeration: what an offer is compared with. SalePrice and no type at all are what one pays.
_NOT_THE_PRICE = words(
    "listprice strikethroughprice msrp srp minimumadvertisedprice regularprice invoiceprice suggestedretailprice"
    " manufacturersuggestedretailprice"
)
_PIECES = frozenset({"", "C62", "H87", "EA", "PCE", "XPK", "PIECE"})
_CHARGES = frozenset({"deliverychargespecification", "paymentchargespecification"})
_NOT_FOR_SALE = ("leaseout", "maintain", "repair", "dispose", "buy", "providesservice")
_MAX_OFFERS = 1_200


@dataclass(slots=True)
class Offer:
    """One offer as a page states it."""

    quote: Quote
    node: Node
    is_aggregate: bool = False
    url: str | None = None
    seller: str | None = None
    condition: str = ""
    items: list[Node] = field(default_factory=list)


def read_offers(node: Node, graph: Graph, hints: Hints, name: str = "offers") -> list[Offer]:
    """The offers of a product that anybody can take up now: no rent, no member prices, no bulk tiers."""
    currency = read_currency(node.get("priceCurrency"), hints)
    found: list[Offer] = []
    for stated in _unkeyed(graph.resolved(node, name))[:_MAX_OFFERS]:
        if not _is_for_everybody(stated):
            continue
        offer = _read_offer(stated, graph, hints, currency)
        found.append(offer)
        if offer.is_aggregate:
            inner = [i for i in graph.resolved(stated, "offers")[:_MAX_OFFERS] if _is_for_everybody(i)]
            found += [_read_offer(i, graph, hints, offer.quote.currency) for i in inner]
    return found[: _MAX_OFFERS * 2]


def _unkeyed(stated: list[Node]) -> list[Node]:
    """Offers out of the dicts that template engines make of lists: {"0": {…}, "1": {…}}, {"offer": [{…}]}."""
    found = []
    for node in stated:
        inner = [] if "@type" in node or "price" in node else [o for key in node for o in nodes(node, key)]
        found += inner if any(set(types(o)) & OFFER_TYPES for o in inner) else [node]
    return found


def summary(offers: list[Offer]) -> Quote:
    """The one quote that stands for all offers: the lowest price, the best stock."""
    offers = _comparable(offers)
    priced = [o.quote for o in offers if o.quote.price is not None]
    inner = [o.quote.availability for o in offers if not o.is_aggregate]
    outer = [o.quote.availability for o in offers if o.is_aggregate]
    availability = best_of([a for a in outer if a is not Availability.UNKNOWN] or inner or outer)
    if not priced:
        currency = next((o.quote.currency for o in offers if o.quote.currency), None)
        return Quote(None, currency, availability)
    best = min(priced, key=lambda q: q.price or Decimal(0))
    prices = [p for q in priced for p in (q.price, q.low, q.high) if p is not None]
    return Quote(best.price, best.currency, availability, min(prices), max(prices))


def _comparable(offers: list[Offer]) -> list[Offer]:
    """Leave out used goods beside new ones, and prices in another currency than the first."""
    single = [o for o in offers if not o.is_aggregate]
    used = [o for o in single if o.condition and "new" not in o.condition]
    if used and len(used) < len(single):
        # An aggregate of both has the used goods' price as its lowest.
        offers = [o for o in single if o not in used]
    currency = next((o.quote.currency for o in offers if o.quote.price is not None), None)
    return [o for o in offers if o.quote.price is None or o.quote.currency == currency]


def _is_for_everybody(offer: Node) -> bool:
    function = local_name(str(scalar(offer.get("businessFunction")) or ""))
    if function in _NOT_FOR_SALE or offer.get("validForMemberTier"):
        return False
    return not (_is_bulk(offer) or "demand" in types(offer))


def _is_bulk(node: Node) -> bool:
    for quantity in nodes(node, "eligibleQuantity"):
        least = scalar(quantity.get("minValue"))
        if str(least).replace(".", "", 1).isdigit() and Decimal(str(least)) > 1:
            return True
    return False


def _read_offer(node: Node, graph: Graph, hints: Hints, outer_currency: str | None) -> Offer:
    specification = _the_price(graph.resolved(node, "priceSpecification"))
    currency = read_currency(node.get("priceCurrency") or node.get("currency"), hints) or outer_currency
    quote = _quote(node, currency, hints)
    if quote.price is None and specification is not None:
        own = read_currency(specification.get("priceCurrency") or specification.get("currency"), hints)
        inner = _quote(specification, own or currency, hints)
        quote = Quote(inner.price, inner.currency, quote.availability, inner.low, inner.high)
    return Offer(
        quote=quote,
        node=node,
        is_aggregate="aggregateoffer" in types(node) or bool(node.get("lowPrice") or node.get("offers")),
        url=text(node.get("url"), 2_000),
        seller=name_of(node.get("seller") or node.get("offeredBy")),
        condition=local_name(str(scalar(node.get("itemCondition")) or "")),
        items=[item for item in graph.resolved(node, "itemOffered") if isinstance(item, dict)],
    )


def _quote(node: Node, currency: str | None, hints: Hints) -> Quote:
    """Price and stock of an offer or price specification, from whichever of its names holds them."""
    availability = read_availability(node.get("availability"))
    amount = _amount(node.get("price"), currency, hints)
    if amount is None and "monetaryamount" in types(node):
        amount = _amount(node.get("value"), currency, hints)
    low = amount or _amount(node.get("lowPrice"), currency, hints) or _amount(node.get("minPrice"), currency, hints)
    high = _amount(node.get("highPrice"), currency, hints) or _amount(node.get("maxPrice"), currency, hints)
    if low is None:
        return Quote(None, currency, availability)
    agreed = _agreed_currency(currency, low.currency)
    top = low.high or (high.low if high is not None and high.low >= low.low else None)
    return Quote(low.low, agreed, availability, low.low if top else None, top)


def _agreed_currency(stated: str | None, own: str | None) -> str | None:
    """A price that names another currency than the code beside it has no certain currency."""
    return None if stated and own and stated != own else stated or own


def _amount(value: Any, currency: str | None, hints: Hints) -> Amount | None:
    if isinstance(value, dict) and "@value" not in value:  # a MonetaryAmount in the price's place
        own = read_currency(value.get("currency") or value.get("priceCurrency"), hints)
        inner = value.get("value") or value.get("price") or value.get("amount")
        found = None if isinstance(inner, dict) else _amount(inner, own or currency, hints)
        return replace(found, currency=_agreed_currency(own, found.currency)) if found else None
    if isinstance(value, list):
        amounts = {a.low: a for v in value[:20] if (a := read_amount(scalar(v), currency, hints)) is not None}
        return amounts.popitem()[1] if len(amounts) == 1 else None
    return read_amount(scalar(value), currency, hints)


def _the_price(specifications: list[Node]) -> Node | None:
    """Of all price specifications the one that a consumer pays once, with tax where both are stated."""
    usable = [s for s in specifications[:50] if _is_the_price(s)]
    sale = [s for s in usable if _price_type(s) == "saleprice"]
    gross = [s for s in sale or usable if str(scalar(s.get("valueAddedTaxIncluded"))).lower() == "true"]
    return next(iter(gross or sale or usable), None)


def _is_the_price(node: Node) -> bool:
    kinds = set(types(node))
    if kinds & _CHARGES or _price_type(node) in _NOT_THE_PRICE or node.get("validForMemberTier") or _is_bulk(node):
        return False
    if any(node.get(n) for n in ("billingDuration", "billingIncrement", "referencePeriod", "priceComponentType")):
        return False  # an instalment, a subscription, a down payment or a fee
    return not any(_is_other_quantity(q) for q in nodes(node, "referenceQuantity"))


def _is_other_quantity(quantity: Node) -> bool:
    """Whether a price is per litre or per 100 g (a base price) and not for one piece.

    With a `valueReference` the quantity is the piece's own content, as in Google's merchant listings: a price for
    4.5 kg, to be compared per kg.
    """
    if quantity.get("valueReference"):
        return False
    unit = text(quantity.get("unitCode") or quantity.get("unitText")) or ""
    value = text(quantity.get("value")) or "1"
    return unit.upper() not in _PIECES or value not in {"1", "1.0", "1.00"}


def _price_type(node: Node) -> str:
    return local_name(
        next((v for v in map(scalar, values(node, "priceType")) if isinstance(v, str)), "") or _id_of(node)
    )


def _id_of(node: Node) -> str:
    return next((str(v.get("@id") or v.get("name") or "") for v in nodes(node, "priceType")), "")
