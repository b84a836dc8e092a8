"""`/`: every job in a row."""

from __future__ import annotations

from api.pages import frame
from api.pages.marks import state
from api.pages.moments import moment
from api.pages.site import Site
from api.pages.tables import Column, Table
from nightshift.routes import Guard, Request, Response, Route


def routes(site: Site) -> tuple[Route, ...]:
    """Return the routes of the jobs' pages."""

    def every(request: Request) -> Response:
        found = site.api.get(request, "/api/jobs")["jobs"]
        columns = (
            Column("Job", "name", lambda job: job["name"]),
            Column("State", "state", lambda job: job["state"], lambda job: state(job["state"])),
            Column("Next run", "nextRun", lambda job: job["nextRun"], lambda job: moment(job["nextRun"], job["zone"])),
        )
        return frame.page(request, "jobs.html", "/", title="Jobs", table=Table("Every job", columns, found))

    return (Route("GET", "/", Guard.READ, every, "Every job", media_type=frame.MEDIA_TYPE),)
