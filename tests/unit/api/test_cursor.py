"""Cursors come back as they went out, and nothing else is one."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightshift.cursor import Cursor, CursorParameter


@given(at=st.datetimes(timezones=st.just(UTC)), number=st.integers(0, 2**128 - 1))
def test_a_cursor_comes_back_as_it_went_out(at: datetime, number: int) -> None:
    cursor = Cursor(at, UUID(int=number))

    assert CursorParameter().parse(str(cursor)) == cursor
    assert str(cursor).replace("-", "").replace("_", "").isalnum()


def _encoded(content: str) -> str:
    return urlsafe_b64encode(content.encode()).decode().rstrip("=")


_ID = UUID(int=5).hex


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "é", "====", "a" * 10_000, _encoded("{}"), _encoded("[]"), _encoded('["a", "b"]'),
        _encoded(f'["2026-01-01T00:00:00","{_ID}"]'), _encoded(f'["2026-01-01T00:00:00+00:00", "{_ID}"]'),
        _encoded("[1, 2]"), _encoded("[" * 5000),
        _encoded(f'["2026-01-01T00:00:00+00:00","{_ID}"]') + "=", _encoded(f'["2026-01-01T00:00:00+00:00","{_ID}",1]'),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="nextCursor"):
        CursorParameter().parse(text)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: urlsafe_b64encode(raw).decode()))
def test_made_up_cursors_never_break_anything(text: str) -> None:
    with pytest.raises(ValueError, match="nextCursor"):
        CursorParameter().parse(text)
