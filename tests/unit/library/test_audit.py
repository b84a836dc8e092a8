"""What the audit log keeps of a change, and what it never keeps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightshift.audit import entry

ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "name", ["secret", "X-Job-Secret", "password", "callbackToken", "Authorization", "cookie", "apiKey", "api_key"]
)
def test_no_value_of_a_name_that_sounds_like_a_secret_is_kept(name: str) -> None:
    said = entry("admin", "change", "it", {"inner": [{name: "hunter2"}]}, {name: ["hunter2"], "plain": 5})

    assert "hunter2" not in said
    assert '"plain": 5' in said


def test_that_there_is_no_secret_is_none() -> None:
    assert '"token": null' in entry("admin", "change", "it", {"token": None})


@given(st.text(), st.text(max_size=3000), ANYTHING, ANYTHING)
def test_whatever_is_told_can_be_written(who: str, subject: str, before: Any, after: Any) -> None:
    said = entry(who, "change", subject, before, after, request_id="r")

    assert "\x00" not in said
    assert "\\u0000" not in said
    said.encode()


def test_an_entry_stays_small() -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"inner": deep}

    said = entry("admin", "change", "x" * 5000, {"text": "y" * 100_000, "list": list(range(10_000))}, deep)

    assert len(said) < 4000
