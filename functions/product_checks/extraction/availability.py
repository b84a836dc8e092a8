"""Reads stock words: schema.org's in every casing and form, feeds' words, and what shops write in their place."""

from __future__ import annotations

import re

from product_checks.extraction.model import Availability
from product_checks.extraction.words import words

_A = Availability
# Keys have no spaces, dashes, underscores or case. Sources: schema.org/ItemAvailability; Google's, Meta's and
# Pinterest's product feeds; then the plain words of common shop languages.
_WORDS: dict[str, Availability] = {
    **dict.fromkeys(
        words(
            "instock onlineonly available availableforsale availablefororder instockonline readytoship availablenow yes"
            " lagernd auflager sofortlieferbar vorrätig verfügbar enstock disponible disponibile oplager opvoorraad"
            " ilager pålager skladem dostępny emestoque disponível вналичии stoktavar 在庫あり 有货 varastossa"
        ),
        _A.IN_STOCK,
    ),
    **dict.fromkeys(
        words(
            "outofstock soldout oos reserved unavailable notavailable notinstock currentlyunavailable nostock outstock"
            " currentlyoutofstock temporarilyoutofstock temporarilyunavailable markassold sold ausverkauft"
            " nichtlieferbar nichtauflager nichtverfügbar nichtvorrätig"
            " épuisé rupturedestock enrupturedestock indisponible agotado"
            " esaurito nondisponibile nodisponible uitverkocht nietopvoorraad slutsåld udsolgt utsolgt esgotado"
            " indisponível нетвналичии 在庫切れ 売り切れ 品切れ 缺货 vyprodáno niedostępny tükendi"
        ),
        _A.OUT_OF_STOCK,
    ),
    **dict.fromkeys(words("preorder presale availableforpreorder comingsoon vorbestellbar précommande"), _A.PREORDER),
    **dict.fromkeys(words("backorder backordered onbackorder availableonbackorder"), _A.BACKORDER),
    **dict.fromkeys(words("discontinued endoflife nolongeravailable"), _A.DISCONTINUED),
    **dict.fromkeys(words("madetoorder builttoorder madetomeasure"), _A.MADE_TO_ORDER),
    **dict.fromkeys(words("instoreonly instore storeonly availableinstore instorepickuponly"), _A.IN_STORE_ONLY),
    **dict.fromkeys(words("limitedavailability limited limitedstock lowstock lowinstock"), _A.LIMITED),
}
_STARTS = (
    ("out of stock", _A.OUT_OF_STOCK),
    ("sold out", _A.OUT_OF_STOCK),
    ("currently unavailable", _A.OUT_OF_STOCK),
    ("in stock", _A.IN_STOCK),
    ("available on backorder", _A.BACKORDER),
)
_CONTRADICTION = re.compile(r"\b(?:not|no|un|soon|only|but|again|store)\b")
_FILLER = re.compile(r"[\s_\-.,!:;'\"]+")
_BUYABLE = (_A.IN_STOCK, _A.LIMITED, _A.BACKORDER, _A.PREORDER, _A.MADE_TO_ORDER, _A.IN_STORE_ONLY)
_ORDER = (*_BUYABLE, _A.OUT_OF_STOCK, _A.DISCONTINUED)
_MAX_WORDS = 100


def read_availability(value: object) -> Availability:
    """The stock that a stated value means; unknown when it says nothing clear or contradicts itself."""
    if isinstance(value, str):
        return _of_text(value)
    if value is True:
        return Availability.IN_STOCK
    if isinstance(value, dict):
        keys = ("@id", "@value", "name", "url", "@type")
        return next((a for k in keys if (a := read_availability(value.get(k))) is not _A.UNKNOWN), _A.UNKNOWN)
    if isinstance(value, list):
        return _agreed([read_availability(item) for item in value[:20]])
    return Availability.UNKNOWN


def best_of(stated: list[Availability]) -> Availability:
    """The stock of a product whose variants have these: buyable as soon as one is, unknown while any might be."""
    found = set(stated)
    for choice in _BUYABLE:
        if choice in found:
            return choice
    if not found or _A.UNKNOWN in found:
        return _A.UNKNOWN
    return _A.OUT_OF_STOCK if _A.OUT_OF_STOCK in found else _A.DISCONTINUED


def _agreed(stated: list[Availability]) -> Availability:
    found = {a for a in stated if a is not _A.UNKNOWN}
    if len(found) == 1:
        return found.pop()
    if found and found <= set(_BUYABLE):
        return next(a for a in reversed(_ORDER) if a in found)
    return _A.UNKNOWN


def _of_text(raw: str) -> Availability:
    text = raw.strip().casefold()[:300]
    if "://" in text or text.startswith(("schema:", "//")):
        text = text.partition("?")[0].rstrip("/#").replace("#", "/").replace(":", "/").rpartition("/")[2]
    key = _FILLER.sub("", text)
    if key in _WORDS:
        return _WORDS[key]
    if "/" in text:
        return _WORDS.get(_FILLER.sub("", text.rstrip("/").rpartition("/")[2]), _A.UNKNOWN)
    return _of_phrase(" ".join(text.split()))


def _of_phrase(text: str) -> Availability:
    """A sentence that opens with a stock word and does not take it back ("In stock, ships today")."""
    for start, availability in _STARTS:
        if text.startswith(start) and len(text) < _MAX_WORDS:
            rest = text[len(start) :]
            return _A.UNKNOWN if rest[:1].isalpha() or _CONTRADICTION.search(rest) else availability
    return _A.UNKNOWN
