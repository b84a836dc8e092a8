"""What a product of the market is, and what its page shows on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from local.shop.stores import Store
from local.shop.timeline import Offer, Timeline, Trouble


class Format(StrEnum):
    """How a page tells machines what it sells; each has a module in `local.shop.formats`."""

    JSON_LD = "json_ld"
    JSON_LD_GRAPH = "json_ld_graph"
    JSON_LD_BROKEN = "json_ld_broken"
    JSON_LD_GROUP = "json_ld_group"
    MICRODATA = "microdata"
    RDFA = "rdfa"
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    OPEN_GRAPH = "open_graph"
    NEXT_DATA = "next_data"


@dataclass(frozen=True)
class Variant:
    """One way to buy a product; its timeline has '-' on days when the page does not list it."""

    sku: str
    attributes: Mapping[str, str]
    timeline: Timeline


@dataclass(frozen=True)
class Shown:
    """The offers of a page on one day; `offer` is the product's own where it has no variants."""

    offer: Offer | None = None
    variants: tuple[tuple[Variant, Offer], ...] = ()

    @property
    def headline(self) -> Offer:
        """What stands for the whole product: its own offer, or the lowest price, in stock when any variant is."""
        if self.offer:
            return self.offer
        offers = [offer for _, offer in self.variants]
        is_in_stock = any(offer.availability == "in_stock" for offer in offers)
        return Offer(min(offer.price for offer in offers), "in_stock" if is_in_stock else "out_of_stock")


@dataclass(frozen=True, eq=False)
class Product:
    """A product; there is one object of each, and no two in the market have the same path."""

    store: Store
    path: str
    name: str
    text: str
    format: Format
    timeline: Timeline | None = None
    variants: tuple[Variant, ...] = ()
    moved_from: str | None = None  # an old path that redirects here
    delay_s: float = 0.0
    list_price: str | None = None  # struck through on the page; never the price
    etag: bool = False

    @property
    def slug(self) -> str:
        """The last part of the path, for images and identifiers."""
        return self.path.rstrip("/").rpartition("/")[2].removesuffix(".html")

    @property
    def tracked_path(self) -> str:
        """The path under which people know it."""
        return self.moved_from or self.path

    def trouble(self, day: int) -> Trouble | None:
        """What keeps visitors from the offer on `day`."""
        cell = self.timeline.on(day) if self.timeline else None
        return cell if isinstance(cell, Trouble) else None

    def shown(self, day: int) -> Shown | None:
        """The offers on `day`; None where there is trouble, or (before day 1) nothing was known."""
        if self.timeline is not None:
            cell = self.timeline.on(day)
            return Shown(offer=cell) if isinstance(cell, Offer) else None
        listed = ((variant, variant.timeline.on(day)) for variant in self.variants)
        offers = tuple((variant, offer) for variant, offer in listed if isinstance(offer, Offer))
        return Shown(variants=offers) if offers else None
