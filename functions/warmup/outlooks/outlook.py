"""The outlook of a comparison: what is cached of its forecasts, and answered to readers as it is."""

from __future__ import annotations

from typing import Any

from nightshift.errors import NightshiftError
from warmup.comparison import Comparison
from warmup.forecasting import ENGINE_VERSION
from warmup.outlooks.confidence import RULE
from warmup.outlooks.leadership import leader
from warmup.outlooks.term import term_outlook

# Raised with every change of what is said of the same forecasts, so that what was cached before is made again.
OUTLOOK_VERSION = "1"


class NothingToForecast(NightshiftError):
    """Neither term of the comparison can be forecast."""


def comparison_outlook(comparison: Comparison) -> dict[str, Any]:
    """Forecast both terms and say what it means, as JSON-ready values.

    A term that cannot be forecast has an empty `forecast`, a warning and a `reason`; the other does not suffer.

    Returns:
        `terms`, for each `term`, `step`, `lastDate`, `lastValue`, `dataPoints`, `defects`, `warnings`, `reason`,
        `direction`, `directionRule`, `change`, `outlooks` by days, `confidence` (that of 30 days) and `forecast`;
        `leader`; `confidenceRule`; `engineVersion`; `dataHash`.

    Raises:
        NothingToForecast: neither term can be forecast; the message says why for each.
    """
    (first, ahead), (second, other_ahead) = (
        term_outlook(term, comparison.points, position) for position, term in enumerate(comparison.terms)
    )
    if ahead is None and other_ahead is None:
        raise NothingToForecast(
            f"neither term can be forecast. The first: {first['reason']}. The second: {second['reason']}."
        )
    return {
        "terms": [first, second],
        "leader": leader(comparison.terms, (ahead, other_ahead)),
        "confidenceRule": RULE,
        "engineVersion": ENGINE_VERSION,
        "dataHash": comparison.data_hash,
    }
