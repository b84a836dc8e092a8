"""The bill of a month: each function by its work, and what stands whatever happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.costs import prices
from deploy.costs.shops import Shop
from deploy.costs.work import Work, work_of, work_of_door
from deploy.observability.costs import bill
from deploy.observability.registry import functions
from deploy.rules.reading import of_type
from deploy.translated import Template

# A whole virtual processor; with less memory a function has less of it.
VCPU_MB: Final = 1769
_DEFAULT_MB: Final = 128
_KB_A_GB: Final = 1024**2
# The lines of watching that are not the logs of runs, which are counted with the runs.
_STANDING: Final = slice(0, 4)


@dataclass(frozen=True)
class Line:
    """One function in a month, in US dollars; `seconds` is what its invocations take in all."""

    name: str
    memory_mb: int
    runs: float
    seconds: float
    usd: Mapping[str, float]

    @property
    def total(self) -> float:
        """What it costs in all."""
        return sum(self.usd.values())


def seconds(work: Work, memory_mb: int) -> float:
    """Return how long a month's invocations take: processor time, stretched by the share of one, and waiting."""
    return (work.cpu_ms * max(1.0, VCPU_MB / memory_mb) + work.waiting_ms) / 1000


def computing(work: Work, memory_mb: int, price: prices.Price = prices.ARM) -> float:
    """Return what the time of a month's invocations costs."""
    return price.of(seconds(work, memory_mb) * memory_mb / 1024)


def lines(template: Template, shop: Shop) -> list[Line]:
    """Return the line of each function that works in a shop's month, in the order of the template."""
    memory = memory_of(template)
    worked = {each.id: work_of(each, shop) for each in functions(template) if each.job}
    every = {"Api": work_of_door(shop), **worked}
    names = {each.id: each.name for each in functions(template)}
    return [_line(names[each], memory[each], work) for each, work in every.items()]


def standing(template: Template, *, everything: bool = True) -> dict[str, float]:
    """Return what is paid whatever happens, in US dollars a month; without `everything`, by the default schedules."""
    secrets = len(list(of_type(template, "AWS::SecretsManager::Secret")))
    watching = bill(template, everything=everything)[_STANDING]
    return {**{line.what: line.usd for line in watching if line.usd}, f"{secrets} secrets": prices.SECRET.of(secrets)}


def total(template: Template, shop: Shop) -> float:
    """Return what a shop pays in a month, in US dollars."""
    return sum(line.total for line in lines(template, shop)) + sum(standing(template).values())


def memory_of(template: Template) -> dict[str, int]:
    """Return the memory of each function, in MB, by its id without `Function`."""
    shared: dict[str, Any] = template["Globals"]["Function"]
    return {
        logical_id.removesuffix("Function"): int(each.get("MemorySize", shared.get("MemorySize", _DEFAULT_MB)))
        for logical_id, each in of_type(template, "AWS::Serverless::Function")
    }


def _line(name: str, memory_mb: int, work: Work) -> Line:
    return Line(name, memory_mb, work.runs, seconds(work, memory_mb), {
        "Lambda": computing(work, memory_mb) + prices.INVOCATION.of(work.runs),
        "DynamoDB": prices.WRITE.of(work.writes) + prices.READ.of(work.reads),
        "Scheduler": prices.TICK.of(work.ticks),
        "HTTP API": prices.REQUEST.of(work.requests) + prices.TRANSFER.of(work.sent_kb / _KB_A_GB),
        "logs": prices.LOGS.of(work.logs_kb / _KB_A_GB),
        "mail": prices.MAIL.of(work.mails),
        "model": prices.INPUT.of(work.asked) + prices.OUTPUT.of(work.said),
    })  # fmt: skip
