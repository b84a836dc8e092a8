"""The way of a page through the extraction: read every source, choose the product, merge, or say why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from product_checks.extraction.jsonld import read_blocks
from product_checks.extraction.main_product import Choice, choose, claims_page, is_numbered, is_stranger, same_name
from product_checks.extraction.merge import Told, merged, shop_data
from product_checks.extraction.microdata import read_items
from product_checks.extraction.model import Extraction, Failure
from product_checks.extraction.nodes import Node, name_of, nodes, types
from product_checks.extraction.opengraph import MetaProduct, read_meta
from product_checks.extraction.page import Page, UnreadablePageError
from product_checks.extraction.schema_org import ARTICLE_TYPES, LISTING_TYPES, Graph, Part, sort_graph
from product_checks.extraction.shop_data import ShopData
from product_checks.extraction.variants import only_member, read_offered

# og:type where a page says nothing of its kind.
_OPEN_KINDS = frozenset({"", "website", "og:website"})


def extract(page: str, url: str) -> Extraction:
    """Read the product of a page that is already decoded; `url` is the page's final address.

    Never raises for what a page contains: a page that gives no product gives a failure with its reason.
    """
    try:
        return _extract(Page(page, url))
    except UnreadablePageError as error:
        return Extraction.failed(Failure.UNREADABLE, str(error))
    except (RecursionError, MemoryError):
        return Extraction.failed(Failure.UNREADABLE, "The page's data is nested too deeply to be read.")


@dataclass(slots=True)
class _Reading:
    """Everything that was read before the decision."""

    page: Page
    meta: MetaProduct
    told: list[Told]
    data: ShopData | None
    choices: list[Choice]
    graphs: list[Graph]
    broken_products: int

    @property
    def main(self) -> Told | None:
        """What the best source tells about the main product."""
        return self.told[0] if self.told else None


def _extract(page: Page) -> Extraction:
    reading = _read(page)
    failure = _failure(reading)
    if failure is not None:
        return failure
    return merged(page, reading.told, reading.meta, reading.data)


def _read(page: Page) -> _Reading:
    blocks = read_blocks(page)
    graphs = [sort_graph("JSON-LD", blocks.values), sort_graph("microdata", list(read_items(page)))]
    if page.rdfa_roots:
        from product_checks.extraction.rdfa import read_resources  # few pages have any

        graphs.append(sort_graph("RDFa", list(read_resources(page))))
    graphs = [g for g in graphs if g.kinds or g.candidates or g.stray_offers]
    choices = [choose(graph, page) for graph in graphs]
    told = [_told(graph, choice, page) for graph, choice in zip(graphs, choices, strict=True)]
    meta = read_meta(page)
    kept = _agreeing([t for t in told if t is not None], page, meta)
    data = _shop_data(page, kept, meta)
    return _Reading(page, meta, kept, data, choices, graphs, blocks.broken_products)


def _shop_data(page: Page, told: list[Told], meta: MetaProduct) -> ShopData | None:
    stated = [*(t.offered.quote.price for t in told), meta.quote.price]
    price = next((p for p in stated if p is not None), None)
    title = next((n for t in told if (n := name_of(t.node.get("name")))), meta.title)
    data = shop_data(page, price, title, needs_price=price is None)
    if data is None or told or not data.title or not page.is_titled:
        return data
    # On a front page or in a blog the shop's scripts hold a product that is only advertised there.
    return None if is_stranger({"name": data.title}, page) else data


def _told(graph: Graph, choice: Choice, page: Page) -> Told | None:
    if choice.candidate is None:
        return None
    node = only_member(choice.candidate.node, graph)
    offered = read_offered(node, graph, page)
    if not offered.has_offers and graph.stray_offers and len(graph.candidates) == 1:
        stray = {**node, "offers": graph.stray_offers}
        offered = read_offered(stray, graph, page)
    return Told(graph.source, node, offered)


def _agreeing(told: list[Told], page: Page, meta: MetaProduct) -> list[Told]:
    """The tellings that are of the page's product: those tied to the page before others, those with offers first."""
    strangers = [t for t in told if is_stranger(t.node, page) and t.offered.quote.price != meta.quote.price]
    if len(strangers) < len(told):
        told = [t for t in told if t not in strangers]  # beside the page's own product they are others
    elif meta.calls_itself_product and meta.title:
        # The page names its product in its meta tags; microdata of another name is a neighbour's.
        told = [t for t in told if meta.quote.price is None and t.source == "JSON-LD"]
    told.sort(key=lambda t: not t.offered.has_offers)
    first = told[:1]
    for other in told[1:]:
        names = (name_of(first[0].node.get("name")), name_of(other.node.get("name")))
        if same_name(*names) or (claims_page(first[0].node, page) and claims_page(other.node, page)) or None in names:
            first.append(other)
    return first


