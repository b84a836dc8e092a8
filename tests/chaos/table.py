"""The table of a chaos run, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.chaos.rounds import Account


def lines(accounts: Sequence[Account]) -> Iterator[str]:
    """Return a block for each job: the faults, and each effect as it was expected and found."""
    for account in accounts:
        yield ""
        number = account.injected.total()
        yield f"{account.job}: {number} faults in {account.took_s:.0f} s{'' if account.holds else '   DOES NOT HOLD'}"
        yield f"  injected  {_counted(account.injected)}"
        if account.missed:
            yield f"  not met   {_counted(account.missed)}"
        yield f"  runs      {_counted(account.results)}"
        yield f"  {'':32}{'expected':>14}{'found':>10}"
        for effect in account.effects:
            yield f"  {effect.what:32}{effect.wanted:>14}{effect.found:>10}{'' if effect.holds else '   WRONG'}"
        for problem in account.problems:
            yield f"  WRONG: {problem}"


def _counted(counter: object) -> str:
    items = sorted(counter.items()) if isinstance(counter, dict) else []
    return ", ".join(name if number == 1 else f"{name} ({number})" for name, number in items)
