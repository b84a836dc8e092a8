"""The invented shops of the market. Each has its own port, so to a polite visitor each is a host of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Store:
    """One shop: its words, its colours, and how it sends its pages."""

    slug: str
    name: str
    tagline: str
    currency: str
    accent: str  # a CSS colour
    language: str = "en"
    charset: str = "utf-8"
    names_charset: bool = True  # in the Content-Type header; else only a meta element does
    robots: str = "User-agent: *\nDisallow: /basket\n"


LUMEN = Store("lumen-and-larch", "Lumen & Larch", "Lamps and plain furniture", "EUR", "#7a5c2e")
PEAKLINE = Store("peakline", "Peakline Outdoor", "For weather that means it", "USD", "#1f5f5b")
TIDEWATER = Store("tidewater", "Tidewater Tea", "Leaves, pots and patience", "GBP", "#4b5d34")
BRASSICA = Store("brassica", "Brassica & Bean", "Seeds for small gardens", "EUR", "#3d6b35")
NORDLICHT = Store(
    "nordlicht",
    "Kontorhaus Nordlicht",
    "Möbel für große und kleine Räume",
    "EUR",
    "#2d4a6b",
    language="de",
    charset="windows-1252",
    names_charset=False,
)
KAMOME = Store("kamome", "Kamome Kits", "Instruments to solder yourself", "JPY", "#8a3b5c")
HOLLOW_OAK = Store(
    "hollow-oak",
    "Hollow Oak Books",
    "Second-hand and first-rate",
    "EUR",
    "#6b3d2d",
    robots="User-agent: *\nDisallow: /staff/\nDisallow: /basket\n",
)
KERBSIDE = Store("kerbside", "Kerbside Sneakers", "Drops on Thursdays", "USD", "#444444")
SNAILMAIL = Store("snailmail", "Snailmail Stationers", "Good things take their time", "EUR", "#5b4a7a")
BUSY_BEE = Store("busy-bee", "Busy Bee Honey", "One jar at a time", "EUR", "#946200")

# The first one is the main shop, whose front page leads to the others.
STORES = (
    LUMEN,
    PEAKLINE,
    TIDEWATER,
    BRASSICA,
    NORDLICHT,
    KAMOME,
    HOLLOW_OAK,
    KERBSIDE,
    SNAILMAIL,
    BUSY_BEE,
)
