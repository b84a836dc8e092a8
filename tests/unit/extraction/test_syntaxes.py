# ruff: noqa: E501 - markup reads best unbroken
"""The same lamp told in JSON-LD, microdata, RDFa and meta tags, in the spellings found in the wild."""

from __future__ import annotations

from decimal import Decimal

import pytest

from product_checks.extraction import Extraction, Failure, extract
from tests.unit.extraction.building import URL, of, page, product, script

LAMP = (
    '{"@context":"https://schema.org","@type":"Product","name":"Lamp","offers":{"price":"5.00","priceCurrency":"EUR"}}'
)


def is_lamp(found: Extraction) -> bool:
    return (found.title, found.price, found.currency) == ("Lamp", Decimal("5.00"), "EUR")


SCRIPTS = {
    "plain": '<script type="application/ld+json">{}</script>',
    "shouting": '<SCRIPT data-rh="true" TYPE="application/LD+JSON; charset=utf-8">{}</SCRIPT>',
    "spaced": '<script type=" application/ld+json ">{}</script>',
    "the wrong way round": '<script type="application/json+ld">{}</script>',
    "plain JSON": '<script type="application/json">{}</script>',
    "in a list": '<script type="application/ld+json">[[{}]]</script>',
    "in a graph": '<script type="application/ld+json">{{"@context":"https://schema.org","@graph":[{}]}}</script>',
    "main entity of its page": '<script type="application/ld+json">{{"@type":"ItemPage","mainEntity":{}}}</script>',
    "beside a broken block": '<script type="application/ld+json">{{"@type":</script><script type="application/ld+json">{}</script>',
    "twice in a row": '<script type="application/ld+json">{{"@type":"WebSite","name":"Shop"}} {}</script>',
}


@pytest.mark.parametrize("form", SCRIPTS.values(), ids=SCRIPTS)
def test_finds_json_ld(form: str) -> None:
    assert is_lamp(extract(page(form.format(LAMP)), URL))


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "Product",
            "http://schema.org/Product",
            "https://schema.org/Product",
            "schema:Product",
            "product",
            ["Product", "Car"],
        ),
        *("IndividualProduct", "ProductModel", ["Thing", "Product"], ["Book", "Product"], "Book", "Vehicle"),
    ],
)
def test_knows_products_by_any_name(kind: str) -> None:
    assert of(product("14.99", **{"@type": kind})).price == Decimal("14.99")


def test_reads_prefixed_terms() -> None:
    found = of(
        '{"@type":"schema:Product","schema:name":"Lamp","schema:offers":{"schema:price":"5.00","schema:priceCurrency":"EUR"}}'
    )
    assert is_lamp(found)


MICRODATA = {
    "meta and link": """<div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Lamp</h1>
        <div itemprop="offers" itemscope itemtype="http://schema.org/Offer"><meta itemprop="price" content="5.00">
        <meta itemprop="priceCurrency" content="EUR"><link itemprop="availability" href="http://schema.org/InStock"></div></div>""",
    "text": """<div itemscope itemtype="//schema.org/Product"><h1 itemprop="name"> Lamp </h1>
        <p itemprop="offers" itemscope itemtype="//schema.org/Offer"><span itemprop="price">5,00&nbsp;€ inkl. MwSt.</span>
        <a itemprop="availability" href="//schema.org/InStock">ja</a></p></div>""",
    "content on any tag": """<div itemscope itemtype="https://schema.org/Product"><span itemprop="name" content="Lamp"></span>
        <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><span itemprop="price" content="5.00">was 9 now 5</span>
        <span itemprop="priceCurrency" content="EUR">€</span><span itemprop="availability" content="InStock"></span></div></div>""",
    "data, input and time": """<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Lamp</b>
        <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><data itemprop="price" value="5.00">five</data>
        <input itemprop="priceCurrency" value="EUR"><time itemprop="priceValidUntil" datetime="2030-01-01">soon</time>
        <link itemprop="availability" href="https://schema.org/InStock/"></div></div>""",
    "price without an offer": """<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Lamp</b>
        <span itemprop="price">5.00</span><meta itemprop="priceCurrency" content="EUR">
        <link itemprop="availability" href="https://schema.org/InStock"></div>""",
    "offer beside the product": """<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Lamp</b></div>
        <div itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="5.00">
        <meta itemprop="priceCurrency" content="EUR"><link itemprop="availability" href="https://schema.org/InStock"></div>""",
    "itemref": """<div itemscope itemtype="https://schema.org/Product" itemref="more"><b itemprop="name">Lamp</b></div>
        <div id="more"><div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="5.00">
        <meta itemprop="priceCurrency" content="EUR"><link itemprop="availability" href="https://schema.org/InStock"></div></div>""",
    "no itemscope": """<div itemtype="https://schema.org/Product"><b itemprop="name">Lamp</b>
        <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="5.00">
        <meta itemprop="priceCurrency" content="EUR"><link itemprop="availability" href="https://schema.org/InStock"></div></div>""",
    "stock stated twice": """<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Lamp</b>
        <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="5.00">
        <meta itemprop="priceCurrency" content="EUR"><meta itemprop="availability" content="https://schema.org/InStock">
        <link itemprop="availability" href="https://schema.org/InStock"></div></div>""",
}


