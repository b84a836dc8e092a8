"""Pages to read: saved ones of real shops where they are at hand, those of the local market, and made sizes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.products.shops import pages as market_pages
from benchmarks.workers import ROOT
from product_checks.charset import decode

# They belong to others and are not part of this repository.
SAVED: Final = ROOT.parent / "shared" / "product-pages"
_CARD: Final = """
<li class="card" data-position="{n}"><a href="/more/{n}"><img src="/images/{n}.jpg" alt="" loading="lazy"></a>
<p class="name">Another thing, number {n}</p><p><span class="price">EUR {n}.90</span> <button>Buy</button></p></li>"""


def saved(folder: Path = SAVED) -> dict[str, str]:
    """The pages that are listed in `truth.json` of a folder, decoded, by address; none where it is not there."""
    if not (folder / "truth.json").exists():
        return {}
    items = json.loads((folder / "truth.json").read_text("utf-8"))["items"]
    return {item["url"]: decode((folder / item["file"]).read_bytes(), None) for item in items}


def made() -> dict[str, str]:
    """The pages of the local market, by invented addresses."""
    return {f"http://host.invalid{path}": page.decode() for path, page in market_pages().items()}


def sized(kilobytes: int) -> dict[str, str]:
    """One page of about this size: a product, and below it as many others as it takes, as shops have them."""
    address, page = next(iter(made().items()))
    cards: list[str] = []
    missing = kilobytes * 1024 - len(page)
    while missing > 0:
        cards.append(_CARD.format(n=len(cards) + 1))
        missing -= len(cards[-1])
    return {address: page.replace("</main>", f"<ul>{''.join(cards)}</ul></main>")}


def write(pages: Mapping[str, str], folder: Path) -> None:
    """Leave pages in a folder as `reader.py` finds them."""
    names = {f"{number}.html": address for number, address in enumerate(pages)}
    for name, address in names.items():
        (folder / name).write_text(pages[address], "utf-8", errors="replace")
    (folder / "addresses.json").write_text(json.dumps(names), "utf-8")
