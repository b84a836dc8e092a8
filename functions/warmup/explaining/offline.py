"""Explains a comparison from the figures of its series alone: every number is theirs, and nothing is invented.

The confidence of a statement is the share of the series' values that were measured; of a guess that a season is the
reason, how likely the season shows again after the years in which it did. Phrasing varies with the data and is always
the same for the same data.
"""

from __future__ import annotations

from warmup.explaining.bundle import Explanation, TermExplanation
from warmup.explaining.facts import Change, Facts, Lead, PeakFacts, TermFacts
from warmup.explaining.seasons import Season
from warmup.explaining.wording import choose, day, number, opening, periods, times, unit, when

# Percent; what changes less is called about the same.
_NOTABLE_CHANGE = 5
_NOTABLE_ZEROS = 0.1


def explain_offline(facts: Facts, seed: str) -> tuple[TermExplanation, TermExplanation]:
    """Return the explanations of both terms; `seed` chooses among equal phrasings."""
    return _Teller(facts, 0, seed).tell(), _Teller(facts, 1, seed).tell()


class _Teller:
    """Tells of one term beside the other."""

    def __init__(self, facts: Facts, position: int, seed: str) -> None:
        self._facts = facts
        self._position = position
        self._seed = seed
        self._term, self._other = (f'"{facts.terms[place]}"' for place in (position, 1 - position))

    def tell(self) -> TermExplanation:
        own = self._facts.of_terms[self._position]
        if own is None:
            text = f"There are no figures for {self._term} that could be read, so nothing can be said about it."
            return TermExplanation(Explanation(text, 1.0), {})
        meaning = Explanation(" ".join(self._meaning(own)), own.measured)
        return TermExplanation(meaning, {peak.date: self._peak(own, peak, i) for i, peak in enumerate(own.peaks)})

    def _pick(self, topic: str, *options: str, turn: int = 0) -> str:
        return choose(options, f"{topic} {self._seed}", self._position + turn)

    def _meaning(self, own: TermFacts) -> list[str]:
        sentences = [self._level(own)]
        if self._facts.lead:
            sentences.append(self._lead(self._facts.lead, own))
        if own.low < own.high:
            sentences += [self._zeros(own), self._change(own.change, own), self._season(own.season)]
        sentences.append(_missing(own))
        return [opening(sentence) for sentence in sentences if sentence]

    def _level(self, own: TermFacts) -> str:
        span = f"from {day(own.first, own.step)} to {day(own.last, own.step)}"
        if own.count == 1:
            return f"There is a single value for {self._term}: {number(own.mean)} {when(own.first, own.step)}."
        if own.low == own.high:
            return f"{self._term} stood at {number(own.mean)} in {_all(own.count, own)} {span}."
        low, high, mean, length = number(own.low), number(own.high), number(own.mean), periods(own.count, own.step)
        return self._pick(
            "level",
            f"{self._term} averaged {mean} over {length}, {span}, with a low of {low} and a high of {high}.",
            f"Over {length}, {span}, {self._term} ranged between {low} and {high}, with an average of {mean}.",
            f"The average of {self._term} was {mean} over {length}, {span}; its values lay between {low} and {high}.",
        )

    def _lead(self, lead: Lead, own: TermFacts) -> str:
        ahead, behind = lead.ahead[self._position], lead.ahead[1 - self._position]
        compared = periods(lead.periods, own.step)
        if ahead == behind == 0:
            return f"It was level with {self._other} throughout."
        if ahead == lead.periods:
            return f"It was ahead of {self._other} in {_all(ahead, own)}."
        if ahead == 0:
            return f"It was never ahead of {self._other}."
        share = f"{ahead:,} of {compared} ({_percent(ahead, lead.periods)})"
        return f"It was ahead of {self._other} in {share}{self._lead_changes(lead, own)}."

    def _lead_changes(self, lead: Lead, own: TermFacts) -> str:
        if lead.last_change is None:
            return ""
        last = when(lead.last_change, own.step)
        now = "ahead" if lead.leader == self._position else "behind"
        if lead.changes == 1:
            return f"; the lead changed once, {last}, and since then it has been {now}"
        return self._pick(
            "lead",
            f"; the lead changed {times(lead.changes)}, and since the last change, {last}, it has been {now}",
            f"; it has been {now} since the last of {lead.changes:,} changes of the lead, {last}",
        )

    def _zeros(self, own: TermFacts) -> str:
        if own.zeros < _NOTABLE_ZEROS * own.count:
            return ""
        return f"In {own.zeros:,} of {periods(own.count, own.step)} it was 0."

    def _change(self, change: Change | None, own: TermFacts) -> str:
        if change is None or change.recent == change.earlier == 0:
            return ""
        span, recent, earlier = periods(change.periods, own.step), number(change.recent), number(change.earlier)
        percent, before = change.percent, f"the {change.periods} before"
        if percent is None:
            return f"Over the last {span} it averaged {recent}, after {earlier} over {before}."
        if abs(percent) < _NOTABLE_CHANGE:
            return f"Over the last {span} it averaged {recent}, about as much as over {before} ({earlier})."
        change_by = f"{abs(percent):,}% {'more' if percent > 0 else 'less'}"
        return self._pick(
            "change",
            f"Over the last {span} it averaged {recent}, {change_by} than over {before} ({earlier}).",
            f"Its average over the last {span} was {recent}, {change_by} than the {earlier} of {before}.",
        )

    def _season(self, season: Season | None) -> str:
        if season is None:
            return ""
        return self._pick(
            "season",
            f"It has a season: {_busiest(season)}.",
            f"It follows the {'week' if season.weekly else 'year'}: {_busiest(season)}.",
        )

    def _peak(self, own: TermFacts, peak: PeakFacts, turn: int) -> Explanation:
        sentences = [self._height(own, peak, turn), _surroundings(own, peak)]
        if peak.shared:
            sentences.append(f"{self._other} had a peak at about the same time.")
        season = own.season if peak.in_season else None
        if season:
            sentences.append(f"The season is the likely reason, which is a guess: {_busiest(season)}.")
            # The rule of succession: how likely the next one is like those before. Never quite sure.
            confidence = (season.times + 1) / (season.cycles + 2)
        else:
            reasons = ("The figures alone do not tell why.", "The series itself gives no reason for it.")
            sentences.append(self._pick("why", *reasons, turn=turn))
            confidence = own.measured
        return Explanation(" ".join(opening(sentence) for sentence in sentences), confidence, guess=bool(season))

    def _height(self, own: TermFacts, peak: PeakFacts, turn: int) -> str:
        moment, value = when(peak.date, own.step), number(peak.value)
        if peak.is_highest:
            return self._pick(
                "top",
                f"{moment} {self._term} was at {value}, the highest value of its series.",
                f"{self._term} reached its highest value, {value}, {moment}.",
                turn=turn,
            )
        return self._pick(
            "height",
            f"{moment} {self._term} was at {value}, {_beside_mean(own, peak)}.",
            f"{self._term} rose to {value} {moment}, {_beside_mean(own, peak)}.",
            turn=turn,
        )


