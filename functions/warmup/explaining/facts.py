"""What two series show, as numbers: the ground that texts stand on, offline and when a model is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Final, Literal

from warmup.comparison import Comparison
from warmup.explaining.errors import NothingToExplain
from warmup.explaining.peaks import Peak, most_prominent
from warmup.explaining.seasons import Season, find_season
from warmup.explaining.terms import clean_terms
from warmup.series import Series, UnusableSeries, read_series
from warmup.steps import Step

# How many periods are compared with as many before: the longest that fits into the series twice.
_SPANS: Final = {Step.DAILY: (28, 7), Step.WEEKLY: (52, 13), Step.MONTHLY: (12, 3)}
_NEIGHBOURS: Final = {Step.DAILY: timedelta(1), Step.WEEKLY: timedelta(7), Step.MONTHLY: timedelta(31)}


@dataclass(frozen=True)
class PeakFacts:
    """A peak of one term.

    Attributes:
        before, after: the values one period earlier and later; at an end of the series, its own.
        end: `begins` or `ends` where the series does so at this peak.
        is_highest: nothing in the series is higher.
        in_season: it lies in the term's busiest month.
        shared: the other term has one of its own peaks within a period of it.
    """

    date: date
    value: float
    before: float
    after: float
    end: Literal["begins", "ends"] | None
    is_highest: bool
    in_season: bool
    shared: bool


@dataclass(frozen=True)
class Change:
    """The mean of the last `periods` periods, and of as many before."""

    periods: int
    recent: float
    earlier: float

    @property
    def percent(self) -> int | None:
        """By how much the mean has changed, None from nothing."""
        return round(100 * (self.recent / self.earlier - 1)) if self.earlier > 0 else None


@dataclass(frozen=True)
class TermFacts:
    """What one term's series shows. `measured` is the share of its values that were given, not filled in."""

    step: Step
    count: int
    first: date
    last: date
    mean: float
    low: float
    high: float
    zeros: int
    measured: float
    change: Change | None
    season: Season | None
    peaks: tuple[PeakFacts, ...]


@dataclass(frozen=True)
class Lead:
    """Who was ahead in the periods that both series have; periods with equal values change nothing."""

    periods: int
    ahead: tuple[int, int]
    changes: int
    last_change: date | None
    leader: int | None


@dataclass(frozen=True)
class Facts:
    """Both terms, cleaned, and what is known of each: None where its series cannot be read."""

    terms: tuple[str, str]
    of_terms: tuple[TermFacts | None, TermFacts | None]
    lead: Lead | None


def read_facts(comparison: Comparison) -> Facts:
    """Read what a comparison's series show.

    Raises:
        NothingToExplain: neither series can be read.
    """
    series = (_series(comparison, 0), _series(comparison, 1))
    a, b = series
    if a is None and b is None:
        raise NothingToExplain
    dates = tuple(_peak_dates(one) for one in series)
    return Facts(
        terms=clean_terms(comparison.terms),
        of_terms=(_of_term(a, dates[1]), _of_term(b, dates[0])),
        lead=_lead(a, b) if a and b else None,
    )


def _series(comparison: Comparison, position: int) -> Series | None:
    try:
        return read_series(comparison.points, position)
    except UnusableSeries:
        return None


def _peak_dates(series: Series | None) -> list[date]:
    return [series.dates[peak.index] for peak in most_prominent(series.values.tolist())] if series else []


def _of_term(series: Series | None, others_peaks: Sequence[date]) -> TermFacts | None:
    if series is None:
        return None
    values: list[float] = series.values.tolist()
    season = find_season(series.dates, values, series.step)
    return TermFacts(
        step=series.step,
        count=len(values),
        first=series.dates[0],
        last=series.dates[-1],
        mean=sum(values) / len(values),
        low=min(values),
        high=max(values),
        zeros=values.count(0),
        measured=series.observed / len(values),
        change=_change(values, series.step),
        season=season,
        peaks=tuple(_peaks(series, values, season, others_peaks)),
    )


def _peaks(
    series: Series, values: list[float], season: Season | None, others_peaks: Sequence[date]
) -> Iterable[PeakFacts]:
    near = _NEIGHBOURS[series.step]
    for peak in most_prominent(values):
        at, moment = peak.index, series.dates[peak.index]
        yield PeakFacts(
            date=moment,
            value=values[at],
            before=values[max(at - 1, 0)],
            after=values[min(at + 1, len(values) - 1)],
            end=_end(peak, values),
            is_highest=values[at] == max(values),
            in_season=season is not None and season.holds(moment),
            shared=any(abs(moment - other) <= near for other in others_peaks),
        )


def _end(peak: Peak, values: Sequence[float]) -> Literal["begins", "ends"] | None:
    if not peak.at_end:
        return None
    return "begins" if all(value == values[0] for value in values[: peak.index + 1]) else "ends"


def _change(values: Sequence[float], step: Step) -> Change | None:
    span = next((span for span in _SPANS[step] if len(values) >= 2 * span), None)
    if span is None:
        return None
    return Change(span, sum(values[-span:]) / span, sum(values[-2 * span : -span]) / span)


def _lead(a: Series, b: Series) -> Lead | None:
    of_b = dict(zip(b.dates, b.values.tolist(), strict=True))
    differences = [
        (moment, value - of_b[moment])
        for moment, value in zip(a.dates, a.values.tolist(), strict=True)
        if moment in of_b
    ]
    if not differences:
        return None
    leaders = [(moment, int(difference < 0)) for moment, difference in differences if difference]
    wins = Counter(leader for _, leader in leaders)
    # The first period of every spell in front.
    spells = [next(spell) for _, spell in groupby(leaders, key=lambda pair: pair[1])]
    return Lead(
        periods=len(differences),
        ahead=(wins[0], wins[1]),
        changes=len(list(pairwise(spells))),
        last_change=spells[-1][0] if len(spells) > 1 else None,
        leader=spells[-1][1] if spells else None,
    )
