"""What can keep a comparison from being explained.

ExplainingError
├── BudgetExhausted          today's money is spent: ask no more today
├── BudgetUnknown            the counter of the money cannot be reached, so nothing may be spent
├── ExplainerRefused         credentials, model or request are refused: the next comparison will fare no better
├── ExplainerUnavailable     no answer, several times over: a later run may fare better
│   └── OutOfTime            the caller's deadline came first
└── NothingToExplain         neither series can be read
"""

from __future__ import annotations

from typing import ClassVar

from nightshift.errors import NightshiftError
from warmup.explaining.pricing import NO_USAGE, Usage


class ExplainingError(NightshiftError):
    """The comparison was not explained.

    Attributes:
        code: for logs and counts.
        usage: what was spent on it all the same.
    """

    code: ClassVar[str] = "not_explained"

    def __init__(self, message: str | None = None, *, usage: Usage = NO_USAGE) -> None:
        self.usage = usage
        super().__init__(message)


class BudgetExhausted(ExplainingError):
    """The daily budget for explanations is spent."""

    code = "budget_exhausted"


class BudgetUnknown(ExplainingError):
    """The counter of the daily budget cannot be reached, so nothing may be spent."""

    code = "budget_unknown"


class ExplainerRefused(ExplainingError):
    """The explainer refuses what it is asked; a retry cannot help."""

    code = "explainer_refused"


class ExplainerUnavailable(ExplainingError):
    """The explainer did not answer."""

    code = "explainer_unavailable"


class OutOfTime(ExplainerUnavailable):
    """There was no time left to explain it."""

    code = "out_of_time"


class NothingToExplain(ExplainingError):
    """Neither series has figures to explain."""

    code = "nothing_to_explain"
