"""Makes one result of what the sources of a page tell: the best source leads, the others fill what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from product_checks.extraction.addresses import absolute
from product_checks.extraction.model import MAX_VARIANTS, Availability, Extraction, Quote, Variant
from product_checks.extraction.nodes import Node, name_of, text, values
from product_checks.extraction.opengraph import MetaProduct
from product_checks.extraction.page import Page
from product_checks.extraction.shop_data import ShopData, with_currency
from product_checks.extraction.variants import Offered

_U = Availability.UNKNOWN


@dataclass(frozen=True, slots=True)
class Told:
    """The page's product as one syntax of structured data tells it."""

    source: str
    node: Node
    offered: Offered


def shop_data(page: Page, stated: Decimal | None, title: str | None, *, needs_price: bool) -> ShopData | None:
    """What shop software embeds; framework state is read only where nothing better states a price.

    Each reader is loaded by the first page that may have something for it: most shops' pages need none.
    """
    found: ShopData | None = None
    if '"variants"' in page.html:
        from product_checks.extraction.shopify import read_shopify

        found = read_shopify(page, stated)
    if found is None and page.forms:
        from product_checks.extraction.woocommerce import read_woocommerce

        found = read_woocommerce(page)
    if found is None and '"optionPrices"' in page.html:
        from product_checks.extraction.magento import read_magento

        found = read_magento(page)
    if found is None and needs_price:
        from product_checks.extraction.embedded import read_embedded

        found = read_embedded(page, title)
    return found


def merged(page: Page, told: list[Told], meta: MetaProduct, data: ShopData | None) -> Extraction:
    """The result for a page that is known to be a product's."""
    quotes = [*(t.offered.quote for t in told), meta.quote]
    quote = _quote(quotes, data)
    variants = _variants(told, data, quote.currency)
    prices = [p for p in (quote.low, quote.high, *(v.price for v in variants)) if p is not None]
    return Extraction(
        is_product=True,
        reason=_open_questions(quote, variants),
        title=_title(page, told, meta, data),
        brand=_first(*(name_of(t.node.get("brand")) for t in told), meta.brand, data.brand if data else None),
        image=_image(page, told, meta, data),
        price=quote.price,
        currency=quote.currency,
        availability=quote.availability,
        variants=variants[:MAX_VARIANTS],
        price_low=min(prices, default=None),
        price_high=max(prices, default=None),
    )


def _quote(quotes: list[Quote], data: ShopData | None) -> Quote:
    """Price and currency of the first source that states a price; each gap filled by the next source that can."""
    if data is not None:
        quotes = [*quotes, Quote(data.price, data.currency, data.availability)]
    leading = next((q for q in quotes if q.price is not None), quotes[0])
    currency = leading.currency or _agreed({q.currency for q in quotes if q.currency})
    stock = next((q.availability for q in quotes if q.availability is not _U), _U)
    return Quote(leading.price, currency, stock, leading.low, leading.high)


def _agreed(found: set[str]) -> str | None:
    return found.pop() if len(found) == 1 else None


def _variants(told: list[Told], data: ShopData | None, currency: str | None) -> tuple[Variant, ...]:
    stated = next((t.offered.variants for t in told if t.offered.variants), ())
    embedded = with_currency(data, currency).variants if data is not None else ()
    if not stated or (embedded and len(embedded) > len(stated)):
        return embedded
    if len(stated) == len(embedded):
        return tuple(_filled(one, other) for one, other in zip(stated, embedded, strict=True))
    return stated


def _filled(one: Variant, other: Variant) -> Variant:
    """A variant of structured data with what the shop's own data knows better: its options."""
    if one.sku and other.sku and one.sku != other.sku:
        return one
    stock = one.availability if one.availability is not _U else other.availability
    return replace(one, sku=one.sku or other.sku, attributes=other.attributes or one.attributes, availability=stock)


def _title(page: Page, told: list[Told], meta: MetaProduct, data: ShopData | None) -> str | None:
    names = [name_of(t.node.get("name")) for t in told]
    return _first(*names, meta.title, data.title if data else None, *page.headings, page.title)


def _image(page: Page, told: list[Told], meta: MetaProduct, data: ShopData | None) -> str | None:
    stated = [address for t in told for value in values(t.node, "image")[:5] if (address := _address_of(value))]
    stated += [address for address in (meta.image, data.image if data else None) if address]
    return next((found for address in stated if (found := absolute(address, page.base))), None)


def _address_of(value: object) -> str | None:
    if isinstance(value, dict):
        found = (_address_of(value.get(key)) for key in ("contentUrl", "url", "@id", "thumbnailUrl"))
        return next((address for address in found if address), None)
    if isinstance(value, list):
        return _address_of(value[0]) if value and not isinstance(value[0], list) else None
    return text(value, 2_000)


def _first(*found: str | None) -> str | None:
    return next((value for value in found if value), None)


def _open_questions(quote: Quote, variants: tuple[Variant, ...]) -> str | None:
    missing = [
        name
        for name, is_open in (
            ("price", quote.price is None),
            ("currency", quote.price is not None and quote.currency is None),
            ("availability", quote.availability is _U),
        )
        if is_open
    ]
    notes = [f"The page does not state: {', '.join(missing)}."] if missing else []
    if len(variants) > MAX_VARIANTS:
        notes.append(f"Only the first {MAX_VARIANTS} variants are kept.")
    return " ".join(notes) or None
