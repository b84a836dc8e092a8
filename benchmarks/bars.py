"""Medians as bars: an SVG that is legible on light and on dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from benchmarks.rounds import shown

_WIDTH: Final = 760
_NAMES: Final = 250
_FIGURES: Final = 110
_LINE: Final = 22
_TITLE: Final = 34
_STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600}.b{fill:#8c959f}.o{fill:#0969da}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.b{fill:#6e7681}.o{fill:#4493f8}}"
)


def draw(comparisons: Sequence[Mapping[str, Any]]) -> str:
    """Return one picture of all comparisons of a row; ours stand out."""
    parts: list[str] = []
    y = 0
    for comparison in comparisons:
        parts += _comparison(comparison, y)
        y += _TITLE + _LINE * len(comparison["median"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y + 8}" role="img">'
        f"<title>Medians as bars</title><style>{_STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _comparison(comparison: Mapping[str, Any], y: int) -> Iterator[str]:
    yield f'<text class="t" x="0" y="{y + 22}">{escape(comparison["title"])}</text>'
    longest = max(comparison["median"].values()) or 1.0
    room = _WIDTH - _NAMES - _FIGURES
    for number, (name, median) in enumerate(comparison["median"].items()):
        top = y + _TITLE + _LINE * number
        width = max(1.0, room * median / longest)
        yield f'<text x="0" y="{top + 14}">{escape(name)}</text>'
        kind = "o" if name in comparison["ours"] else "b"
        yield f'<rect class="{kind}" x="{_NAMES}" y="{top + 2}" width="{width:.1f}" height="15" rx="2"/>'
        said = f"{shown(median)} {comparison['unit']}"
        yield f'<text x="{_NAMES + width + 6:.1f}" y="{top + 14}">{escape(said)}</text>'
