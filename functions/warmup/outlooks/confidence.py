"""How sure a forecast is, as a chance that can be checked: of outlooks with 70 %, about 70 % come true."""

from __future__ import annotations

from warmup.figures import chance
from warmup.outlooks.averages import Average

# Of the expected average; where that is next to nothing, of the highest value that the term has had.
_TOLERANCE = 0.1
_LEAST_TOLERANCE = 0.01

RULE = (
    "Confidence is the probability that the actual average lies within 10 % of the expected one "
    "(or within 1 % of the term's highest value, if that is more)."
)


def confidence(average: Average, highest: float) -> float:
    """Return the probability that the actual average comes near the expected one, as RULE says, from 0.01 to 0.99."""
    return chance(average.chance_within(max(_TOLERANCE * average.middle, _LEAST_TOLERANCE * highest)))
