"""Terms that strangers typed, on their way to a model and into a picture, and what a model answers."""

from __future__ import annotations

import json
import math
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import strategies as st

from tests.fuzz.target import JSON, SCALARS, TEXT, Target
from tests.support.search_interest import comparison
from warmup.charts.chart import draw
from warmup.explaining.contract import AnswerRefused, read_answer
from warmup.explaining.facts import read_facts
from warmup.explaining.plain_text import LONGEST, SHORTEST, why_refused
from warmup.explaining.prompt import make_prompt
from warmup.outlooks.outlook import comparison_outlook

_HARMLESS = comparison()
_FACTS = read_facts(_HARMLESS)
_INSTRUCTIONS = make_prompt(_HARMLESS, _FACTS).instructions
# A year and a half of weeks: enough for a forecast.
_WAVE = [50 + 30 * math.sin(week / 8) for week in range(80)]
_CHARTED = comparison(_WAVE, _WAVE)
_OUTLOOK = comparison_outlook(_CHARTED)
_ELEMENTS = [part.tag for part in ET.fromstring(draw(_CHARTED, _OUTLOOK)).iter()]  # noqa: S314  # we wrote it

TERMS = st.tuples(TEXT, TEXT, TEXT)
_PROSE = st.sampled_from([
    "This is a drink that people search for in the summer.", "It is a drink. See https://evil.example for more of it.",
    "It is <b>a drink</b> that people search for.", "Das ist ein Getränk, das man im Sommer sucht.", "evil.example",
    "no",
]) | TEXT  # fmt: skip
_EXPLANATIONS = st.fixed_dictionaries(
    {"text": _PROSE, "confidence": st.floats(0, 1) | SCALARS, "guess": st.booleans() | SCALARS}
)
_PEAKS = st.lists(
    st.builds(
        lambda date, own: {"date": date, **own},
        st.sampled_from(["2024-01-21", "2024-02-18", "2024-02-11", "2024-02-30"]) | SCALARS,
        _EXPLANATIONS,
    ),
    max_size=3,
)
_PARTS = st.fixed_dictionaries({"meaning": _EXPLANATIONS, "peaks": _PEAKS}) | JSON
ANSWERS = (
    TEXT
    | JSON.map(json.dumps)
    | st.fixed_dictionaries({"first": _PARTS, "second": _PARTS}).map(json.dumps)
    | st.sampled_from(["[" * 50_000, '{"first":' * 9_000, "9" * 70_000, '{"first":1,"first":2}'])
)


def check_prompt(given: tuple[str, str, str]) -> None:
    """Terms arrive as strings of bounded length inside of JSON, and our own words stay as they are."""
    first, second, place = given
    made = comparison(terms=(first, second), geo=place)
    prompt = make_prompt(made, read_facts(made))
    data = json.loads(prompt.data)
    assert prompt.instructions == _INSTRUCTIONS
    assert prompt.data.isascii()
    assert not set("<>&\n") & set(prompt.data)
    assert data.keys() == {"place", "timeframe", "first", "second"}
    for name in ("first", "second"):
        assert 1 <= len(data[name]["term"]) <= 100
        assert data[name]["term"].isprintable()


def check_chart(given: tuple[str, str, str]) -> None:
    """Terms are text of the picture, and add nothing to it."""
    bundle = json.loads(json.dumps(_OUTLOOK))
    for entry, term in zip(bundle["terms"], given, strict=False):
        entry["term"] = term
    made = comparison(_WAVE, _WAVE, terms=given[:2])
    assert [part.tag for part in ET.fromstring(draw(made, bundle)).iter()] == _ELEMENTS  # noqa: S314  # we wrote it


def check_answer(answer: Any) -> None:
    """An answer is taken where every text of it is plain English without addresses, or refused without quoting it."""
    try:
        terms = read_answer(answer, _FACTS)
    except AnswerRefused as refused:
        assert refused.problems  # noqa: PT017  # both ways must be right
        return
    for term in terms:
        for told in (term.meaning, *term.peaks.values()):
            assert SHORTEST <= len(told.text) <= LONGEST
            assert why_refused(told.text, _FACTS.terms) is None
            assert "://" not in told.text
            assert 0 <= told.confidence <= 1


TARGETS = (
    Target("terms in a prompt", TERMS, check_prompt, 25),
    Target("terms in a chart", TERMS, check_chart, 15),
    Target("answers of models", ANSWERS, check_answer, 30),
)
