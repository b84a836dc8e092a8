"""Remove what is old in short batches that wait for nobody, rule by rule."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from housekeeping.rules import RULES, Rule
from housekeeping.settings import RetentionSettings, load_settings
from nightshift import Outcome, Run
from nightshift.errors import DatabaseError, DatabaseUnavailable
from nightshift.sql import queries


@dataclass
class _Tally:
    """What this run has removed, by table, earlier parts included, and what this part has met."""

    removed: Counter[str]
    here: int = 0
    errors: list[str] = field(default_factory=list)
    longest_s: float = 0.0

    def add(self, table: str, removed: int, took_s: float) -> None:
        self.removed[table] += removed
        self.here += removed
        self.longest_s = max(self.longest_s, took_s)

    def outcome(self, *, done: bool) -> Outcome:
        return Outcome(
            processed=self.here,
            failed=len(self.errors),
            errors=self.errors,
            metadata={"removed": dict(self.removed), "longestBatchMs": round(self.longest_s * 1000)},
            unfinished=None if done else {},
        )


def remove_old(run: Run) -> Outcome:
    """Apply every rule, as long as the time lasts; a table that cannot be cleared stops no other.

    Raises:
        SettingsError: a limit is wrong; nothing was removed.
    """
    settings = load_settings(os.environ)
    tally = _Tally(_removed_before(run))
    done = all(_apply(run, rule, limit_of(rule, settings), tally) for rule in RULES)
    return tally.outcome(done=done)


def limit_of(rule: Rule, settings: RetentionSettings) -> int:
    """Return after how many days the rows of a rule go; 0 = never."""
    return rule.days if isinstance(rule.days, int) else int(getattr(settings, rule.days))


def statement_of(rule: Rule) -> str:
    """Return the statement that removes a batch, with its values left open."""
    return queries("housekeeping")["remove_batch"].format(table=rule.table, age=rule.age, only=f"({rule.only})")


def _apply(run: Run, rule: Rule, days: int, tally: _Tally) -> bool:
    """Remove what a rule names; return whether there was time for all of it."""
    if not days:
        return True
    try:
        return _remove(run, rule, days, tally)
    except DatabaseUnavailable:
        raise
    except DatabaseError as error:
        tally.errors.append(f"{rule.table}: {error}")
        return True


def _remove(run: Run, rule: Rule, days: int, tally: _Tally) -> bool:
    after: Any = "-infinity"
    while run.time_left_s > 0:
        started = time.monotonic()
        batch = run.write(statement_of(rule), after=after, days=days, size=rule.batch)[0]
        tally.add(rule.table, batch["removed"], time.monotonic() - started)
        if batch["found"] < rule.batch:
            return True
        after = batch["last_age"]
        run.checkpoint()
    return False


def _removed_before(run: Run) -> Counter[str]:
    rows = run.database.read(queries("housekeeping")["removed_before"], run_id=run.id)
    before: Mapping[str, int] = rows[0]["removed"] if rows else {}
    return Counter(before)
