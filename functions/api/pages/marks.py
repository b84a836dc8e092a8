"""States as a shape and a word, and runs as bars: whoever sees no colours sees no less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup, escape

from api.pages.moments import duration, on_clocks

# Shapes on a field of 12 by 12; what is filled and what is a line, the style says.
_SHAPES: Final[Mapping[str, str]] = {
    "good": '<circle cx="6" cy="6" r="6"/><path class="cut" d="M3.2 6.2 5.2 8.2 8.8 4"/>',
    "bad": '<path d="M3.5 0h5L12 3.5v5L8.5 12h-5L0 8.5v-5Z"/><path class="cut" d="M4 4l4 4M8 4l-4 4"/>',
    "warn": '<path d="M6 .5 12 11.5H0Z"/><path class="cut" d="M6 4.5v3M6 9v.8"/>',
    "busy": '<path class="line" d="M6 1a5 5 0 1 1-5 5"/><circle cx="6" cy="6" r="2"/>',
    "wait": '<circle class="line" cx="6" cy="6" r="5"/><path class="line" d="M6 3v3l2 1.5"/>',
    "stop": '<path d="M1.5 1h3v10h-3zM7.5 1h3v10h-3z"/>',
    "past": '<path class="line" d="M1.5 2.5 5 6 1.5 9.5M6.5 2.5 10 6 6.5 9.5"/>',
    "none": '<path class="line" d="M2 6h8"/>',
}
# Which shape says what; a word that is not here has the shape of nothing in particular.
_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("ok", "succeeded", "success", "sent", "delivered", "healthy", "completed", "done"), "good"),
    **dict.fromkeys(("failed", "error", "lost", "missed", "stuck", "unhealthy", "dead", "timeout"), "bad"),
    **dict.fromkeys(("late", "doubtful", "degraded", "lapsed", "slow", "warning", "retrying"), "warn"),
    **dict.fromkeys(("running", "processing", "sending", "claimed", "held"), "busy"),
    **dict.fromkeys(("queued", "pending", "scheduled", "waiting"), "wait"),
    **dict.fromkeys(("paused", "disabled", "stopped", "cancelled"), "stop"),
    **dict.fromkeys(("skipped", "suppressed", "duplicate"), "past"),
}
# How many runs a row of bars has room for.
BARS: Final = 60
_BAR, _GAP, _HEIGHT, _LEAST, _HEAD = 3, 1, 30, 3, 7


def kind_of(word: str) -> str:
    """Return the kind of state that a word of the API stands for."""
    return _KINDS.get(word.lower(), "none")


def state(word: str, text: str = "") -> Markup:
    """Return a state: its shape and its word, or `text` in the place of the word."""
    return Markup('<span class="state {0}">{1}{2}</span>').format(kind_of(word), _mark(word), text or word)


def _mark(word: str) -> Markup:
    # The shapes are our own constants.
    shape = Markup(_SHAPES[kind_of(word)])  # noqa: S704
    return Markup('<svg class="mark" viewBox="0 0 12 12" aria-hidden="true">{}</svg>').format(shape)


def bars(runs: Sequence[Mapping[str, Any]], zone: str, label: str, room: int = BARS) -> Markup:
    """Draw runs (as the API tells them, newest first) from the oldest to the newest.

    The height is the duration, of the longest of them; a run that went wrong has a mark on its top, one that was
    skipped or has not ended is hollow. Every bar says in words what it is.
    """
    shown = list(reversed(runs[:room]))
    longest = max((run["durationMs"] or 0 for run in shown), default=0)
    offset = (room - len(shown)) * (_BAR + _GAP)
    # Sixty of them a job: joined as they are, for each has had what needs it escaped.
    drawn = Markup("".join(_bar(run, offset + n * (_BAR + _GAP), longest, zone) for n, run in enumerate(shown)))  # noqa: S704
    return Markup('<svg class="bars" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">{3}'
                  '<path class="base" d="M0 {4}h{0}"/></svg>').format(
        room * (_BAR + _GAP) - _GAP, _HEIGHT, f"{label}: {_summary(shown)}", drawn, _HEIGHT - 0.5
    )  # fmt: skip


def _summary(runs: Sequence[Mapping[str, Any]]) -> str:
    words = [run["status"] for run in runs]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    return f"the last {len(runs)} runs, {counts}" if runs else "no run yet"


def _bar(run: Mapping[str, Any], x: int, longest: int, zone: str) -> str:
    kind = kind_of(run["status"])
    took = run["durationMs"] or 0
    room = _HEIGHT - _HEAD - 1
    height = max(_LEAST, round(room * took / longest)) if longest else _LEAST
    top = _HEIGHT - 1 - height
    head = f'<path class="head" d="M{x} {top - 4.5}l3 3m0-3l-3 3"/>' if kind == "bad" else ""
    title = escape(f"{on_clocks(run['createdAt'], zone)}: {run['status']}, {duration(run['durationMs'])}")
    shape = f'<path d="M{x} {top}h{_BAR}v{height}h-{_BAR}z"/>'
    # Numbers and words of ours need no escaping, the title has had it.
    return f'<g class="{kind}"><title>{title}</title>{shape}{head}</g>'
