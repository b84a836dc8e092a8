"""What a visitor gets where a page cannot be had: the answers that product checks must name, not misread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from local.shop.layout import cards, frame
from local.shop.products import Product
from local.shop.stores import Store
from local.shop.timeline import Trouble
from local.shop.view import View, script

# Longer than anybody waits for a page, shorter than for ever.
NEVER_S = 120.0
RETRY_AFTER_S = 120
_HUGE_BYTES = 6_000_000
_METADATA = "http://169.254.169.254/latest/meta-data/"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer; it is sent in the charset of its shop."""

    body: str = ""
    status: int = 200
    content_type: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


@dataclass(frozen=True)
class Visit:
    """Who came to see what, and when."""

    product: Product
    others: Sequence[View]  # what the shop has to show that day
    day: int

    def page(self, title: str, content: str, head: str = "") -> str:
        """A page of the visited shop."""
        return frame(self.product.store, title, content, head=head, day=self.day)


def meet(trouble: Trouble, visit: Visit) -> Answer | None:
    """The answer to a visitor in trouble; None where the page itself is shown, to whoever ignores robots.txt."""
    answer = _ANSWERS.get(trouble)
    return answer(visit) if answer else None


def missing(store: Store, day: int, status: int = 404) -> Answer:
    """The shop's page for what is not there; with status 200 the kind that only people recognise."""
    content = (
        "<h1>Page not found</h1>\n<p>Sorry, the page you are looking for does not exist or has been removed.</p>"
        '\n<p><a href="/">Back to all products</a></p>'
    )
    return Answer(frame(store, "Page not found", content, day=day), status)


def _missing(status: int) -> Callable[[Visit], Answer]:
    return lambda visit: missing(visit.product.store, visit.day, status)


def _wall(status: int) -> Callable[[Visit], Answer]:
    return lambda visit: Answer(_challenge(visit.product.store), status)


def _challenge(store: Store) -> str:
    """A challenge of no vendor in particular; it never opens."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="{store.charset}"><title>Just a moment...</title>'
        '<meta name="robots" content="noindex"></head>\n<body>\n<h1>Verify you are human</h1>\n'
        f"<p>{escape(store.name)} checks that you are not a robot. Please enable JavaScript and cookies to "
        'continue.</p>\n<form id="challenge-form" action="/captcha"><div class="captcha"></div></form>\n'
        "</body></html>\n"
    )


def _rate_limited(visit: Visit) -> Answer:
    content = "<h1>One at a time, please</h1><p>Too many requests. The bees need a break.</p>"
    return Answer(visit.page("Too many requests", content), 429, headers={"Retry-After": str(RETRY_AFTER_S)})


def _never(_: Visit) -> Answer:
    return Answer(status=503, delay_s=NEVER_S)


def _elsewhere(_: Visit) -> Answer:
    return Answer(status=302, headers={"Location": _METADATA})


def _huge(visit: Visit) -> Answer:
    line = "<!-- here be dragons, and then more sea -->\n"
    content = f"<h1>{escape(visit.product.name)}</h1>\n{line * (_HUGE_BYTES // len(line))}"
    return Answer(visit.page(visit.product.name, content))


def _article(visit: Visit) -> Answer:
    product = visit.product
    data = {
        "@context": "https://schema.org",
        "@type": "BlogPosting",
        "headline": product.name,
        "author": {"@type": "Person", "name": "Odile Kastner"},
        "datePublished": "2026-03-14",
    }
    content = (
        f"<article><h1>{escape(product.name)}</h1><p>{escape(product.text)}</p>\n<p>A sheet of marbled paper "
        "costs us 4.80 €, and a good one is worth three afternoons. We fold, press, sew and wait; most of a "
        "book is waiting.</p></article>"
    )
    head = '<meta property="og:type" content="article">\n' + script(data)
    return Answer(visit.page(product.name, content, head))


def _listing(visit: Visit) -> Answer:
    items = [
        {"@type": "ListItem", "position": position, "item": _listed(view)}
        for position, view in enumerate(visit.others, start=1)
    ]
    head = script({"@context": "https://schema.org", "@type": "ItemList", "itemListElement": items})
    product = visit.product
    content = f"<h1>{escape(product.name)}</h1><p>{escape(product.text)}</p>\n{cards(visit.others)}"
    return Answer(visit.page(product.name, content, head))


def _listed(view: View) -> dict[str, object]:
    offer = {
        "@type": "Offer",
        "price": str(view.shown.headline.price),
        "priceCurrency": view.product.store.currency,
    }
    return {"@type": "Product", "name": view.product.name, "url": view.url, "offers": offer}


_ANSWERS: dict[Trouble, Callable[[Visit], Answer]] = {
    Trouble.NOT_FOUND: _missing(404),
    Trouble.GONE: _missing(410),
    Trouble.SOFT_404: _missing(200),
    Trouble.WALL_403: _wall(403),
    Trouble.WALL_503: _wall(503),
    Trouble.WALL_200: _wall(200),
    Trouble.RATE_LIMITED: _rate_limited,
    Trouble.NEVER: _never,
    Trouble.HUGE: _huge,
    Trouble.FORBIDDEN: _elsewhere,
    Trouble.ARTICLE: _article,
    Trouble.LISTING: _listing,
}
