"""The lock's own code with one mistake in it: nine that such locks are known for, and one for each further claim.

Each is a change of the source: the module is loaded once more, under another name, with the changed lines.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.lock.workers import under_test

Change = tuple[str, str]


@dataclass(frozen=True)
class Mutant:
    """One mistake: what is changed where, and the claim that it breaks (or the other one, whichever is seen first)."""

    name: str
    breaks: str
    or_breaks: str = ""
    lock: tuple[Change, ...] = ()
    fence: tuple[Change, ...] = ()
    hold_fences: tuple[Change, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def locks(self) -> Any:
        """The class `Locks` of the changed module."""
        return under_test(changed("lock", self.lock))

    @property
    def fence_module(self) -> ModuleType:
        """The changed module `fence`."""
        return changed("fence", self.fence)


@cache
def changed(name: str, changes: tuple[Change, ...]) -> ModuleType:
    """Load `nightshift.NAME` once more, with these changes; each must find its place."""
    found = importlib.util.find_spec(f"nightshift.{name}")
    assert found is not None
    assert found.origin is not None
    made = ModuleType(f"changed_{name}")
    exec(compile(altered(Path(found.origin).read_text(), changes), found.origin, "exec"), made.__dict__)  # noqa: S102
    return made


def altered(text: str, changes: tuple[Change, ...]) -> str:
    """Make the changes, all of them."""
    for old, new in changes:
        assert old in text, f"not in the code any more: {old}"
        text = text.replace(old, new)
    return text


_RELEASES = 'self._update(lease.name, update + " REMOVE holder", "holder = :me AND fence = :f", values)'
_DELETES = """self._call(
                "delete_item", Key={"pk": {"S": lease.name}},
                ConditionExpression="holder = :me AND fence = :f", ReturnValuesOnConditionCheckFailure="ALL_OLD",
                ExpressionAttributeValues={":me": {"S": lease.holder}, ":f": {"N": str(lease.fence)}},
            )"""

AS_IT_IS = Mutant("AS_IT_IS", "nothing")

NINE = (
    Mutant(
        "RELEASE_WITHOUT_OWNER_CHECK",
        "somebody else's lease was ended",
        lock=(
            (
                'update + " REMOVE holder", "holder = :me AND fence = :f"',
                'update + " REMOVE holder", "attribute_exists(fence) OR fence = :f"',
            ),
        ),
    ),
    Mutant(
        "DELETE_ON_RELEASE",
        "the fence of the item went back",
        lock=((_RELEASES, _DELETES),),
    ),
    Mutant(
        "NO_MARGIN",
        "two holders inside their deadlines",
        lock=(("self._skew_ms = skew_margin_ms", "self._skew_ms = 0"),),
    ),
    Mutant(
        "DEADLINE_FROM_RESPONSE",
        "two holders inside their deadlines",
        lock=(("started + lease_ms / 1000", "self._monotonic() + lease_ms / 1000"),),
    ),
    Mutant(
        "RENEW_WITHOUT_GUARD",
        "a renewal shortened the lease",
        lock=(("holder = :me AND fence = :f AND until_ms <= :until", "holder = :me AND fence = :f"),),
    ),
    Mutant(
        "HANDOVER_WITHOUT_ADOPT",
        "two holders inside their deadlines",
        "a renewal shortened the lease",
        lock=(('":me": me, ":one": 1, ":until"', '":me": token, ":one": 0, ":until"'),),
    ),
    Mutant(
        "SLOT_ONLY_IN_DYNAMODB",
        "a slot was finished twice",
        fence=(("if lease.slot_ms is None:", "if lease:"),),
    ),
    Mutant(
        "FENCE_WITHOUT_ROW_LOCK",
        "a write was accepted after a newer holder had claimed the fence",
        hold_fences=(("FOR SHARE OF f", ""),),
    ),
    Mutant(
        "NO_FENCE",
        "a write was accepted after a newer holder had claimed the fence",
        fence=(("    if not leases:\n", "    if leases or not leases:\n"),),
    ),
)
FURTHER = (
    Mutant(
        "TAKEN_WITHOUT_ASKING",
        "two holders inside their deadlines",
        lock=(('"(attribute_not_exists(until_ms) OR', '"(attribute_not_exists(until_ms) OR attribute_exists(pk) OR'),),
    ),
    Mutant(
        "LOST_ANSWER_TAKEN_FOR_A_REFUSAL",
        "refused because of itself",
        lock=(('if refused.item.get("holder") != me:', "if True:"),),
    ),
    Mutant(
        "NOTHING_GIVEN_BACK",
        "nothing was given back",
        lock=(("            self._give_back_unknown(name, me)\n            raise", "            raise"),),
    ),
    Mutant(
        "AT_LEAST_FORGOTTEN",
        "given before at-least-for was over",
        lock=(("if at_least_s else 0", "if False else 0"),),
    ),
    Mutant(
        "RENEWAL_NOT_TIMED",
        "a lease that had ended when its answer came",
        lock=(("if self._monotonic() >= deadline:", "if not lease:"),),
    ),
    Mutant(
        "RENEWAL_TAKES_AWAY",
        "a renewal shortened the lease",
        lock=(("max(lease.deadline, started + lease_ms / 1000)", "started + lease_ms / 1000"),),
    ),
    Mutant(
        "ADOPTED_BY_ANYBODY",
        "two holders inside their deadlines",
        lock=(('"(holder = :token AND fence = :f)"', '"(holder = :token OR :f <= fence)"'),),
    ),
    Mutant(
        "ANSWER_NOT_TIMED",
        "a lease that had ended when its answer came",
        lock=(("if self._monotonic() < lease.deadline:", "if lease:"),),
    ),
    Mutant(
        "DONE_SLOT_NOT_ASKED",
        "a slot was given that is done",
        lock=(("OR done_slot < :slot)", "OR done_slot < :slot OR :slot <= done_slot)"),),
    ),
    Mutant(
        "REPEATED_RELEASE_TOLD_AS_LOST",
        "told as not ours although it was released",
        lock=(('return refused.item.get("last_holder") == lease.holder', "return False"),),
    ),
    Mutant(
        "REFUSAL_WITHOUT_HOLDER",
        "wrongly told why",
        lock=(("return Refusal.read(name, item, HELD", "return Refusal.read(name, {}, HELD"),),
    ),
    Mutant(
        "LEASE_NEVER_LAPSES",
        "refused although it was free",
        lock=(
            (
                '"(attribute_not_exists(until_ms) OR until_ms < :free)"',
                '"(attribute_not_exists(until_ms) OR (until_ms < :free AND attribute_not_exists(holder)))"',
            ),
        ),
    ),
    Mutant(
        "RENEWED_BY_THE_GIVER",
        "renewed by somebody who does not hold it",
        lock=(
            (
                "holder = :me AND fence = :f AND until_ms <= :until",
                "(holder = :me OR (origin = :me AND attribute_exists(holder))) AND :f <= fence AND until_ms <= :until",
            ),
        ),
    ),
)
# These take the longest to be seen; the short form leaves them to tests of their own conditions.
LAST = (
    Mutant(
        "AT_LEAST_ENDS_EARLY",
        "given before at-least-for was over",
        lock=((':until": free_at', ':until": free_at if free_at > now else 0'),),
    ),
)
