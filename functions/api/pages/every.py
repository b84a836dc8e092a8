"""The one list of the pages: to add some, add the `routes` of their module here, and their place in `navigation.py`."""

from __future__ import annotations

from collections.abc import Sequence

from api.catalogue import Catalogue
from api.pages import (
    assets,
    audit,
    checks,
    insights,
    job,
    jobs,
    locks,
    notifications,
    queue,
    run,
    signing_in,
    steering,
)
from api.pages.signing_in import SignIn
from api.pages.site import Api, Site
from nightshift.routes import Route


def routes(catalogue: Catalogue, answered: Sequence[Route], sign_in: SignIn) -> tuple[Route, ...]:
    """Return the routes of all pages, over the API's routes that they ask."""
    site = Site(Api(answered), catalogue)
    return (
        *assets.routes(),
        *signing_in.routes(sign_in),
        *jobs.routes(site),
        *job.routes(site),
        *run.routes(site),
        *steering.routes(site),
        *checks.routes(site),
        *notifications.routes(site),
        *queue.routes(site),
        *insights.routes(site),
        *locks.routes(site),
        *audit.routes(site),
    )
