"""Which room of the house may know which: one rule, so that it can be tried on seeded mistakes."""

from __future__ import annotations

from tests.contract.source import Sources, imports, reachable

DOOR = "api"
LIBRARY = "nightshift"
NEVER_SHIPPED = {"local", "tests", "deploy", "benchmarks"}
# Rules, readers and arithmetic: given values, they return values. All below a name counts.
PURE = (
    "nightshift.outbound.retry_after",
    "nightshift.schedule",
    "product_checks.changes",
    "product_checks.extraction",
    "puppet.backoff",
    "puppet.failures",
    "puppet.profiles",
    "puppet.signing",
    "warmup.caching.keys",
    "warmup.charts.chart",
    "warmup.caching.entries",
    "warmup.explaining.contract",
    "warmup.explaining.offline",
    "warmup.explaining.prompt",
    "warmup.outlooks.outlook",
    "warmup.caching.statuses",
)
EFFECTS = {"boto3", "botocore", "httpx", "pg8000"}


def problems(sources: Sources) -> list[str]:
    """Each import that goes against an arrow: api to domains' routes, domains to the library, the library to none."""
    found = []
    for module, source in sources.items():
        for wanted in sorted(imports(module, source, sources)):
            reason = _forbidden(module, wanted, sources)
            if reason:
                found.append(f"{module} imports {wanted}: {reason}")
    return found + _impure(sources)


def _forbidden(module: str, wanted: str, sources: Sources) -> str:
    here, there = _top(module), _top(wanted)
    if there in NEVER_SHIPPED:
        return "it is not there on AWS"
    if there in (here, LIBRARY) or there not in map(_top, sources):
        return ""
    if here == LIBRARY:
        return "the library knows no domain"
    if here == DOOR:
        inside = wanted.split(".")[1:2]
        return "" if inside in ([], ["routes"]) else "the door knows of a domain only its routes.py"
    return "a domain knows no other domain" if there != DOOR else "a domain does not know the door"


def _top(module: str) -> str:
    return module.partition(".")[0]


def _impure(sources: Sources) -> list[str]:
    found = []
    for module in sources:
        if not any(module == pure or module.startswith(f"{pure}.") for pure in PURE):
            continue
        # Without the packages around it: what a package's front page offers others is not its inside's affair.
        for reached in sorted(reachable(module, sources, packages=False)):
            used = {_top(name) for name in imports(reached, sources[reached], sources)} & EFFECTS
            if used:
                found.append(f"{module} is pure, but reaches {', '.join(sorted(used))} through {reached}")
    return found
