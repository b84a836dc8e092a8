"""A comparison as a picture: both terms' history and forecast, as an SVG file that a person opens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from warmup.charts import svg, words
from warmup.charts.scales import Scale, date_ticks, value_ticks
from warmup.charts.style import BOTTOM, HEIGHT, LEFT, RIGHT, STYLE, TOP, WIDTH
from warmup.comparison import Comparison
from warmup.figures import shown
from warmup.series import UnusableSeries, read_series
from warmup.steps import Step

# How much of the past is shown: enough to see two seasons.
_HISTORY_DAYS = {Step.DAILY: 365, Step.WEEKLY: 730, Step.MONTHLY: 1460}
# A band that reaches further up than this, compared with all else, is cut: it would press everything else flat.
_HIGHEST_BAND = 1.6
_MARKS = 10
# Half of a wide label.
_LABEL_ROOM = 54
_LEGEND_TOP, _LEGEND_STEP = 104, 36

Place = tuple[float, float]
Json = Mapping[str, Any]


@dataclass(frozen=True)
class _Curve:
    """One term in the chart: what was, and what is expected; either may be empty."""

    name: str
    entry: Json
    history: Sequence[tuple[date, float]]

    @property
    def ahead(self) -> list[tuple[date, Json]]:
        return [(date.fromisoformat(point["date"]), point) for point in self.entry["forecast"]]

    @property
    def days(self) -> list[date]:
        return [day for day, _ in self.history] + [day for day, _ in self.ahead]

    @property
    def highest(self) -> float:
        """The highest value that has to be seen, with as much of the bands as is sensible."""
        values = [value for _, value in self.history] + [point["mean"] for _, point in self.ahead]
        bands = max((point["upper95"] for _, point in self.ahead), default=0.0)
        return float(
            min(bands, _HIGHEST_BAND * max(values)) if bands > max(values, default=0) else max(values, default=0)
        )


def draw(comparison: Comparison, bundle: Json) -> str:
    """Draw a comparison and its outlook (`comparison_outlook`) as a file of its own: no script, no font, no link."""
    curves = [_curve(comparison, bundle["terms"][position], position) for position in (0, 1)]
    names = f"title-{comparison.id}", f"about-{comparison.id}"
    return svg.element(
        "svg",
        svg.element("title", svg.text(words.title(bundle)), id=names[0]),
        svg.element("desc", svg.text(words.description(bundle)), id=names[1]),
        svg.element("style", STYLE),
        svg.element("rect", class_="paper", width=WIDTH, height=HEIGHT),
        *_heading(bundle),
        *_plot(curves, f"plot-{comparison.id}"),
        svg.element("text", svg.text(words.KEY), class_="quiet", x=24, y=HEIGHT - 16),
        xmlns="http://www.w3.org/2000/svg",
        class_="warmup-chart",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        height=HEIGHT,
        role="img",
        aria_labelledby=" ".join(names),
    )


def _curve(comparison: Comparison, entry: Json, position: int) -> _Curve:
    try:
        series = read_series(comparison.points, position)
    except UnusableSeries:
        return _Curve("ab"[position], entry, ())
    first = series.dates[-1] - timedelta(days=_HISTORY_DAYS[series.step])
    known = zip(series.dates, series.values.tolist(), strict=True)
    return _Curve("ab"[position], entry, [(day, value) for day, value in known if day >= first])


def _heading(bundle: Json) -> Iterator[str]:
    """Write who is compared, who is expected to lead, and a line of legend for each term."""
    yield svg.element("text", svg.text(words.heading(bundle)), class_="heading", x=24, y=40)
    yield svg.element("text", svg.text(words.leader(bundle)), x=24, y=74)
    for position, entry in enumerate(bundle["terms"]):
        middle = _LEGEND_TOP + _LEGEND_STEP * position
        yield svg.element(
            "g",
            svg.element("path", class_="line", d=svg.line([(24, middle), (68, middle)])),
            _mark("ab"[position], (46, middle)),
            svg.element("text", svg.text(words.legend(entry)), x=82, y=middle + 6),
            class_="ab"[position],
        )


def _plot(curves: Sequence[_Curve], clip: str) -> Iterator[str]:
    days = [day for curve in curves for day in curve.days]
    if not days:
        return
    first, last = min(days), max(days)
    if first == last:
        first, last = first - timedelta(days=3), last + timedelta(days=3)
    ticks = value_ticks(max(curve.highest for curve in curves))
    across = Scale(first.toordinal(), last.toordinal(), LEFT, RIGHT)
    up = Scale(0, ticks[-1], BOTTOM, TOP)
    yield from _axes(ticks, up, date_ticks(first, last), across)
    yield svg.element("clipPath", _rectangle(), id=clip)
    yield svg.element("g", *_beginnings(curves, across), *_curves(curves, across, up), clip_path=f"url(#{clip})")


def _rectangle() -> str:
    # A little larger than the axes, so that marks at the edge stay round.
    return svg.element("rect", x=LEFT - 8, y=TOP - 8, width=RIGHT - LEFT + 16, height=BOTTOM - TOP + 16)


def _axes(ticks: Sequence[float], up: Scale, dates: Sequence[tuple[date, str]], across: Scale) -> Iterator[str]:
    for value in ticks:
        height = up.place(value)
        yield svg.element("path", class_="grid", d=svg.line([(LEFT, height), (RIGHT, height)]))
        label = svg.text(shown(value))
        yield svg.element("text", label, class_="tick", x=LEFT - 10, y=height + 5, text_anchor="end")
    # On a narrow screen the labels with a year stay, and of the others every second.
    years = [number for number, (_, label) in enumerate(dates) if label[-1].isdigit()]
    for number, (day, label) in enumerate(dates):
        place = across.place(day.toordinal())
        yield svg.element("path", class_="grid", d=svg.line([(place, BOTTOM), (place, BOTTOM + 7)]))
        if place < WIDTH - _LABEL_ROOM:
            kind = "tick second" if (number - years[-1]) % 2 else "tick"
            yield svg.element("text", svg.text(label), class_=kind, x=place, y=BOTTOM + 32, text_anchor="middle")


def _beginnings(curves: Sequence[_Curve], across: Scale) -> Iterator[str]:
    """Mark where the forecasts begin: once, where both begin on the same day."""
    for last in sorted({curve.history[-1][0] for curve in curves if curve.ahead and curve.history}):
        place = across.place(last.toordinal())
        yield svg.element("path", class_="now", d=svg.line([(place, TOP), (place, BOTTOM)]))


def _curves(curves: Sequence[_Curve], across: Scale, up: Scale) -> Iterator[str]:
    """Draw the bands first, so that no band lies over a line."""
    for curve in curves:
        yield svg.element("g", *_bands(curve, across, up), class_=curve.name)
    for curve in curves:
        places = [(across.place(day.toordinal()), up.place(value)) for day, value in _middle(curve)]
        if places:
            path = svg.element("path", class_="line", d=svg.line(places))
            yield svg.element("g", path, *_marks(curve.name, places), class_=curve.name)


def _middle(curve: _Curve) -> list[tuple[date, float]]:
    return [*curve.history, *((day, point["mean"]) for day, point in curve.ahead)]


def _bands(curve: _Curve, across: Scale, up: Scale) -> Iterator[str]:
    for width in ("95", "80") if curve.ahead else ():
        upper, lower = (
            [
                (across.place(day.toordinal()), up.place(value))
                for day, value in (*curve.history[-1:], *((day, point[side + width]) for day, point in curve.ahead))
            ]
            for side in ("upper", "lower")
        )
        yield svg.element("path", class_="band", d=svg.area(upper, lower))


def _marks(name: str, places: Sequence[Place]) -> Iterator[str]:
    """Put about ten marks on a line, the second term's between the first's."""
    distance = max(1, len(places) // _MARKS)
    first = 0 if name == "a" else distance // 2
    for place in places[first::distance]:
        yield _mark(name, place)


def _mark(name: str, place: Place) -> str:
    x, y = place
    if name == "a":
        return svg.element("circle", class_="mark", cx=x, cy=y, r=4)
    return svg.element("rect", class_="mark", x=x - 4, y=y - 4, width=8, height=8)
