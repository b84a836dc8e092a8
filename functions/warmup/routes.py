"""What the warmups bring to the door: their jobs, how they are started, and what a reader is given."""

from __future__ import annotations

from nightshift.routes import Guard, Json, Request, Route, Trigger
from warmup import schemas
from warmup.warm_explanations import WARM_EXPLANATIONS
from warmup.warm_forecasts import WARM_FORECASTS
from warmup.warm_on_demand import SLUG, WARM_ON_DEMAND


def premium(request: Request) -> Json:
    """Answer what is cached of a comparison."""
    from warmup.premium import premium as answer

    return answer(request)


_ONE = "Make forecasts and explanations of one comparison; who comes while that runs gets the same run"

JOBS = (WARM_FORECASTS, WARM_EXPLANATIONS, WARM_ON_DEMAND)
ROUTES = (
    Route(
        "GET",
        "/api/comparison/premium",
        Guard.WARMUP,
        premium,
        "Forecasts and explanations of a comparison, as far as they are cached; missing ones are asked for",
        query=(SLUG,),
        required=(SLUG.name,),
        schema=schemas.PREMIUM,
        invalid_status=400,
        problems=("not-found",),
    ),
)
TRIGGERS = (
    Trigger("/api/comparison/warmup", WARM_ON_DEMAND, Guard.WARMUP, _ONE, joins=True, invalid_status=400),
    Trigger(f"/api/jobs/{WARM_ON_DEMAND.name}", WARM_ON_DEMAND, Guard.WARMUP, _ONE, joins=True, invalid_status=400),
    *(
        Trigger(f"/api/jobs/{job.name}", job, Guard.WARMUP, job.description, invalid_status=400)
        for job in (WARM_FORECASTS, WARM_EXPLANATIONS)
    ),
)
