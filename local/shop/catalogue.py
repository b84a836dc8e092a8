"""The table of the market: every product, and what its page says on each day.

A row reads `before | day 1 | day 2 | day 3 | day 4`, and after day 4 the shop begins again with day 1. *Before* is
what the sample data says was known before the first run (`-`: never checked). An offer is a price and, unless it is in
stock, its availability; anything else is a `Trouble`. A variant with `-` is not on the page that day.
"""

from __future__ import annotations

from typing import Any

from local.shop.products import Format, Product, Variant
from local.shop.stores import (
    BRASSICA,
    BUSY_BEE,
    HOLLOW_OAK,
    KAMOME,
    KERBSIDE,
    LUMEN,
    NORDLICHT,
    PEAKLINE,
    SNAILMAIL,
    TIDEWATER,
    Store,
)
from local.shop.timeline import Timeline


def _one(store: Store, form: Format, path: str, name: str, text: str, row: str, **more: Any) -> Product:
    return Product(store, path, name, text, form, timeline=Timeline.parse(row), **more)


def _many(store: Store, form: Format, path: str, name: str, text: str, *variants: Variant) -> Product:
    return Product(store, path, name, text, form, variants=variants)


def _variant(sku: str, row: str, **attributes: str) -> Variant:
    return Variant(sku, attributes, Timeline.parse(row))


