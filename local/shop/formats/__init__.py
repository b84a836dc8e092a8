"""How pages tell machines what they sell: a function for each format, from a view to (head, body) of its page."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from local.shop.formats import embedded, json_ld, marked_up
from local.shop.products import Format
from local.shop.view import View

Render = Callable[[View, Iterable[View]], tuple[str, str]]

RENDER: dict[Format, Render] = {
    Format.JSON_LD: json_ld.plain,
    Format.JSON_LD_GRAPH: json_ld.graph,
    Format.JSON_LD_BROKEN: json_ld.broken,
    Format.JSON_LD_GROUP: json_ld.group,
    Format.MICRODATA: marked_up.microdata,
    Format.RDFA: marked_up.rdfa,
    Format.SHOPIFY: embedded.shopify,
    Format.WOOCOMMERCE: embedded.woocommerce,
    Format.OPEN_GRAPH: embedded.open_graph,
    Format.NEXT_DATA: embedded.next_data,
}
