"""Whatever happens in whatever order: nobody gets more than the cap, and everything is told exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.delivery.conftest import SETTINGS, Store
from tests.support.ses import Ses

CAP = int(SETTINGS["MAX_EMAILS_PER_USER_PER_DAY"])
NEWS = st.tuples(st.sampled_from(["ada", "ben"]), st.integers(1, 60))
EVENTS = st.lists(NEWS | st.sampled_from(["deliver", "deliver", "midnight"]), max_size=10)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS)
def test_told_once_and_never_over_the_cap(
    store: Store, ses: Ses, deliver: Callable[[], dict[str, Any]], events: list[tuple[str, int] | str]
) -> None:
    store.run("TRUNCATE users, products, mails RESTART IDENTITY CASCADE")
    ses.mails.clear()
    told, today = 0, Counter[str]()
    for happens in (*events, "midnight", "deliver"):
        before = len(ses.mails)
        if happens == "midnight":
            store.run("UPDATE mails SET day = day - 1")
            today.clear()
        elif happens == "deliver":
            told += deliver()["processed"]
        else:
            store.tell(*happens)
        new = ses.addressees[before:]
        assert max(Counter(new).values(), default=0) <= 1, "one digest a person and delivery"
        today.update(new)
        assert max(today.values(), default=0) <= CAP

    assert set(store.statuses) <= {"sent"}
    assert told == len(store.statuses)
    shown = [mail.part("plain").count("\n* ") for mail in ses.mails]
    assert all(1 <= number <= 50 for number in shown)
