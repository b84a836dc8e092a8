"""The offline text: every number follows from the series, the grammar holds, and the same data make the same text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest

from tests.support.search_interest import comparison, random_comparison
from warmup.comparison import Comparison
from warmup.explaining.bundle import FROM_FIGURES
from warmup.explaining.errors import NothingToExplain
from warmup.explaining.explain import Explainer, explain, make_explainer
from warmup.explaining.settings import ExplainerSettings
from warmup.series import Series, UnusableSeries, read_series

MONTHS = [date(2026, month, 1).strftime("%B") for month in range(1, 13)]


@pytest.fixture
def explainer() -> Explainer:
    def nobody(*_: Any) -> Any:
        pytest.fail("offline, nobody is asked")

    return make_explainer(ExplainerSettings(), nobody, nobody)  # type: ignore[arg-type]  # never used


def terms_of(explained: Comparison, explainer: Explainer) -> list[dict[str, Any]]:
    bundle = explain(explained, explainer, deadline=0).bundle
    assert (bundle["provider"], bundle["model"], bundle["fallback"], bundle["note"]) == (
        "offline",
        None,
        False,
        FROM_FIGURES,
    )
    terms: list[dict[str, Any]] = bundle["terms"]
    return terms


def texts(term: dict[str, Any]) -> list[str]:
    return [term["meaning"]["text"], *(peak["text"] for peak in term["peaks"])]


def test_a_comparison_by_hand(explainer: Explainer) -> None:
    first, second = terms_of(comparison(), explainer)

    # 10, 20, 80, 30, 10, 15, 60, 20, 10: 255 in 9 weeks. Ahead of 30, 30, 30, 30, 30, 50, … in weeks 3 and 7.
    meaning, highest, other = texts(first)
    assert meaning == (
        '"iced tea" averaged 28 over 9 weeks, from 7 January 2024 to 3 March 2024, with a low of 10 and a high of 80. '
        'It was ahead of "hot chocolate" in 2 of 9 weeks (22%); the lead changed 4 times, and since the last change, '
        "in the week of 25 February 2024, it has been behind."
    )
    assert highest == (
        '"iced tea" reached its highest value, 80, in the week of 21 January 2024. One week before it was at 20, one '
        "week after at 30. The series itself gives no reason for it."
    )
    assert other == (
        'In the week of 18 February 2024 "iced tea" was at 60, 2.1 times its average of 28. One week before it was at '
        '15, one week after at 20. "hot chocolate" had a peak at about the same time. The figures alone do not tell '
        "why."
    )
    assert (first["meaning"]["confidence"], first["meaning"]["guess"]) == (1.0, False)
    assert [(peak["date"], peak["value"]) for peak in first["peaks"]] == [("2024-01-21", 80), ("2024-02-18", 60)]
    assert second["peaks"][0]["date"] == "2024-02-11"
    assert "in 6 of 9 weeks (67%)" in second["meaning"]["text"]
    assert "it has been ahead" in second["meaning"]["text"]


def numbers_in(text: str) -> Iterator[str]:
    """Every number that is no part of a date or of a quoted term; dates are checked on their own."""
    plain = re.sub(r'"[^"]*"', "", text)
    plain = re.sub(rf"(\d{{1,2}} )?({'|'.join(MONTHS)}) \d{{4}}", "", plain)
    yield from re.findall(r"\d[\d,.e-]*\d|\d", plain)


def dates_in(text: str) -> Iterator[tuple[int, int, int]]:
    for found in re.finditer(rf"(?:(\d{{1,2}}) )?({'|'.join(MONTHS)}) (\d{{4}})", text):
        yield int(found[3]), MONTHS.index(found[2]) + 1, int(found[1] or 1)


def shown(value: float) -> str:
    if value == int(value) or value >= 9.95:
        return f"{round(value):,}"
    return f"{value:.1f}" if value >= 0.095 else f"{value:.1g}"


def allowed_numbers(own: Series, other: Series | None) -> set[str]:
    """Every figure that the text may name, worked out anew with numpy."""
    values, count = own.values, len(own.values)
    mean = float(values.mean())
    allowed = {shown(value) for value in [mean, *values.tolist()]}
    allowed |= {f"{value / mean:,.1f}" for value in values.tolist() if mean}
    allowed |= {f"{count:,}", f"{int((values == 0).sum()):,}", f"{count - own.observed:,}"}
    for span in (3, 7, 12, 13, 28, 52):
        if count >= 2 * span:
            recent, earlier = values[-span:].mean(), values[-2 * span : -span].mean()
            allowed |= {str(span), shown(recent), shown(earlier)}
            if earlier:
                allowed.add(f"{abs(round(100 * (recent / earlier - 1))):,}")
    years = len({moment.year for moment in own.dates}) + count // 7
    allowed |= {str(number) for number in range(3, years + 1)} if count >= 36 else set()
    return allowed | (lead_numbers(own, other) if other else set())


def lead_numbers(own: Series, other: Series) -> set[str]:
    common = sorted(set(own.dates) & set(other.dates))
    by_date = [dict(zip(one.dates, one.values.tolist(), strict=True)) for one in (own, other)]
    mine, theirs = (np.array([values[moment] for moment in common]) for values in by_date)
    ahead = int((mine > theirs).sum())
    leaders = np.sign(mine - theirs)[mine != theirs]
    changes = int((np.diff(leaders) != 0).sum())
    share = 100 * ahead / len(common) if common else 0
    return {f"{len(common):,}", f"{ahead:,}", f"{changes:,}", str(min(99, max(1, round(share))))}


def series_of(made: Comparison, position: int) -> Series | None:
    try:
        return read_series(made.points, position)
    except UnusableSeries:
        return None


@pytest.mark.parametrize("seed", range(60))
def test_every_number_and_date_follows_from_the_series(seed: int, explainer: Explainer) -> None:
    made = random_comparison(seed)
    both = series_of(made, 0), series_of(made, 1)
    assert both[0] is not None
    assert both[1] is not None
    for position, term in enumerate(terms_of(made, explainer)):
        own, other = both[position], both[1 - position]
        assert own is not None
        allowed = allowed_numbers(own, other)
        known = {(moment.year, moment.month, moment.day) for moment in own.dates}
        for text in texts(term):
            # "of 28): " and the like end with what is no digit.
            assert set(numbers_in(text)) <= allowed, text
            assert set(dates_in(text)) <= known, text


@pytest.mark.parametrize("seed", range(60))
def test_the_grammar_holds(seed: int, explainer: Explainer) -> None:
    for term in terms_of(random_comparison(seed), explainer):
        for text in texts(term):
            assert re.fullmatch(r'["A-Z].*\.', text)
            assert not re.search(r"  |\.\.|,,| ,| \.|\(\)|None|nan|inf\b", text)
            assert all(re.match(r'["A-Z]', sentence) for sentence in text.split(". "))
            assert not re.search(
                r"(?<![\d.,])1 (days|weeks|months|times)|\b[02-9] (day|week|month)\b|\ball [12] ", text
            )


def test_texts_differ_from_term_to_term_and_from_comparison_to_comparison(explainer: Explainer) -> None:
    # Without their figures, so that only the phrasing counts.
    phrasings = {
        re.sub(r"\d[\d,.]*", "#", terms_of(random_comparison(seed), explainer)[position]["meaning"]["text"])
        for seed in range(20)
        for position in (0, 1)
    }

    assert len(phrasings) > 15


def test_the_same_data_make_the_same_text(explainer: Explainer) -> None:
    assert terms_of(random_comparison(5), explainer) == terms_of(random_comparison(5), explainer)


def described(first: Sequence[float], second: Sequence[float], explainer: Explainer) -> list[str]:
    return [" ".join(texts(term)) for term in terms_of(comparison(first, second), explainer)]


def test_who_never_leads(explainer: Explainer) -> None:
    first, second = described([5, 6, 7, 8], [1, 2, 3, 4], explainer)

    assert 'It was ahead of "hot chocolate" in all 4 weeks.' in first
    assert 'It was never ahead of "iced tea".' in second


def test_a_single_change_of_the_lead(explainer: Explainer) -> None:
    first, second = described([5, 6, 1, 1], [1, 2, 3, 4], explainer)

    assert "in 2 of 4 weeks (50%); the lead changed once, in the week of 21 January 2024, and since then" in first
    assert first.split("since then ")[1].startswith("it has been behind.")
    assert second.split("since then ")[1].startswith("it has been ahead.")


def test_equal_series_have_no_leader(explainer: Explainer) -> None:
    first, second = described([5, 6, 5], [5, 6, 5], explainer)

    assert 'It was level with "hot chocolate" throughout.' in first
    assert 'It was level with "iced tea" throughout.' in second


@pytest.mark.parametrize(("value", "written"), [(0, "0"), (7, "7"), (0.5, "0.5")])
def test_constant_series(value: float, written: str, explainer: Explainer) -> None:
    first, _ = described([value] * 6, [1, 2, 3, 4, 5, 6], explainer)

    assert first.startswith(f'"iced tea" stood at {written} in all 6 weeks from 7 January 2024 to 11 February 2024.')


def test_single_values(explainer: Explainer) -> None:
    first, second = described([5], [9], explainer)

    assert first == (
        'There is a single value for "iced tea": 5 in the week of 7 January 2024. '
        'It was never ahead of "hot chocolate".'
    )
    assert 'It was ahead of "iced tea" in the only week.' in second


def test_growth_decline_and_growth_from_nothing(explainer: Explainer) -> None:
    first, second = described([10.0] * 13 + [15.0] * 13, [40.0] * 13 + [20.0] * 13, explainer)

    assert re.search(r"15, 50% more than (over|the) ", first)
    assert re.search(r"20, 50% less than (over|the) ", second)
    assert (
        "Over the last 13 weeks it averaged 15, after 0 over the 13 before."
        in described([0.0] * 13 + [15.0] * 13, [1.0] * 26, explainer)[0]
    )
    assert (
        "averaged 41, about as much as over the 13 before (40)."
        in described([40.0] * 13 + [41.0] * 13, [1.0] * 26, explainer)[0]
    )


def test_a_peak_in_the_busiest_month_is_a_guess_at_the_season(explainer: Explainer) -> None:
    busy = [90.0 + (number // 12) if number % 12 == 11 else 20.0 for number in range(48)]
    points = [
        {"date": date(2022 + number // 12, number % 12 + 1, 1).isoformat(), "values": [busy[number], 5]}
        for number in range(48)
    ]
    made = Comparison(1, "a-vs-b", ("advent calendar", "b"), "", "", "hash", points)

    term = terms_of(made, explainer)[0]

    assert "December was its busiest month in all 4 whole calendar years." in term["meaning"]["text"]
    for peak in term["peaks"]:
        assert peak["guess"]
        assert "The season is the likely reason, which is a guess: December was its busiest month" in peak["text"]
        # Four of four, and never quite sure: (4 + 1) / (4 + 2).
        assert peak["confidence"] == 0.83


def test_where_a_series_ends_its_top_is_not_known(explainer: Explainer) -> None:
    first, second = described([1, 2, 3, 9], [9, 3, 2, 1], explainer)

    assert "The series ends here, so the true top may lie outside it." in first
    assert "The series begins here, so the true top may lie outside it." in second


def test_missing_values_lower_the_confidence_and_are_told(explainer: Explainer) -> None:
    term = terms_of(comparison([10, None, 30, 20, 10], [1, 2, 3, 4, 5]), explainer)[0]

    assert "Of the 5 values, 1 was missing and is filled in from the values around." in term["meaning"]["text"]
    assert term["meaning"]["confidence"] == 0.8


def test_many_zeros_are_told(explainer: Explainer) -> None:
    assert "In 3 of 5 weeks it was 0." in described([0, 0, 9, 0, 4], [1, 2, 3, 4, 5], explainer)[0]


def test_one_series_that_cannot_be_read_leaves_the_other(explainer: Explainer) -> None:
    first, second = terms_of(comparison([None, None, None], [1, 2, 3]), explainer)

    assert first["meaning"]["text"] == (
        'There are no figures for "iced tea" that could be read, so nothing can be said about it.'
    )
    assert first["peaks"] == []
    assert '"hot chocolate"' in second["meaning"]["text"]


@pytest.mark.parametrize("points", [[], "nonsense", [{"date": "never", "values": [1, 2]}]])
def test_nothing_to_explain(points: Any, explainer: Explainer) -> None:
    made = Comparison(1, "a-vs-b", ("a", "b"), "", "", "hash", points)

    with pytest.raises(NothingToExplain):
        explain(made, explainer, deadline=0)


@pytest.mark.parametrize(
    "term",
    ["</json><script>alert(1)</script>", "x" * 10_000, "a\x00b\u202ec", "\u200b"],
    ids=["markup", "10 kB", "control", "nothing"],
)
def test_hostile_terms_are_cleaned_and_quoted(term: str, explainer: Explainer) -> None:
    first, second = terms_of(comparison(terms=(term, "tea")), explainer)

    assert len(first["term"]) <= 100
    assert first["term"].isprintable()
    assert f'"{first["term"]}"' in first["meaning"]["text"]
    assert f'"{first["term"]}"' in second["meaning"]["text"]
