"""One JSON line at the start of a run, one at its end, and its metrics in CloudWatch's embedded format."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICE = "nightshift"


@cache
def logger(job: str) -> Logger:
    """Return the logger of one job: its lines carry `service: <job>-job`."""
    return Logger(service=f"{job}-job", location=None, utc=True)


def emit(job: str, metrics: Mapping[str, tuple[str, float]]) -> None:
    """Print metrics as one line in the embedded metric format, with the dimensions `service` and `job`.

    `metrics` maps a name to its CloudWatch unit and value.
    """
    from aws_lambda_powertools.metrics import EphemeralMetrics

    batch = EphemeralMetrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Nightshift"), service=SERVICE)
    batch.add_dimension("job", job)
    for name, (unit, value) in metrics.items():
        batch.add_metric(name, unit, value)
    batch.flush_metrics()