@pytest.mark.parametrize("body", MICRODATA.values(), ids=MICRODATA)
def test_reads_microdata(body: str) -> None:
    found = extract(page(body), URL)
    assert is_lamp(found)
    assert found.availability == "in_stock"


def test_a_price_split_by_markup_is_not_joined() -> None:
    body = """<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Lamp</b><div itemprop="offers" itemscope
        itemtype="https://schema.org/Offer"><span itemprop="price">12<sup>99</sup></span></div></div>"""
    assert extract(page(body), URL).price is None


def test_properties_of_inner_items_stay_there() -> None:
    body = """<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">Lamp</b>
        <div itemprop="isRelatedTo" itemscope itemtype="https://schema.org/Product"><b itemprop="name">Bulb</b>
        <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="1.00"></div></div>
        <div itemprop="review" itemscope itemtype="https://schema.org/Review"><b itemprop="name">Bad</b></div>
        <div itemprop="offers" itemscope itemtype="https://schema.org/Offer"><meta itemprop="price" content="5.00">
        <meta itemprop="priceCurrency" content="EUR"></div></div>"""
    assert is_lamp(extract(page(body), URL))


RDFA = {
    "vocab": """<div vocab="https://schema.org/" typeof="Product"><h1 property="name">Lamp</h1>
        <div property="offers" typeof="Offer"><span property="price" content="5.00">5</span>
        <span property="priceCurrency" content="EUR">€</span><link property="availability" href="https://schema.org/InStock"></div></div>""",
    "prefix": """<div prefix="schema: http://schema.org/" typeof="schema:Product"><h1 property="schema:name">Lamp</h1>
        <div rel="schema:offers" typeof="schema:Offer"><span property="schema:price">5.00</span>
        <meta property="schema:priceCurrency" content="EUR"><link property="schema:availability" href="schema:InStock"></div></div>""",
    "full names": """<div typeof="http://schema.org/Product"><h1 property="http://schema.org/name">Lamp</h1>
        <div property="http://schema.org/offers" typeof="http://schema.org/Offer"><span property="http://schema.org/price">5.00</span>
        <meta property="http://schema.org/priceCurrency" content="EUR">
        <link property="http://schema.org/availability" href="http://schema.org/InStock"></div></div>""",
    "vocab further out": """<main vocab="http://schema.org/"><div typeof="Product"><h1 property="name">Lamp</h1>
        <div property="offers" typeof="Offer"><span property="price">5.00 €</span>
        <a property="availability" href="http://schema.org/InStock">ja</a></div></div></main>""",
}


@pytest.mark.parametrize("body", RDFA.values(), ids=RDFA)
def test_reads_rdfa(body: str) -> None:
    found = extract(page(body), URL)
    assert is_lamp(found)
    assert found.availability == "in_stock"


def meta(**tags: str) -> str:
    return "".join(f'<meta property="{name.replace("__", ":")}" content="{value}">' for name, value in tags.items())


@pytest.mark.parametrize(
    "tags",
    [
        {"og__type": "product", "product__price__amount": "5.00", "product__price__currency": "EUR"},
        {"og__type": "og:product", "og__price__amount": "5,00", "og__price__currency": "EUR"},
        {"og__type": "product.item", "product__price": "5,00 €"},
        {"product__price__amount": "5.00", "product__price__currency": "EUR"},
        {
            "og__type": "product",
            "product__original_price__amount": "9.00",
            "product__price__amount": "9.00",
            "product__sale_price__amount": "5.00",
            "product__price__currency": "EUR",
        },
    ],
)
def test_reads_meta_tags(tags: dict[str, str]) -> None:
    head = meta(og__title="Lamp", product__availability="in stock", **tags)
    found = extract(page("<p>A lamp.</p>", head=head), URL)
    assert is_lamp(found)
    assert found.availability == "in_stock"


