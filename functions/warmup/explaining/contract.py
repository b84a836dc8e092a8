"""What a model must answer, and the exact check of what it did answer: nothing else gets into an explanation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from warmup.explaining.bundle import Explanation, TermExplanation
from warmup.explaining.facts import Facts
from warmup.explaining.plain_text import read_text, why_refused

POSITIONS: Final = ("first", "second")
LONGEST_ANSWER: Final = 64 * 1024
_MOST_PROBLEMS: Final = 8


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_EXPLANATION: Final = {
    "text": {"type": "string", "description": "One to three sentences of plain English."},
    "confidence": {"type": "number", "description": "From 0 to 1: how sure the text is."},
    "guess": {"type": "boolean", "description": "True where the text guesses a cause."},
}
_TERM: Final = _object(
    meaning=_object(**_EXPLANATION),
    peaks={
        "type": "array",
        "items": _object(date={"type": "string", "description": "The date of a given peak."}, **_EXPLANATION),
    },
)
# The same for every comparison, and without bounds: servers compile a schema they have not seen, which takes minutes,
# and refuse bounds such as maxItems. What it cannot say is checked here.
SCHEMA: Final = _object(first=_TERM, second=_TERM)


class AnswerRefused(Exception):
    """An answer that breaks the contract. The problems name places and rules, and quote nothing of the answer."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems[:_MOST_PROBLEMS])
        super().__init__("; ".join(self.problems))


def read_answer(answer: str, facts: Facts) -> tuple[TermExplanation, TermExplanation]:
    """Read and check an answer: both terms' meanings, and explanations of given peaks alone, each at most once.

    Raises:
        AnswerRefused: naming what is wrong.
    """
    reader = _Reader(facts)
    first, second = (reader.term(part, name) for part, name in zip(_parts(answer), POSITIONS, strict=True))
    if reader.problems:
        raise AnswerRefused(reader.problems)
    return first, second


def _parts(answer: str) -> tuple[Any, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise AnswerRefused(["the answer is far too long"])
    try:
        parsed = json.loads(answer, object_pairs_hook=_distinct)
    except (ValueError, RecursionError):
        raise AnswerRefused(["the answer must be one JSON object, and nothing around it"]) from None
    if not isinstance(parsed, dict) or set(parsed) != set(POSITIONS):
        raise AnswerRefused(["the answer must be an object with exactly `first` and `second`"])
    return parsed["first"], parsed["second"]


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)


class _Reader:
    """Reads parts of an answer and collects what is wrong; once there are problems, what it returns means nothing."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.problems: list[str] = []

    def term(self, part: Any, name: str) -> TermExplanation:
        """Read the part about the term at the position of this name."""
        own = self._facts.of_terms[POSITIONS.index(name)]
        given = {peak.date.isoformat(): peak.date for peak in own.peaks} if own else {}
        fields = self._fields(part, name, ("meaning", "peaks"))
        meaning = self._explanation(fields.get("meaning"), f"{name}.meaning")
        return TermExplanation(meaning, self._peaks(fields.get("peaks"), name, given))

    def _peaks(self, parts: Any, name: str, given: Mapping[str, date]) -> dict[date, Explanation]:
        if not isinstance(parts, list):
            self.problems.append(f"{name}.peaks must be a list")
            return {}
        found: dict[date, Explanation] = {}
        # One more than were given is wrong already; thousands need no reading.
        for index, part in enumerate(parts[: len(given) + 1]):
            place = f"{name}.peaks[{index}]"
            moment = self._date(part, place, given)
            if moment in found:
                self.problems.append(f"{place}.date is explained twice")
            found[moment] = self._explanation(part, place, ("date",))
        return found

    def _date(self, part: Any, place: str, given: Mapping[str, date]) -> date:
        written = part.get("date") if isinstance(part, dict) else None
        if isinstance(written, str) and written in given:
            return given[written]
        self.problems.append(f"{place}.date must be the date of a given peak: {' or '.join(given) or 'there is none'}")
        return date.min

    def _explanation(self, part: Any, place: str, more: tuple[str, ...] = ()) -> Explanation:
        fields = self._fields(part, place, ("text", "confidence", "guess", *more))
        if not fields:
            return Explanation("", 0)
        text, confidence, guess = fields["text"], fields["confidence"], fields["guess"]
        text = read_text(text) if isinstance(text, str) else ""
        rules = {
            "text": why_refused(text, self._facts.terms),
            "confidence": None if _is_share(confidence) else "must be a number from 0 to 1",
            "guess": None if isinstance(guess, bool) else "must be true or false",
        }
        broken = [f"{place}.{name} {rule}" for name, rule in rules.items() if rule]
        self.problems += broken
        return Explanation("", 0) if broken else Explanation(text, float(confidence), guess)

    def _fields(self, part: Any, place: str, names: tuple[str, ...]) -> dict[str, Any]:
        if isinstance(part, dict) and set(part) == set(names):
            return part
        self.problems.append(f"{place} must be an object with exactly {', '.join(names)}")
        return {}


def _is_share(value: Any) -> bool:
    # Infinity, not a number and endless integers fail the comparison.
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
