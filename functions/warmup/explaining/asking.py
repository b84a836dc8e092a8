"""Asks a model to explain a comparison: within the budget, until the deadline, with one chance to correct itself."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from warmup.comparison import Comparison
from warmup.explaining.budget import Budget, Reservation
from warmup.explaining.bundle import TermExplanation
from warmup.explaining.calling import CallFailed, Model, Reply, run_within
from warmup.explaining.contract import SCHEMA, AnswerRefused, read_answer
from warmup.explaining.errors import (
    ExplainerRefused,
    ExplainerUnavailable,
    ExplainingError,
    OutOfTime,
)
from warmup.explaining.facts import Facts
from warmup.explaining.pricing import NO_USAGE, Prices, Usage
from warmup.explaining.prompt import Prompt, make_prompt
from warmup.explaining.retrying import PATIENT, Retries

_CHANCES: Final = 2
# What a server puts around a prompt: roles, the schema again as a tool, its own instructions for tools.
_TOKENS_AROUND: Final = 1000 + len(str(SCHEMA))
# A call with less time left would only cost money.
_LEAST_S: Final = 0.5
# The only thing that may go on after the deadline.
_SETTLING_S: Final = 3.0


@dataclass(frozen=True)
class Asker:
    """A model with all that asking it takes; threads may share it."""

    model: Model
    budget: Budget
    prices: Prices
    max_output_tokens: int
    timeout_s: float
    retries: Retries = PATIENT

    def ask(
        self, comparison: Comparison, facts: Facts, deadline: float
    ) -> tuple[tuple[TermExplanation, TermExplanation] | None, Usage]:
        """Return both terms' explanations, None where the model breaks the contract twice; and what was used.

        Raises:
            ExplainingError: there was no answer, or none may be asked for; with what was used all the same.
        """
        return _Asking(self, comparison, facts, deadline).run()


class _Asking:
    """One comparison's calls."""

    def __init__(self, asker: Asker, comparison: Comparison, facts: Facts, deadline: float) -> None:
        self._asker = asker
        self._comparison = comparison
        self._facts = facts
        self._deadline = deadline
        self._ends = min(deadline, time.monotonic() + asker.retries.patience_s)
        self._usage = NO_USAGE

    def run(self) -> tuple[tuple[TermExplanation, TermExplanation] | None, Usage]:
        problems: tuple[str, ...] = ()
        for _ in range(_CHANCES):
            reply = self._reply(make_prompt(self._comparison, self._facts, problems))
            try:
                return read_answer(reply.text, self._facts), self._usage
            except AnswerRefused as refused:
                problems = refused.problems
        return None, self._usage

    def _reply(self, prompt: Prompt) -> Reply:
        try:
            return self._asker.retries.until_answered(lambda: self._attempt(prompt), self._ends)
        except CallFailed as failure:
            if time.monotonic() + _LEAST_S >= self._deadline:
                raise OutOfTime(str(failure), usage=self._usage) from None
            kind = ExplainerUnavailable if failure.temporary else ExplainerRefused
            raise kind(str(failure), usage=self._usage) from None
        except ExplainingError as error:
            error.usage = self._usage
            raise

    def _attempt(self, prompt: Prompt) -> Reply:
        used = worst = self._worst(prompt)
        reservation = run_within(self._timeout_s(), lambda: self._asker.budget.reserve(worst.cost_usd))
        try:
            timeout_s = self._timeout_s()
            reply = run_within(timeout_s, lambda: self._asker.model.ask(prompt, timeout_s))
            used = self._used(reply, worst)
        except CallFailed as failure:
            used = worst if failure.may_be_billed else Usage(attempts=1)
            raise
        finally:
            # Whatever else was raised: the worst case stays.
            self._usage += used
            self._settle(reservation, used)
        return reply

    def _settle(self, reservation: Reservation, used: Usage) -> None:
        # Where the table does not answer in time, the reservation stays.
        with suppress(CallFailed):
            run_within(_SETTLING_S, lambda: self._asker.budget.settle(reservation, used.cost_usd))

    def _timeout_s(self) -> float:
        left_s = self._ends - time.monotonic()
        if left_s < _LEAST_S:
            raise CallFailed("no time left for a call", temporary=True, may_be_billed=False)
        return min(self._asker.timeout_s, left_s)

    def _worst(self, prompt: Prompt) -> Usage:
        return self._priced(prompt.size + _TOKENS_AROUND, self._asker.max_output_tokens)

    def _used(self, reply: Reply, worst: Usage) -> Usage:
        into, out = reply.input_tokens, reply.output_tokens
        return self._priced(
            worst.input_tokens if into is None else into,
            worst.output_tokens if out is None else out,
        )

    def _priced(self, input_tokens: int, output_tokens: int) -> Usage:
        cost = self._asker.prices.cost(input_tokens, output_tokens)
        return Usage(input_tokens, output_tokens, cost, attempts=1)
