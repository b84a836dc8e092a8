"""Writes the API's description to the file that is shipped, so that no function builds it while somebody waits.

`make describe` calls this, and `make build` and `make run` begin with it.
"""

from __future__ import annotations

import json
from pathlib import Path

from api.catalogue import Catalogue
from api.domains import DOMAINS
from api.door import all_routes
from api.openapi import PATH, SHIPPED
from nightshift.platform import Platform, PlatformSettings
from nightshift.routes import Request, Response, Route

# Every job, as if it were deployed.
JOBS = json.dumps({job.name: {"function": "any"} for domain in DOMAINS for job in domain.JOBS})


def routes(*, shipped: bool = False) -> tuple[Route, ...]:
    """Every route of the door; which function does a job's work makes no difference to it."""
    jobs = [job for domain in DOMAINS for job in domain.JOBS]
    return all_routes(Catalogue.read(jobs, JOBS), DOMAINS, shipped=shipped)


def document() -> str:
    """What the code says, whatever an earlier build has written."""
    own = next(route for route in routes() if route.path == PATH)
    answered = own.answer(Request(Platform(PlatformSettings("", "", "", "", "", "")), "anyone"))
    assert isinstance(answered, Response)  # noqa: S101  # as that route answers
    return str(answered.body)


def write(target: Path = SHIPPED) -> int:
    """Writes the file, in one step for whoever reads it meanwhile; returns its size in bytes."""
    content = document().encode()
    unfinished = target.with_suffix(".unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(target)
    return len(content)


if __name__ == "__main__":
    print(f"{SHIPPED.name}: {write() / 1024:,.0f} KiB")
