"""Which page answers which path: pure functions of shop, path and day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import islice

from local.shop import catalogue
from local.shop.formats import RENDER
from local.shop.layout import cards, frame, picture
from local.shop.products import Product, Shown
from local.shop.stores import STORES, Store
from local.shop.trouble import Answer, Visit, meet, missing
from local.shop.view import View

_OTHERS = 3


@dataclass(frozen=True)
class Market:
    """The market on one day: where each shop is, by its slug."""

    day: int
    addresses: Mapping[str, str]

    def answer(self, store: Store, path: str, etag: str | None = None) -> Answer:
        """What a shop answers to a GET of `path` from a visitor who has the version `etag`."""
        if path in catalogue.MOVED:
            return Answer(status=301, headers={"Location": catalogue.MOVED[path].path})
        product = catalogue.BY_PATH.get(path)
        if product is not None and product.store is store:
            return self._product_page(product, etag)
        if path == "/":
            return Answer(self._front_page(store))
        if path == "/robots.txt":
            return Answer(store.robots, content_type="text/plain")
        if path.startswith("/images/"):
            return self._image(store, path)
        return missing(store, self.day)

    def _product_page(self, product: Product, etag: str | None) -> Answer:
        trouble = product.trouble(self.day)
        answer = meet(trouble, Visit(product, self._views(product.store), self.day)) if trouble else None
        if answer is not None:
            return answer
        shown = product.shown(self.day)
        if shown is None:
            return Answer(self._in_the_window(product))
        headers = {"ETag": _version(product, shown)} if product.etag else {}
        if etag is not None and etag == headers.get("ETag"):
            return Answer(status=304, headers=headers)
        return Answer(self._page(self._view(product, shown)), headers=headers, delay_s=product.delay_s)

    def _page(self, view: View) -> str:
        store = view.product.store
        others = islice((other for other in self._views(store) if other.product is not view.product), _OTHERS)
        head, body = RENDER[view.product.format](view, others)
        return self._frame(store, view.product.name, body, head)

    def _in_the_window(self, product: Product) -> str:
        content = f"<h1>{escape(product.name)}</h1><p>{escape(product.text)}</p><p>Ask at the counter.</p>"
        return self._frame(product.store, product.name, content)

    def _front_page(self, store: Store) -> str:
        content = f"<h1>{escape(store.tagline)}</h1>\n{cards(self._views(store))}"
        hidden = [product for product in catalogue.of(store) if product.shown(self.day) is None]
        if hidden:
            links = "".join(f'<li><a href="{item.tracked_path}">{escape(item.name)}</a></li>' for item in hidden)
            content += f"\n<h2>Elsewhere in the shop</h2>\n<ul>{links}</ul>"
        if store is STORES[0]:
            content += self._market_square()
        return self._frame(store, store.tagline, content)

    def _market_square(self) -> str:
        links = "".join(
            f'<li><a href="{self.addresses[store.slug]}/">{escape(store.name)}</a>: {escape(store.tagline)}</li>'
            for store in STORES
        )
        button = '<form method="post" action="/__shop__/next-day"><button>Begin the next day</button></form>'
        return f"\n<h2>The market, day {self.day}</h2>\n<ul>{links}</ul>\n{button}"

    def _frame(self, store: Store, title: str, content: str, head: str = "") -> str:
        market = f"{self.addresses[STORES[0].slug]}/"
        return frame(store, title, content, head=head, market=market, day=self.day)

    def _view(self, product: Product, shown: Shown) -> View:
        return View(product, shown, self.addresses[product.store.slug])

    def _views(self, store: Store) -> list[View]:
        """What the shop has to show that day."""
        shown = ((product, product.shown(self.day)) for product in catalogue.of(store))
        return [self._view(product, offers) for product, offers in shown if offers]

    def _image(self, store: Store, path: str) -> Answer:
        slug = path.removeprefix("/images/").removesuffix(".svg")
        for product in catalogue.of(store):
            if product.slug == slug:
                return Answer(picture(product), content_type="image/svg+xml")
        return missing(store, self.day)


def _version(product: Product, shown: Shown) -> str:
    """Changes with what is offered, and with nothing else: neither with the day nor with the port."""
    return f'"{hashlib.sha256(f"{product.path} {shown}".encode()).hexdigest()[:16]}"'