def test_reads_the_price_label_and_not_the_list_price() -> None:
    head = """<meta property="og:type" content="product"><meta property="og:title" content="Lamp">
        <meta name="twitter:label1" content="List Price"><meta name="twitter:data1" content="9.00 €">
        <meta name="twitter:label2" content="Price"><meta name="twitter:data2" content="5.00 €">"""
    assert is_lamp(extract(page(head=head), URL))


def test_structured_data_leads_and_meta_tags_fill_in() -> None:
    head = meta(
        og__title="Best shop",
        og__image="/o.jpg",
        product__price__amount="4.00",
        product__price__currency="EUR",
        product__brand="B",
    )
    found = of({"@type": "Product", "name": "Lamp", "offers": {"price": "5.00"}}, head=head)
    assert is_lamp(found)
    assert (found.brand, found.image) == ("B", "https://shop.example/o.jpg")


def test_microdata_without_offers_takes_the_meta_tags_price() -> None:
    body = '<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">Lamp</h1></div>'
    head = meta(
        og__type="product", product__price__amount="5.00", product__price__currency="EUR", og__availability="instock"
    )
    found = extract(page(body, head=head), URL)
    assert is_lamp(found)
    assert found.availability == "in_stock"


@pytest.mark.parametrize(
    ("image", "address"),
    [
        ("/a.jpg", "https://shop.example/a.jpg"),
        ("//cdn.example/a.jpg", "https://cdn.example/a.jpg"),
        (["a.jpg", "b.jpg"], "https://shop.example/p/a.jpg"),
        ({"@type": "ImageObject", "url": "https://cdn.example/a.jpg"}, "https://cdn.example/a.jpg"),
        ([{"contentUrl": "/c.jpg"}], "https://shop.example/c.jpg"),
        ("data:image/png;base64,AAAA", None),
        ({}, None),
    ],
)
def test_gives_an_absolute_image(image: object, address: str | None) -> None:
    assert of(product(image=image)).image == address


@pytest.mark.parametrize(
    ("brand", "name"),
    [
        ("Acme", "Acme"),
        ({"@type": "Brand", "name": "Acme"}, "Acme"),
        ([{"name": "Acme"}], "Acme"),
        ({"@type": "Offer", "name": "Acme"}, "Acme"),
        ({"@type": "Brand"}, None),
        (None, None),
        ("null", None),
        ("A &amp;amp; B", "A & B"),
    ],
)
def test_reads_brands(brand: object, name: str | None) -> None:
    assert of(product(brand=brand)).brand == name


def test_an_item_that_is_referred_to_keeps_its_own_properties() -> None:
    markup = (
        '<div itemscope itemtype="https://schema.org/Product" itemref="o"><b itemprop="name">Lamp</b></div>'
        '<div id="o" itemprop="offers" itemscope itemtype="https://schema.org/Offer">'
        '<meta itemprop="price" content="12"><meta itemprop="priceCurrency" content="EUR"></div>'
    )
    found = extract(page(markup), URL)
    assert (found.price, found.currency) == (Decimal(12), "EUR")


def test_the_names_before_schema_org_are_read() -> None:
    old = "http://data-vocabulary.org"
    markup = (
        f'<div itemscope itemtype="{old}/Product"><b itemprop="name">Lamp</b><div itemprop="offerDetails" itemscope'
        f' itemtype="{old}/Offer"><meta itemprop="currency" content="USD"><b itemprop="price">12.00</b></div></div>'
    )
    found = extract(page(markup), URL)
    assert (found.price, found.currency) == (Decimal(12), "USD")


def test_a_block_that_ends_with_its_script_may_lack_brackets() -> None:
    block = script('{"@type":"Product","name":"Lamp","offers":{"price":"12","priceCurrency":"EUR"}')
    assert extract(page(block), URL).price == Decimal(12)
    cut = page(block).partition("</script>")[0]
    assert extract(cut, URL).failure == Failure.UNREADABLE


def test_a_name_that_was_cut_in_the_middle_of_an_emoji_can_be_written_down() -> None:
    found = of(r'{"@type":"Product","name":"Lamp \ud83d","sku":"7\ude00","offers":{"price":"9","priceCurrency":"EUR"}}')

    assert found.title == "Lamp"
    assert repr(found).isascii()