def _beside_mean(own: TermFacts, peak: PeakFacts) -> str:
    ratio, mean = peak.value / own.mean, number(own.mean)
    if ratio >= 1.15:
        return f"{ratio:,.1f} times its average of {mean}"
    return f"{'close to' if ratio >= 0.95 else 'still below'} its average of {mean}"


def _surroundings(own: TermFacts, peak: PeakFacts) -> str:
    if peak.end:
        return f"The series {peak.end} here, so the true top may lie outside it."
    one = unit(own.step)
    return f"One {one} before it was at {number(peak.before)}, one {one} after at {number(peak.after)}."


def _busiest(season: Season) -> str:
    kind, cycles = ("day", "calendar weeks") if season.weekly else ("month", "calendar years")
    often = f"all {season.cycles:,}" if season.times == season.cycles else f"{season.times:,} of {season.cycles:,}"
    return f"{season.name} was its busiest {kind} in {often} whole {cycles}"


def _missing(own: TermFacts) -> str:
    missing = round(own.count * (1 - own.measured))
    if not missing:
        return ""
    were = "was missing and is" if missing == 1 else "were missing and are"
    return f"Of the {own.count:,} values, {missing:,} {were} filled in from the values around."


def _all(count: int, own: TermFacts) -> str:
    return {1: f"the only {unit(own.step)}", 2: f"both {unit(own.step)}s"}.get(count, f"all {periods(count, own.step)}")


def _percent(part: int, whole: int) -> str:
    # Rounded away from 0% and 100%, which would say never and always.
    return f"{min(99, max(1, round(100 * part / whole)))}%"
