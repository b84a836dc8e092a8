# ruff: noqa: E501 - markup reads best unbroken
"""Pages that are no product's, however much they look like one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from product_checks.extraction import Failure, extract
from tests.unit.extraction.building import URL, of, page, product, script

ARTICLE = {"@type": "NewsArticle", "headline": "Ten lamps", "url": URL}
OG_ARTICLE = '<meta property="og:type" content="article"><meta property="og:title" content="Ten lamps">'
OG_PRODUCT = '<meta property="og:type" content="product"><meta property="og:title" content="Lamp">'
OG_PRICE = '<meta property="product:price:amount" content="1"><meta property="product:price:currency" content="EUR">'
RATED = {"@type": "Product", "name": "Ten lamps", "aggregateRating": {"ratingValue": 4.3, "ratingCount": 330}}
REVIEWED = {
    "@type": "Product",
    "name": "Lamp",
    "review": {"@type": "Review", "name": "Lamp review", "publisher": {"name": "Mag"}, "author": {"name": "A"}},
}
RECIPE = {"@type": "Recipe", "name": "Soup", "recipeIngredient": ["water"]}
TEXT = "<p>" + "Words about lamps. " * 50 + "</p>"


def pages() -> dict[str, tuple[list[Any], dict[str, str]]]:
    listed = [{"@type": "ListItem", "item": product(name=f"T{n}", url=f"/p/{n}")} for n in range(3)]
    return {
        "an article with a price tag": ([ARTICLE], {"head": OG_ARTICLE + OG_PRICE}),
        "an article without structured data": ([], {"head": OG_ARTICLE + OG_PRICE}),
        "an article rated as a product": ([RATED], {"head": OG_ARTICLE}),
        "a page rated as a product": ([RATED], {}),
        "a review": ([REVIEWED], {"head": OG_ARTICLE}),
        "a review that names no article": ([REVIEWED], {}),
        "an article about a product with offers": (
            [{**ARTICLE, "about": product(name="Lamp")}],
            {"head": OG_ARTICLE, "title": "Ten lamps"},
        ),
        "an article beside a product that is not its subject": (
            [ARTICLE, product(name="Lamp", url="https://other.example/lamp")],
            {"head": OG_ARTICLE, "title": "Ten lamps"},
        ),
        "a recipe that calls itself a product": ([RECIPE], {"head": OG_PRODUCT}),
        "a recipe with a price tag": (
            [RECIPE],
            {"head": OG_PRODUCT.replace("Lamp", "Soup") + OG_PRICE, "title": "Soup"},
        ),
        "a list": ([{"@type": "ItemList", "itemListElement": listed}], {}),
        "a collection": (
            [{"@type": "CollectionPage", "mainEntity": {"@type": "ItemList", "itemListElement": listed}}],
            {},
        ),
        "a collection with a price tag": (
            [{"@type": "CollectionPage", "mainEntity": {"@type": "ItemList", "itemListElement": listed}}],
            {"head": OG_PRICE},
        ),
        "search results": ([{"@type": "SearchResultsPage"}, product(name="A"), product(name="B")], {}),
        "a home page": ([{"@type": "Organization", "name": "Shop"}, {"@type": "WebSite", "name": "Shop"}], {}),
        "an event": ([{"@type": "Event", "name": "Fair", "offers": {"price": "20", "priceCurrency": "EUR"}}], {}),
        "a course": ([{"@type": "Course", "name": "Fair", "offers": {"price": "20", "priceCurrency": "EUR"}}], {}),
        "a hotel": ([{"@type": "Hotel", "name": "Inn", "priceRange": "$$"}], {}),
        "a job": ([{"@type": "JobPosting", "title": "Clerk", "baseSalary": {"value": 20}}], {}),
        "a service": ([{"@type": "Service", "name": "Repair", "offers": {"price": "20", "priceCurrency": "EUR"}}], {}),
        "breadcrumbs": ([{"@type": "BreadcrumbList", "itemListElement": []}], {}),
        "a page that only calls itself a product": ([], {"head": OG_PRODUCT}),
        "a product group's list": ([], {"head": OG_PRODUCT.replace('"product"', '"product.group"')}),
        "a product group's list with a price tag": (
            [],
            {"head": OG_PRODUCT.replace('"product"', '"product.group"') + OG_PRICE},
        ),
        "nothing at all": ([], {}),
    }


@pytest.mark.parametrize(("blocks", "around"), pages().values(), ids=pages())
def test_is_no_product(blocks: list[Any], around: dict[str, str]) -> None:
    found = extract(page("".join(map(script, blocks)) + TEXT, **around), URL)
    assert (found.is_product, found.price, found.variants) == (False, None, ())
    assert found.failure in {Failure.NOT_A_PRODUCT, Failure.SEVERAL_PRODUCTS}
    assert found.reason


def test_a_class_called_product_is_no_evidence() -> None:
    body = f'<div class="product type-product"><h1 class="product_title">Game</h1><span class="price">$15</span></div>{TEXT}'
    assert extract(page(body), URL).failure == Failure.NOT_A_PRODUCT


def test_a_real_offer_outweighs_the_type_article() -> None:
    found = of(product("79.99", name="Desk for Mac"), head=OG_ARTICLE, title="Run desks - Desk for Mac")
    assert found.price == Decimal("79.99")


def test_a_product_page_may_hold_a_recipe_or_a_guide() -> None:
    for extra in (
        RECIPE,
        {"@type": "HowTo", "name": "Hang it"},
        {"@type": "FAQPage", "mainEntity": []},
        {"@type": "VideoObject"},
    ):
        assert of(extra, product("5.00"), title="Lamp").price == Decimal(5)


def test_a_sold_out_product_without_offers_stays_a_product() -> None:
    found = of(
        {"@type": "Product", "name": "Lamp", "sku": "L1", "brand": "Acme"},
        head='<meta property="og:type" content="website">',
    )
    assert (found.is_product, found.price, found.currency, found.availability) == (True, None, None, "unknown")
    assert found.reason


def test_broken_product_data_and_nothing_else_is_said_to_be_unreadable() -> None:
    found = of('{"@context":"https://schema.org","@type":"Product","name":"Cut","offers":{"price":"5')
    assert (found.failure, found.is_product) == (Failure.UNREADABLE, False)


def test_broken_product_data_gives_way_to_meta_tags() -> None:
    found = of('{"@type":"Product","name":"27" Lamp"}', head=OG_PRODUCT + OG_PRICE)
    assert (found.title, found.price, found.currency) == ("Lamp", Decimal(1), "EUR")


@pytest.mark.parametrize(
    "body",
    [
        "<h1>Page not found</h1>",
        "<h1>404</h1><p>Sorry.</p>",
        "<h1>This product is no longer available</h1>",
        "<h1>Seite nicht gefunden</h1>",
        "<h1>Page introuvable</h1>",
        "<p>Oops! The page you want does not exist. Error 404</p>",
    ],
)
def test_a_page_that_is_gone_is_said_to_be(body: str) -> None:
    found = extract(page(body), URL)
    assert (found.failure, found.availability) == (Failure.GONE, "unknown")


def test_a_title_says_gone_too() -> None:
    assert extract(page(f"<h1>Hello</h1>{TEXT}", title="404 - Not found | Shop"), URL).failure == Failure.GONE


def test_a_priced_product_is_not_gone_whatever_its_name() -> None:
    assert of(product("5.00", name="404 Not Found T-Shirt"), title="404 Not Found T-Shirt").price == Decimal(5)


@pytest.mark.parametrize("empty", ["", " \n ", "<html></html>", "<!doctype html>", "\x00", "\ufeff"])
def test_an_empty_page_is_said_to_be(empty: str) -> None:
    assert extract(empty, URL).failure == Failure.EMPTY


@pytest.mark.parametrize(
    "body",
    [
        '<div id="root"></div><script src="/app.js"></script>',
        '<noscript>You need to enable JavaScript to run this app.</noscript><div id="app"></div><script src="/a.js"></script>',
    ],
)
def test_a_shell_for_scripts_is_said_to_be_empty(body: str) -> None:
    found = extract(page(body), URL)
    assert (found.failure, "JavaScript" in (found.reason or "")) == (Failure.EMPTY, True)


def test_text_that_is_no_page_is_no_product() -> None:
    assert not extract('{"error": "not html"}', URL).is_product
    assert not extract("%PDF-1.7 \x00\x01\x02", URL).is_product


NEIGHBOUR = product("5.00", name="Blue Chair", url="https://shop.example/p/chair")


@pytest.mark.parametrize("title", ["Page not found", "Lamps", "Your account"])
def test_the_only_product_may_be_a_neighbour(title: str) -> None:
    found = of(NEIGHBOUR, title=title)
    assert (found.is_product, found.price) == (False, None)


def test_a_missing_page_that_recommends_something_is_gone() -> None:
    recommended = product("5.00", name="Blue Chair")
    assert of(recommended, title="404 - Page not found").failure == Failure.GONE
    assert of(recommended, title="Shop").price == Decimal(5)


def test_another_address_of_the_pages_own_product_does_no_harm() -> None:
    assert of(NEIGHBOUR, title="Chair, blue | Shop").price == Decimal(5)
    assert of(NEIGHBOUR, title="").price == Decimal(5)
    elsewhere = {**NEIGHBOUR, "url": "https://maker.example/chair"}
    assert of(elsewhere, title="Example").price == Decimal(5)


def test_a_list_priced_as_one_product_is_a_list() -> None:
    span = {"@type": "AggregateOffer", "lowPrice": "1", "highPrice": "900", "offerCount": 88, "priceCurrency": "EUR"}
    priced = product(name="Lamps", offers=span)
    assert of({"@type": "CollectionPage", "name": "Lamps"}, priced, title="Lamps").failure == Failure.NOT_A_PRODUCT
    assert of(priced, title="Lamps").price == Decimal(1)


@pytest.mark.parametrize(
    ("price", "is_sold"), [("9.99", True), ("0", False), ("0.00", False), (0, False), (None, False)]
)
def test_software_is_a_product_where_it_has_a_price(price: object, is_sold: bool) -> None:
    assert of({**product(price), "@type": "MobileApplication"}).is_product is is_sold


@pytest.mark.parametrize("kind", ["article", "product.group"])
def test_an_article_or_a_list_that_shows_another_product_is_none(kind: str) -> None:
    head = f'<meta property="og:type" content="{kind}">'
    assert not of(product("5.00", name="Blue Chair"), head=head, title="Ten tips").is_product
    assert of(product("5.00", name="Blue Chair"), head=head, title="Blue Chair").price == Decimal(5)


def test_a_front_page_that_shows_a_product_is_none_unless_it_is_its_shop() -> None:
    home = "https://shop.example/"
    assert not of(product("5.00", name="Blue Chair"), title="Welcome", url=home).is_product
    assert of(product("5.00", name="Blue Chair"), title="The Blue Chair", url=home).price == Decimal(5)


def test_a_neighbour_does_not_stand_in_for_a_product_that_cannot_be_read() -> None:
    found = of('{"@type":"Product","name":"27" Screen"}', product("5.00", name="Blue Chair"), title="27 inch Screen")
    assert (found.failure, found.price) == (Failure.UNREADABLE, None)


def test_the_only_result_of_a_search_is_not_the_pages_own() -> None:
    found = of(NEIGHBOUR, title="Results for blue chair", url="https://shop.example/search?q=blue+chair")
    assert (found.is_product, found.price) == (False, None)
