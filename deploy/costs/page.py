"""docs/costs.md and the README's table: what a month costs, by the formula and the figures of this package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.costs import prices, waiting
from deploy.costs.lines import Line, lines, memory_of, standing, total
from deploy.costs.memory import REASONS, SIZES, WAITS, at
from deploy.costs.shops import SHOPS, Shop
from deploy.costs.work import measured, work_of, work_of_door
from deploy.marked import table
from deploy.observability.registry import functions
from deploy.translated import ROOT, Template

FILE: Final = ROOT / "docs" / "costs.md"
TEXT: Final = Path(__file__).with_name("page.md")
README: Final = Path(__file__).with_name("readme.md")
_OF_SHOPS: Final = (
    ("products tracked", "products"), ("shops that they are of", "hosts"),
    ("minutes between two runs of the checks", "check_minutes"),
    ("products checked by a run", "checks_a_run"), ("wishes kept", "wishes"), ("mails a day, of 20 notices", "mails"),
    ("carts a day", "carts"), ("comparisons kept warm", "terms"), ("puppet jobs a day", "puppet_jobs"),
    ("pages of the dashboard a day", "page_views"), ("calls of the API a day", "calls"),
)  # fmt: skip


def page(template: Template) -> str:
    """Return docs/costs.md."""
    found = measured()
    parts = {
        "region": prices.REGION,
        "prices_of": prices.PRICES_OF,
        "measured_on": found["date"],
        "machine": f"{found['machine']['processor']}, Python {found['versions']['runtime']}",
        "totals": summary(template),
        "shops": table(("", *(shop.name for shop in SHOPS)), _shops()),
        "bills": "\n".join(_bill(template, shop) for shop in SHOPS),
        "standing": table(
            ("what stands", "USD a month"), [(what, _usd(usd)) for what, usd in standing(template).items()]
        ),
        "default": _usd(sum(standing(template, everything=False).values())),
        "measured": table(
            ("function", "a start, ms", "a run with nothing to do, ms", "an item, ms", "the item"), _measured()
        ),
        "waiting": table(("waiting for", "ms"), _waiting()),
        "memory": table(("function", *(f"{size} MB" for size in SIZES), "has", "why"), _memory(template)),
        "prices": table(("price", "USD", "for", "page of AWS", "free tier, not counted"), _prices()),
    }
    return TEXT.read_text("utf-8").format(**parts)


def summary(template: Template) -> str:
    """Return the table of the README: the three sizes, what they do and what they pay."""
    head = (
        "shop",
        "product checks a day",
        "mails a day",
        "puppet jobs a day",
        "work",
        "watching and secrets",
        "USD a month",
    )
    return table(head, (_sum(template, shop) for shop in SHOPS))


def readme(template: Template) -> str:
    """Return what the README says."""
    return README.read_text("utf-8").format(
        prices_of=prices.PRICES_OF, region=prices.REGION, measured_on=measured()["date"], totals=summary(template)
    )


def _sum(template: Template, shop: Shop) -> tuple[str, ...]:
    work, stands = sum(line.total for line in lines(template, shop)), sum(standing(template).values())
    checks = shop.checks_a_run * 24 * 60 // shop.check_minutes
    counts = (f"{count:,}" for count in (checks, shop.mails, shop.puppet_jobs))
    return (shop.name, *counts, _usd(work), _usd(stands), f"**{_usd(total(template, shop))}**")


def _shops() -> Iterator[tuple[str, ...]]:
    for words, name in _OF_SHOPS:
        yield words, *(f"{getattr(shop, name):,}" for shop in SHOPS)


def _bill(template: Template, shop: Shop) -> str:
    found = lines(template, shop)
    columns = list(found[0].usd)
    rows = [_row(line, columns) for line in found]
    sums = [_usd(sum(line.usd[column] for line in found)) for column in columns]
    rows.append(("**all work**", "", "", *sums, f"**{_usd(sum(line.total for line in found))}**"))
    head = ("function", "invocations", "hours at work", *columns, "USD a month")
    return f"### {shop.name.capitalize()}\n\n{table(head, rows)}"


def _row(line: Line, columns: Sequence[str]) -> tuple[str, ...]:
    spent = (_usd(line.usd[column]) if line.usd[column] else "" for column in columns)
    return (line.name, f"{line.runs:,.0f}", f"{line.seconds / 3600:,.1f}", *spent, _usd(line.total))


def _measured() -> Iterator[tuple[str, ...]]:
    for name, each in sorted(measured()["functions"].items()):
        yield (
            name,
            f"{each['start_ms']:.0f}",
            f"{each['run_ms']:.1f}",
            f"{each.get('item_ms', '')}",
            each.get("item", ""),
        )


def _waiting() -> Iterator[tuple[str, str]]:
    yield from (
        ("a request to DynamoDB", f"{waiting.LOCK:g}"),
        ("a message to PostgreSQL, with its answer", f"{waiting.MESSAGE:g}"),
        ("a product page, one at a time of each shop", f"{waiting.PAGE:g}"),
        ("a mail, at the rate of 10 a second", f"{waiting.MAIL:g}"),
        ("a worker of puppet jobs, 10 at a time", f"{waiting.WORKER:g}"),
        ("a model's answer, 3 at a time", f"{waiting.MODEL:g}"),
        ("the database, for looking through a million wishes", f"{waiting.MILLION_WISHES:g}"),
        ("the database, for a page of the dashboard", f"{waiting.READS:g}"),
    )


def _memory(template: Template) -> Iterator[tuple[str, ...]]:
    medium, memory = SHOPS[1], memory_of(template)
    every = {
        "Api": work_of_door(medium),
        **{each.id: work_of(each, medium) for each in functions(template) if each.job},
    }
    for name, work in every.items():
        cells = (f"{took_s:.2f} s, {_usd(usd)}" for took_s, usd in (at(work, size) for size in SIZES))
        took_s, usd = at(work, memory[name])
        yield name, *cells, f"**{memory[name]} MB**: {took_s:.2f} s, {_usd(usd)}", REASONS.get(name, WAITS)


def _prices() -> Iterator[tuple[str, ...]]:
    for price in prices.EVERY:
        yield price.unit, f"{price.usd:.10f}".rstrip("0").rstrip("."), f"{price.per:,}", price.page, price.free


def _usd(usd: float) -> str:
    return f"{usd:,.2f}" if usd >= 0.01 or usd == 0 else "< 0.01"
