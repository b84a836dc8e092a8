"""Puts the market's products and the people who follow them into the database, as if checked the day before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from local.sample_data import morning
from local.sample_data.connection import connected
from local.sample_data.people import FOLLOWINGS, PEOPLE, Following
from local.sample_data.story import Known, known_after, told_on
from local.shop import catalogue
from local.shop.products import Product
from local.shop.server import Shop
from nightshift.database import Database, Row
from nightshift.sql import queries

_SQL = queries("local.sample_data")
_BY_PATH = {product.tracked_path: product for product in catalogue.PRODUCTS}


def load(database_url: str, shop: Shop) -> None:
    """Bring the sample data up to the morning of the shop's day, with every product due.

    What is there already stays. Only at the first load of a day, a product of which something else is known than
    yesterday's pages said (a run was cut short, days went by without one) is set to that, so that the run that
    follows finds what `expectations` says.
    """
    with connected(database_url) as database, database.transaction(_SQL["stored"]) as rows:
        stored = {path: row for row in rows if (path := urlsplit(row["url"]).path) in _BY_PATH}
        _follow_ports(database, shop, stored)
        yesterday = max(shop.day - 1, 0)
        is_first = bool(database.write(_SQL["begin_day"], day=shop.day))
        behind = [
            product
            for path, product in _BY_PATH.items()
            if path not in stored
            or (is_first and _facts(stored[path]) != _known_facts(known_after(product, yesterday)))
        ]
        _put(database, shop, behind, yesterday)
        if is_first:
            morning.begin(database, shop.day)
        due = [{"url": _url(shop, product), "place": place} for place, product in enumerate(catalogue.PRODUCTS)]
        database.write(_SQL["make_due"], due=due)


def _follow_ports(database: Database, shop: Shop, stored: Mapping[str, Row]) -> None:
    moved = [
        {"id": row["id"], "base": shop.urls[_BY_PATH[path].store.slug]}
        for path, row in stored.items()
        if row["url"] != _url(shop, _BY_PATH[path])
    ]
    database.write(_SQL["follow_ports"], moved=moved)


def _facts(row: Row) -> tuple[Any, ...]:
    variants = {(sku, Decimal(price), *state) for sku, price, *state in row["variants"]}
    return None if row["price"] is None else Decimal(row["price"]), row["availability"], variants


def _known_facts(known: Known) -> tuple[Any, ...]:
    offer = known.offer
    variants = {(v.sku, v.offer.price, v.offer.availability, v.vanished) for v in known.variants}
    return offer.price if offer else None, offer.availability if offer else "unknown", variants


def _put(database: Database, shop: Shop, products: Sequence[Product], day: int) -> None:
    known = {product: known_after(product, day) for product in products}
    rows = [_product_row(shop, product, each) for product, each in known.items()]
    variants = [row for product, each in known.items() for row in _variant_rows(shop, product, each)]
    followings = [
        _following_row(shop, _BY_PATH[each.path], each, day) for each in FOLLOWINGS if _BY_PATH[each.path] in known
    ]
    database.write(_SQL["put_users"], users=[asdict(person) for person in PEOPLE])
    database.write(_SQL["put_products"], products=rows)
    database.write(_SQL["put_variants"], variants=variants)
    database.write(_SQL["put_histories"], products=rows)
    database.write(_SQL["put_tracked_items"], followings=followings)


def _url(shop: Shop, product: Product) -> str:
    return shop.urls[product.store.slug] + product.tracked_path


def _product_row(shop: Shop, product: Product, known: Known) -> dict[str, Any]:
    row: dict[str, Any] = {"url": _url(shop, product), "availability": "unknown"}
    if known.offer is None:
        return row
    return row | {
        "name": product.name,
        "brand": product.store.name,
        "price": str(known.offer.price),
        "currency": product.store.currency,
        "availability": known.offer.availability,
    }


def _variant_rows(shop: Shop, product: Product, known: Known) -> list[dict[str, Any]]:
    return [
        {
            "url": _url(shop, product),
            "sku": variant.sku,
            "attributes": variant.attributes,
            "position": variant.position,
            "price": str(variant.offer.price),
            "currency": product.store.currency,
            "availability": variant.offer.availability,
            "vanished": variant.vanished,
        }
        for variant in known.variants
    ]


def _following_row(shop: Shop, product: Product, following: Following, day: int) -> dict[str, Any]:
    reference = told_on(product, following, day).reference
    return {
        "email": following.person.email,
        "url": _url(shop, product),
        "sku": following.sku,
        "price": following.price,
        "stock": following.stock,
        "min_drop_percent": str(following.min_drop_percent),
        "reference": None if reference is None else str(reference),
        "currency": product.store.currency,
    }
