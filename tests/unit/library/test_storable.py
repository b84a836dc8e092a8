"""What PostgreSQL cannot keep is replaced, and nothing else."""

from __future__ import annotations

import pytest

from nightshift.sql import literal
from nightshift.storable import storable


@pytest.mark.parametrize(
    ("text", "kept"),
    [("ünïcode 🎈", "ünïcode 🎈"), ("a\x00b", "a\ufffdb"), ("cut \ud83d", "cut \ufffd"), ("", "")],
    ids=["any text", "NUL", "half of a pair", "nothing"],
)
def test_every_text_comes_out_as_one_that_can_be_written(text: str, kept: str) -> None:
    assert storable(text) == kept
    assert literal(storable(text)) == f"'{kept}'"


def test_it_is_cut_where_that_is_asked_for() -> None:
    assert storable("x" * 20, 7) == "x" * 7
