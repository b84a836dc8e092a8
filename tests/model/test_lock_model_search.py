"""The short form of `make model`: the variations that take a moment, and three of the seeded mistakes."""

from __future__ import annotations

import pytest

from tests.model import check

SEARCHES = check.searches(short=True)


@pytest.mark.skipif(bool(check.missing()), reason=f"the model needs {check.missing()}")
@pytest.mark.parametrize("wanted", SEARCHES, ids=str)
def test_what_is_searched_ends_as_it_must(wanted: check.Search) -> None:
    assert list(check.differences(wanted, check.search(wanted))) == []


def test_every_mistake_is_seeded_somewhere() -> None:
    text = check.MODEL.read_text()

    assert all(f"BUG_{bug}" in text for bug in {**check.BUGS, **check.FURTHER})
