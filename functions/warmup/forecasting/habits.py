"""What series of each frequency do in general: the few numbers that were learnt from many series, not from one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Habits:
    """How far the past of one series is believed about its own later steps.

    All were chosen on the development series (docs/forecast-accuracy.md), in steps so coarse that their neighbours do
    as well within the noise.

    Attributes:
        drift: the share of the straight line's slope that goes on (Assimakopoulos and Nikolopoulos 2000: a half).
        by_step: how far each step ahead weighs the smoothings for itself (1), or all steps alike (0).
        surprise: by how much errors are larger than those a forecast would have made in the past it was fitted to.
        return_rate: the share of the way back to the mean of the past that each step goes.
        return_limit: the most of that way.
    """

    drift: float
    by_step: float
    surprise: float
    return_rate: float = 0.0
    return_limit: float = 0.0


# A year of days cannot tell a trend from the season of the year, and what news has raised falls back.
_DAILY = Habits(drift=0.0, by_step=0.0, surprise=0.86, return_rate=0.005, return_limit=0.2)
# Half a year of weeks ahead is another matter than the next week, and each week of the year has been seen a few times.
_WEEKLY = Habits(drift=0.5, by_step=1.0, surprise=1.67)
_OTHER = Habits(drift=0.5, by_step=0.5, surprise=1.24)


def habits_of(season_length: int) -> Habits:
    """Return the habits of series with so many steps in a season."""
    return {7: _DAILY, 52: _WEEKLY, 53: _WEEKLY}.get(season_length, _OTHER)