PRODUCTS = (
    # Lumen & Larch: JSON-LD in its usual forms.
    _one(LUMEN, Format.JSON_LD, "/lamps/larch-desk-lamp", "Larch Desk Lamp",
         "A turned foot of larch, a linen shade, and a switch one finds in the dark.",
         "89.00 | 74.00 | 74.00 | 95.00 | 89.00"),
    _one(LUMEN, Format.JSON_LD_GRAPH, "/lamps/linen-floor-lamp", "Linen Floor Lamp",
         "Stands behind the reading chair and keeps quiet.",
         "249.00 | 249.00 out_of_stock | 249.00 | 249.00 | 229.00"),
    _one(LUMEN, Format.JSON_LD_BROKEN, "/small-things/brass-wall-hook", "Brass Wall Hook",
         "Cast, brushed, and stronger than the wall.",
         "12.50 | 11.90 | 12.90 | 12.90 | 12.50"),
    _one(LUMEN, Format.JSON_LD, "/furniture/oak-side-table", "Oak Side Table",
         "Three legs, so that it never wobbles.",
         "180.00 | 159.00 | 159.00 | 180.00 | 180.00", list_price="210.00"),
    _one(LUMEN, Format.JSON_LD, "/lamps/paper-pendant", "Paper Pendant",
         "Folded by hand from one sheet.",
         "64.00 preorder | 64.00 preorder | 64.00 | 59.00 | 64.00 backorder"),
    _one(LUMEN, Format.JSON_LD, "/small-things/beeswax-candle", "Beeswax Candle",
         "Burns for nine hours and smells of one summer.",
         "- | 18.00 | 18.00 | 18.00 | 18.00", etag=True),
    # Peakline Outdoor: a product group, microdata, RDFa.
    _many(PEAKLINE, Format.JSON_LD_GROUP, "/jackets/storm-shell", "Storm Shell Jacket",
          "Three layers, taped seams, and a hood that turns with the head.",
          _variant("PK-SHELL-S", "189.00 | 169.00 | 169.00 | 189.00 | 189.00", size="S"),
          _variant("PK-SHELL-M", "189.00 out_of_stock | 169.00 | 169.00 | 189.00 out_of_stock | 189.00", size="M"),
          _variant("PK-SHELL-L", "189.00 | - | - | 189.00 | 189.00", size="L"),
          _variant("PK-SHELL-XL", "- | 169.00 | 169.00 | 189.00 | -", size="XL")),
    _one(PEAKLINE, Format.MICRODATA, "/camp/trail-mug", "Trail Mug",
         "Enamel on steel; every dent is a story.",
         "24.00 out_of_stock | 24.00 | 21.00 | 24.00 | 24.00 out_of_stock"),
    _one(PEAKLINE, Format.MICRODATA, "/camp/merino-beanie", "Merino Beanie",
         "Warm when wet, and it often is.",
         "35.00 | 38.00 | 33.00 | 35.00 | 35.00"),
    _one(PEAKLINE, Format.RDFA, "/camp/ridge-tent", "Ridge Tent for Two",
         "Two poles, eleven pegs, four minutes.",
         "320.00 | 320.00 limited | 320.00 out_of_stock | 288.00 | 320.00"),
    # Tidewater Tea: the product's JSON in the page, prices in pence.
    _many(TIDEWATER, Format.SHOPIFY, "/products/smoked-assam", "Smoked Assam",
          "Dried over pine, for people who like campfires.",
          _variant("TT-ASSAM-100", "9.50 | 8.50 | 8.50 | 9.50 | 9.50", Weight="100 g"),
          _variant("TT-ASSAM-500", "39.00 out_of_stock | 39.00 | 36.00 | 39.00 | 39.00", Weight="500 g")),
    _one(TIDEWATER, Format.SHOPIFY, "/products/stoneware-teapot", "Stoneware Teapot",
         "Holds four cups and their warmth.",
         "42.00 out_of_stock | 42.00 | 42.00 | 38.00 | 42.00 out_of_stock"),
    # Brassica & Bean: the variations in an attribute of the form.
    _many(BRASSICA, Format.WOOCOMMERCE, "/product/heirloom-tomato/", "Heirloom Tomato Seeds",
          "Red, yellow and one that is nearly black.",
          _variant("BB-TOM-10", "3.20 | 2.60 | 2.60 | 3.20 | 3.20", size="10 seeds"),
          _variant("BB-TOM-50", "9.80 | 9.80 | - | 9.80 | 9.80", size="50 seeds"),
          _variant("BB-TOM-200", "- | - | 24.00 | 24.00 | 24.00", size="200 seeds")),
    _many(BRASSICA, Format.WOOCOMMERCE, "/product/copper-trowel/", "Copper Trowel",
          "Slugs dislike it; gardeners do not.",
          _variant("BB-TRO-S", "34.00 | 34.00 | 34.00 out_of_stock | 34.00 | 31.00", size="Small"),
          _variant("BB-TRO-L", "41.00 | 41.00 | 41.00 out_of_stock | 41.00 | 41.00", size="Large")),
    # Kontorhaus Nordlicht: German prices in windows-1252, which only a meta element names.
    _one(NORDLICHT, Format.MICRODATA, "/artikel/schreibtisch-foehr.html", "Schreibtisch Föhr",
         "Geölte Esche, höhenverstellbar, für aufrechte Gedanken.",
         "1499.00 | 1299.00 | 1299.00 | 1499.00 | 1499.00"),
    _one(NORDLICHT, Format.MICRODATA, "/artikel/buecherregal-sylt.html", "Bücherregal Sylt",
         "Fünf Böden, die sich auch unter Wörterbüchern nicht biegen.",
         "649.00 out_of_stock | 649.00 | 649.00 | 584.10 | 649.00 out_of_stock"),
    # Kamome Kits: Next data, and one page that has OpenGraph only. Yen have no decimals.
    _one(KAMOME, Format.NEXT_DATA, "/kits/tape-echo", "Tape Echo Kit",
         "Sixty-two parts, one afternoon, endless repeats.",
         "24800 | 24800 | 21800 | 24800 | 24800"),
    _one(KAMOME, Format.OPEN_GRAPH, "/kits/pocket-koto", "Pocket Koto Kit",
         "Thirteen strings for a coat pocket.",
         "- | 16500 | 14800 | 16500 | 16500 out_of_stock"),
    # Hollow Oak Books: what happens to pages over the years.
    _one(HOLLOW_OAK, Format.JSON_LD, "/books/lighthouse-year-second-edition", "A Lighthouse Year",
         "Twelve months with one window. The second edition has a map.",
         "26.00 | 22.00 | 22.00 | 26.00 | 26.00", moved_from="/books/lighthouse-year"),
    _one(HOLLOW_OAK, Format.MICRODATA, "/books/letters-to-a-kettle", "Letters to a Kettle",
         "Short poems for the time that water takes.",
         "16.00 | 16.00 | 14.00 | 14.00 | 16.00"),
    _one(HOLLOW_OAK, Format.JSON_LD_GRAPH, "/books/a-short-history-of-fog", "A Short History of Fog",
         "It clears up in the last chapter.",
         "24.00 out_of_stock | 24.00 out_of_stock | 24.00 | 24.00 | 24.00"),
    _one(HOLLOW_OAK, Format.JSON_LD, "/books/the-misprint", "The Misprint",
         "A novel about an erratum.",
         "19.00 | 404 | 17.00 | 17.00 | 404"),
    _one(HOLLOW_OAK, Format.JSON_LD, "/books/field-notes", "Field Notes of a Hedge",
         "Written from within.",
         "14.00 | 410 | 410 | 410 | 410"),
    _one(HOLLOW_OAK, Format.JSON_LD, "/books/quiet-hours", "Quiet Hours",
         "Essays to be read slowly.",
         "21.00 | soft 404 | soft 404 | soft 404 | 21.00"),
    _one(HOLLOW_OAK, Format.JSON_LD, "/journal/how-we-bind", "How We Bind",
         "A morning in the workshop: glue, thread and patience.",
         "- | article | article | article | article"),
    _one(HOLLOW_OAK, Format.JSON_LD, "/shelves/poetry", "The Poetry Shelf",
         "Everything in verse that we have just now.",
         "- | listing | listing | listing | listing"),
    _one(HOLLOW_OAK, Format.JSON_LD, "/books/warehouse-copy", "The Warehouse Copy",
         "Somewhere on the lower shelves.",
         "33.00 | metadata | metadata | metadata | metadata"),
    _one(HOLLOW_OAK, Format.JSON_LD, "/books/atlas-of-everything", "Atlas of Everything",
         "A large book.",
         "120.00 | huge | huge | 110.00 | 120.00"),
    _one(HOLLOW_OAK, Format.JSON_LD, "/staff/picks-of-the-month", "The Staff's Own Copy",
         "Not for robots.",
         "- | robots | robots | robots | robots"),
    # Kerbside Sneakers: three walls; behind the third the page comes back.
    _one(KERBSIDE, Format.JSON_LD, "/drops/halo-runner", "Halo Runner",
         "Light, and gone by noon.",
         "140.00 | wall 403 | wall 403 | wall 403 | 125.00"),
    _one(KERBSIDE, Format.JSON_LD, "/drops/orbit-low", "Orbit Low",
         "Rubber, canvas, gravity.",
         "95.00 | wall 503 | wall 503 | 95.00 | 95.00"),
    _one(KERBSIDE, Format.JSON_LD, "/drops/comet-high", "Comet High",
         "Seen every seventy-six years.",
         "160.00 | wall 200 | 149.00 | wall 200 | 160.00"),
    # Snailmail Stationers: slow, and slower than anybody waits.
    _one(SNAILMAIL, Format.JSON_LD, "/paper/letterpress-cards", "Letterpress Cards",
         "Twelve cards, printed one at a time.",
         "28.00 | 24.00 | 24.00 | 28.00 | 28.00", delay_s=2.0),
    _one(SNAILMAIL, Format.JSON_LD, "/paper/walnut-ink", "Walnut Ink",
         "Takes a year to make.",
         "11.00 | never | never | 11.00 | 11.00"),
    # Busy Bee Honey comes last: where ports do not count as hosts, its 429 would hold up whatever follows.
    _one(BUSY_BEE, Format.JSON_LD, "/honey/heather", "Heather Honey",
         "From the moor behind the house.",
         "15.00 | 429 | 13.00 | 15.00 | 429"),
)  # fmt: skip

BY_PATH = {product.path: product for product in PRODUCTS}
MOVED = {product.moved_from: product for product in PRODUCTS if product.moved_from}


def of(store: Store) -> tuple[Product, ...]:
    """The products of one shop, in their order."""
    return tuple(product for product in PRODUCTS if product.store is store)
