"""Which of two terms is expected to be searched for more over the next 30 days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warmup.figures import chance
from warmup.outlooks.ahead import Ahead

DAYS = 30
# Closer than this to even nobody leads.
_LEAST_CHANCE = 0.55

RULE = (
    f"The term whose average over the {DAYS} days after the last date of both is more likely to be the higher one, "
    f"if that is at least {_LEAST_CHANCE:.0%} likely; the errors of both forecasts are taken as independent."
)


def leader(terms: Sequence[str], aheads: Sequence[Ahead | None]) -> dict[str, Any]:
    """Name the term that is expected to lead, with its probability; null where that is even or cannot be said."""
    first, second = aheads
    if first is None or second is None:
        return _nobody("A leader needs forecasts of both terms.")
    start = max(first.start, second.start)
    averages = first.average(start, DAYS), second.average(start, DAYS)
    if averages[0] is None or averages[1] is None:
        return _nobody("The series of the two terms end too far apart to be compared.")
    above = averages[0].chance_above(averages[1])
    index = 0 if above >= 0.5 else 1
    likelier = chance(max(above, 1 - above))
    if likelier < _LEAST_CHANCE:
        return _nobody(RULE, likelier)
    return {"term": terms[index], "index": index, "probability": likelier, "horizonDays": DAYS, "rule": RULE}


def _nobody(reason: str, probability: float | None = None) -> dict[str, Any]:
    return {"term": None, "index": None, "probability": probability, "horizonDays": DAYS, "rule": reason}
