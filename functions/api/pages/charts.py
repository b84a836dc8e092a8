"""Charts as inline SVG: columns over days or hours, lines over days, and one bar in a cell of a table.

Each belongs to a table that has the same figures. Drawings stretch to any width, so their words stand beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from api.pages.moments import count

_HEIGHT: Final = 100
_STEP, _BAR = 10, 8


@dataclass(frozen=True)
class Series:
    """One thing that is drawn at every place of a chart.

    Attributes:
        name: what it is, in words.
        kind: a class of the style; `bad` is hatched, `dashed` is a line with gaps.
        values: one for each place; None where nothing is known.
    """

    name: str
    kind: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Chart:
    """A drawing with its words.

    Attributes:
        name: tells it apart from others on its page.
        caption: what it shows.
        places: the words under it, one for each place.
        series: what is drawn; columns stand on each other.
        written: how a value is written.
        is_line: lines, instead of columns.
    """

    name: str
    caption: str
    places: Sequence[str]
    series: Sequence[Series]
    written: Callable[[float], str] = lambda value: count(round(value))
    is_line: bool = False

    @property
    def most(self) -> float:
        """The largest value, of columns as they stand on each other."""
        if self.is_line:
            return max((value for each in self.series for value in each.values if value is not None), default=0)
        return max((sum(values) for values in zip(*(_known(each) for each in self.series), strict=True)), default=0)

    @property
    def top(self) -> str:
        """The largest value, written."""
        return self.written(self.most)

    @property
    def ticks(self) -> list[str]:
        """A few of the places, from the first to the last."""
        last = len(self.places) - 1
        return [self.places[n] for n in sorted({0, last // 2, last})] if last >= 0 else []

    @property
    def svg(self) -> Markup:
        """The drawing."""
        width = max(1, len(self.places)) * _STEP
        drawn = self._lines() if self.is_line else self._columns()
        label = f"{self.caption}: at most {self.top}; the table below has every figure"
        return Markup(
            '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
            '<defs><pattern id="hatch-{}" width="4" height="4" patternUnits="userSpaceOnUse">'
            '<path d="M0 4 4 0"/></pattern></defs>{}</svg>'
        ).format(width, _HEIGHT, label, self.name, drawn)

    def _columns(self) -> Markup:
        drawn = []
        for n, place in enumerate(self.places):
            told = ", ".join(f"{self.written(value)} {name}" for name, value in self._at(n))
            drawn.append(Markup("<g><title>{}: {}</title>{}</g>").format(place, told, Markup("").join(self._column(n))))
        return Markup("").join(drawn)

    def _column(self, n: int) -> list[Markup]:
        """Return the parts of one column, from its foot up."""
        parts, foot = [], float(_HEIGHT)
        for each in self.series:
            height = _HEIGHT * (each.values[n] or 0) / self.most if self.most else 0
            if not height:
                continue
            foot -= height
            fill = Markup(' fill="url(#hatch-{})"').format(self.name) if each.kind == "bad" else ""
            parts.append(
                Markup('<rect class="{}" x="{}" y="{:.2f}" width="{}" height="{:.2f}"{}/>').format(
                    each.kind, n * _STEP + 1, foot, _BAR, height, fill
                )
            )
        return parts

    def _lines(self) -> Markup:
        return Markup("").join(
            Markup('<path class="{}{}" d="{}"><title>{}</title></path>').format(each.kind, dot, path, each.name)
            for each in self.series
            for dot, path in (("", self._path(each)), (" dot", self._dots(each)))
            if path
        )

    def _path(self, series: Series) -> str:
        """Return a line that breaks off where nothing is known."""
        steps, before = [], None
        for n, value in enumerate(series.values):
            if value is not None:
                steps.append(f"{'M' if before is None else 'L'}{self._point(n, value)}")
            before = value
        return "".join(steps)

    def _dots(self, series: Series) -> str:
        """Return a dot for each value with none beside it, of which no line would be seen."""
        values = (None, *series.values, None)
        return "".join(
            f"M{self._point(n, value)}h0"
            for n, value in enumerate(series.values)
            if value is not None and values[n] is values[n + 2] is None
        )

    def _point(self, n: int, value: float) -> str:
        return f"{n * _STEP + _STEP // 2} {_HEIGHT * (1 - value / self.most) if self.most else _HEIGHT:.2f}"

    def _at(self, n: int) -> list[tuple[str, float]]:
        return [(each.name, each.values[n] or 0) for each in self.series]


def meter(part: float, whole: float, words: str) -> Markup:
    """Return a bar for a cell, as long as the part of the whole, and its words."""
    share = min(1.0, part / whole) if whole else 0
    return Markup(
        '<svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="base" width="100" height="6"/><rect width="{:.1f}" height="6"/></svg><span>{}</span>'
    ).format(share * 100, words)


def _known(series: Series) -> list[float]:
    return [value or 0 for value in series.values]