def _failure(reading: _Reading) -> Extraction | None:
    """Why the page has no product to report, if it has none."""
    main, meta = reading.main, reading.meta
    if main is not None and main.offered.quote.price is not None:
        return _other_subject(reading, main) or _gone_or_list(reading, main)
    priced = meta.quote.price is not None or (reading.data is not None and reading.data.price is not None)
    goods = main is not None and (main.offered.has_offers or _is_goods(main.node, meta))
    wall = None if priced else _wall(reading.page, may_be_gone=not goods)
    other = wall or _other_subject(reading, main)
    if other is not None or goods or (priced and meta.calls_itself_product):
        return other
    several = max((c.among for c in reading.choices if c.candidate is None), default=0)
    if several > 1:
        sentence = f"The page marks up {several} products and none of them as its own."
        return Extraction.failed(Failure.SEVERAL_PRODUCTS, sentence)
    if priced and meta.kind in _OPEN_KINDS and main is None and not _is_listing(reading):
        return None
    return _no_product(reading)


def _gone_or_list(reading: _Reading, main: Told) -> Extraction | None:
    """A missing page that recommends something, or a list that is priced as if it were one product."""
    page = reading.page
    if is_stranger(main.node, page):
        from product_checks.extraction.walls import why_gone

        gone = why_gone(page)
        if gone is not None:
            return Extraction.failed(*gone)
        if page.is_titled and reading.broken_products:
            return _no_product(reading)  # the page's own product is the one that cannot be read
        if reading.meta.calls_itself_article or reading.meta.kind == "product.group":
            return Extraction.failed(Failure.NOT_A_PRODUCT, "The page is an article or a list that shows a product.")
        return None
    kinds = {kind for graph in reading.graphs for kind in graph.kinds}
    is_list = kinds & {"collectionpage", "searchresultspage"} or reading.meta.kind == "product.group"
    if is_list and not is_numbered(main.node) and any("lowPrice" in offer for offer in nodes(main.node, "offers")):
        return Extraction.failed(Failure.NOT_A_PRODUCT, "The page is a list of products with a range of prices.")
    return None


def _wall(page: Page, *, may_be_gone: bool) -> Extraction | None:
    # Loaded here: most pages need none of its patterns, and they cost a tenth of the package's import.
    from product_checks.extraction.walls import why_blocked, why_gone

    found = why_blocked(page) or (why_gone(page) if may_be_gone else None)
    return Extraction.failed(*found) if found else None


def _no_product(reading: _Reading) -> Extraction:
    if reading.broken_products:
        sentence = "The page's product data (JSON-LD) is broken and nothing else states a product."
        return Extraction.failed(Failure.UNREADABLE, sentence)
    if reading.main is not None:
        sentence = "The page marks up a product but states neither price, stock nor item number."
        return Extraction.failed(Failure.NOT_A_PRODUCT, sentence)
    from product_checks.extraction.walls import why_empty

    empty = None if reading.graphs else why_empty(reading.page)
    if empty is not None:
        return Extraction.failed(*empty)
    if reading.meta.calls_itself_product:
        return Extraction.failed(
            Failure.NOT_A_PRODUCT, "The page calls itself a product but states neither price nor stock."
        )
    return Extraction.failed(Failure.NOT_A_PRODUCT, "The page marks up no product.")


def _other_subject(reading: _Reading, main: Told | None) -> Extraction | None:
    """An article, a recipe or a review is about its own text, even where it mentions a product with a price."""
    page, meta = reading.page, reading.meta
    subjects = [s for g in reading.graphs for s in g.subjects if set(types(s)) & ARTICLE_TYPES]
    if main is not None and main.offered.quote.price is not None:
        headline = next((s for s in subjects if _heads_page(s, page)), None)
        if headline is None and not (meta.calls_itself_article and _reviewed_here(main.node, page)):
            return None
        if not claims_page(main.node, page) or _reviewed_here(main.node, page):
            return Extraction.failed(Failure.NOT_A_PRODUCT, "The page is an article or a recipe, not a product.")
        return None
    if subjects and (main is None or not main.offered.has_offers):
        kind = next(iter(types(subjects[0])), "article")
        return Extraction.failed(Failure.NOT_A_PRODUCT, f"The page is about something else than a product ({kind}).")
    if meta.calls_itself_article and not (main is not None and main.offered.has_offers):
        return Extraction.failed(Failure.NOT_A_PRODUCT, "The page calls itself an article.")
    return None


def _heads_page(subject: Node, page: Page) -> bool:
    stated = name_of(subject.get("headline")) or name_of(subject.get("name"))
    titles = [*page.headings, page.meta.get("og:title"), page.title]
    return any(same_name(stated, title) for title in titles) or (stated is None and not page.headings)


def _reviewed_here(node: Node, page: Page) -> bool:
    """Whether the page's own heading is that of a review of the product."""
    return any(review.get("publisher") and _heads_page(review, page) for review in nodes(node, "review")[:5])


def _is_goods(node: Node, meta: MetaProduct) -> bool:
    """A product without offers is still one where it has an item number or the page calls itself a product."""
    return bool(name_of(node.get("name"))) and (is_numbered(node) or meta.calls_itself_product)


def _is_listing(reading: _Reading) -> bool:
    kinds = {kind for graph in reading.graphs for kind in graph.kinds}
    listed = sum(c.part is Part.LISTED for graph in reading.graphs for c in graph.candidates)
    return bool(kinds & LISTING_TYPES) or listed > 1 or "/search" in reading.page.url
