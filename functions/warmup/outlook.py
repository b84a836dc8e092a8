"""The outlook of a comparison: what is cached of its forecasts, and answered to readers as it is."""

from __future__ import annotations

from typing import Any

from nightshift.errors import NightshiftError
from warmup.comparison import Comparison
from warmup.confidence import RULE
from warmup.forecasting import ENGINE_VERSION
from warmup.leadership import leader
from warmup.term_outlook import term_outlook


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
