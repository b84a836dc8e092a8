"""The shape that explanations are kept and shown in. Plain text throughout: escaped wherever it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from warmup.comparison import Comparison
from warmup.explaining.facts import Facts
from warmup.explaining.pricing import NO_USAGE, Usage
from warmup.explaining.version import EXPLANATIONS_VERSION

OFFLINE: Final = "offline"
FROM_FIGURES: Final = "Made from the series' own figures, without AI."
FALLBACK: Final = f"The AI gave no usable answer. {FROM_FIGURES}"
FROM_MODEL: Final = "Written by AI; it may be wrong."
# An explanation below this confidence is a guess, whatever it says of itself.
_LEAST_SURE: Final = 0.5


@dataclass(frozen=True)
class Explanation:
    """A text, how sure it is (0 to 1), and whether it guesses."""

    text: str
    confidence: float
    guess: bool = False


@dataclass(frozen=True)
class TermExplanation:
    """What a term's series means, and what each of its peaks does, by their dates."""

    meaning: Explanation
    peaks: dict[date, Explanation]


@dataclass(frozen=True)
class Explained:
    """An explained comparison: the bundle for the cache, JSON-ready, and what making it has used."""

    bundle: dict[str, Any]
    usage: Usage = NO_USAGE


def make_bundle(
    comparison: Comparison,
    facts: Facts,
    explanations: Sequence[TermExplanation],
    *,
    model: tuple[str, str] | None = None,
    fallback: bool = False,
) -> dict[str, Any]:
    """Return the bundle of both terms' explanations.

    Args:
        comparison: what is explained.
        facts: what its series show.
        explanations: of the first and the second term.
        model: provider and model that wrote the texts; None: they are made from the series' own figures.
        fallback: a model was asked and gave no usable answer.
    """
    provider, name = model or (OFFLINE, None)
    note = FROM_MODEL if model else FALLBACK if fallback else FROM_FIGURES
    return {
        "terms": [_term(facts, position, explanation) for position, explanation in enumerate(explanations)],
        "provider": provider,
        "model": name,
        "fallback": fallback,
        "note": note,
        "dataHash": comparison.data_hash,
        "version": EXPLANATIONS_VERSION,
    }


def _term(facts: Facts, position: int, explanation: TermExplanation) -> dict[str, Any]:
    own = facts.of_terms[position]
    peaks = own.peaks if own else ()
    return {
        "term": facts.terms[position],
        "meaning": _explanation(explanation.meaning),
        "peaks": [
            {"date": peak.date.isoformat(), "value": round(peak.value, 6), **_explanation(explanation.peaks[peak.date])}
            for peak in peaks
            if peak.date in explanation.peaks
        ],
    }


def _explanation(explanation: Explanation) -> dict[str, Any]:
    guess = explanation.guess or explanation.confidence < _LEAST_SURE
    text = explanation.text
    if guess and "guess" not in text.lower():
        text = f"{text} (This is a guess.)"
    return {"text": text, "confidence": round(explanation.confidence, 2), "guess": guess}
