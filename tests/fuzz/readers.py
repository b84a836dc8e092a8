# ruff: noqa: PT017 - a reader may refuse or accept, and both must be right
"""The other readers of what callers, operators and databases say: each refuses in the one way that it declares."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from api.incoming import Incoming
from nightshift import Choice, Flag, Integer, Text
from nightshift.cursor import Cursor, CursorParameter
from nightshift.errors import InvalidEvent, InvalidSchedule, SettingsError
from nightshift.event import JobEvent
from nightshift.outbound import AddressRefused, WebAddress
from nightshift.outbound.retry_after import LONGEST_S, retry_after_s
from nightshift.routes import Problem
from nightshift.schedule import parse as parse_schedule
from nightshift.settings import env, load
from product_checks.extraction.hints import Hints
from product_checks.extraction.money import MAX_PRICE, read_amount
from tests.fuzz.target import JSON, NASTY, SCALARS, TEXT, Target
from warmup.series import MOST_PERIODS, UnusableSeries, read_series

PARAMETERS = (
    Integer("limit", 1, 500, 50),
    Text("shelf", max_length=20),
    Text("slug", max_length=10, pattern="[a-z]+", form="a slug"),
    Flag("dry"),
    Choice("status", ("success", "failed")),
)
_KNOWN = {parameter.name for parameter in PARAMETERS}
NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)

# ---- The event of a job ----------------------------------------------------------------------------------------------

_LEASES = st.fixed_dictionaries({}, optional={"holder": SCALARS, "fence": SCALARS}) | JSON
EVENTS = JSON | st.fixed_dictionaries(
    {},
    optional={
        "trigger": st.sampled_from(["schedule", "http", "manual"]) | JSON,
        "slot": st.datetimes().map(str) | st.sampled_from(["0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00"]) | JSON,
        "run_id": st.uuids().map(str) | JSON,
        "lease": _LEASES,
        "params": st.dictionaries(st.sampled_from(sorted(_KNOWN)) | TEXT, SCALARS, max_size=4) | JSON,
        "part": st.integers() | JSON,
    },
)  # fmt: skip


def check_event(raw: Any) -> None:
    """An event is understood within its bounds, or refused with what would be right."""
    try:
        event = JobEvent.parse(raw, PARAMETERS)
    except InvalidEvent as error:
        assert error.problems
        return
    assert set(event.params) == _KNOWN
    assert event.params["limit"] is None or 1 <= event.params["limit"] <= 500
    assert event.run_id is None or UUID(event.run_id)
    assert 1 <= event.part < 2**31
    assert event.slot is None or (event.slot.tzinfo is not None and isinstance(event.slot_ms, int))


# ---- Cursors ---------------------------------------------------------------------------------------------------------

CURSORS = TEXT | st.builds(Cursor, st.datetimes(timezones=st.just(UTC)), st.uuids()).map(str) | st.builds(
    lambda text, at, piece: text[:at] + piece + text[at:],
    st.builds(Cursor, st.datetimes(timezones=st.just(UTC)), st.integers(1, 2**63 - 1)).map(str),
    st.integers(0, 60), st.text("ABCabc019-_=", max_size=3),
)  # fmt: skip


def check_cursor(text: str) -> None:
    """A cursor has one spelling, or is refused."""
    for kind in (UUID, int):
        try:
            cursor = CursorParameter(kind).parse(text)
        except ValueError:
            continue
        assert str(cursor) == text
        assert cursor.at.tzinfo is not None


# ---- Settings --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Settings:
    url: str = env("SHOP_URL")
    limit: int = env("LIMIT", default=5, minimum=1, maximum=100)
    dry: bool = env("DRY", default=False)


ENVIRONMENTS = st.dictionaries(
    st.sampled_from(["SHOP_URL", "LIMIT", "DRY", "OTHER"]),
    TEXT | st.integers().map(str) | st.sampled_from(["true", "0", "yes", " 7 ", "+7", "7_0", "\u0667", "1e1"]),
)


def check_settings(environ: dict[str, str]) -> None:
    """Settings are within their bounds, or all that is wrong is named, and no value is shown."""
    try:
        settings = load(_Settings, environ)
    except SettingsError as error:
        assert error.problems
        known = "SHOP_URL is missing LIMIT must be a whole number from 1 to 100 DRY must be true or false"
        assert all(problem in known for problem in error.problems)
        return
    assert 1 <= settings.limit <= 100
    assert settings.url


# ---- Schedules -------------------------------------------------------------------------------------------------------

_FIELD = st.sampled_from([
    "*", "?", "0", "1", "59", "60", "23", "31", "12", "L", "LW", "15W", "1-5", "5-1", "*/15", "0/0", "*/0", "1,2",
    ",", "MON",
    "mon-fri", "SUN#2", "6L", "2#6", "8", "FEB", "30", "2026", "1970-2199", "2200", "2026/1000", "-1", "1e3",
    "\u0661", "99999",
    "JAN-DEC/5", "7/2", "#", "*-5", "0-59/61",
])  # fmt: skip
SCHEDULES = st.tuples(
    TEXT
    | st.lists(_FIELD, min_size=5, max_size=7).map(lambda fields: f"cron({' '.join(fields)})")
    | st.builds(lambda n, unit: f"rate({n} {unit})", st.integers(-1, 10**7), st.sampled_from(["minute", "hours",
    "day", "s"])),
    st.sampled_from(["UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "../etc/passwd", "", "utc\0",
    "x" * 300])
    | NASTY,
)  # fmt: skip


def check_schedule(given: tuple[str, str]) -> None:
    """A schedule says when it fires next, later each time, or that it never does; or it is refused."""
    try:
        schedule = parse_schedule(*given)
    except InvalidSchedule:
        return
    moment = NOW
    for _ in range(3):
        following = schedule.next_after(moment)
        if following is None:
            return
        assert following > moment
        assert following.utcoffset() == timedelta(0)
        moment = following


# ---- Money -----------------------------------------------------------------------------------------------------------

_MARKS = st.sampled_from(
    [
        ".",
        ",",
        " ",
        "'",
        "\u00a0",
        "\u202f",
        "-",
        "\u2013",
        "%",
        "$",
        "€",
        "kr",
        "EUR",
        "to",
        "<b>",
        "&nbsp;",
        "e",
        "\u066b",
    ]
)
AMOUNTS = st.tuples(
    st.lists(st.integers(0, 10**6).map(str) | _MARKS, max_size=9).map("".join) | TEXT | SCALARS | st.decimals(),
    st.sampled_from([None, "EUR", "USD", "JPY", "KWD", "IQD", "TND", "INR"]),
)  # fmt: skip


def check_amount(given: tuple[Any, str | None]) -> None:
    """A price is positive and finite, its digits are those that were written; or there is none."""
    raw, currency = given
    amount = read_amount(raw, currency, Hints())
    if amount is None:
        return
    assert 0 < amount.low < MAX_PRICE
    assert amount.high is None or amount.low < amount.high < MAX_PRICE
    if isinstance(raw, str) and raw.isascii() and len(raw) < 15:
        assert f"{amount.low:f}".replace(".", "").strip("0") in "".join(filter(str.isdigit, raw))


# ---- Stored series ---------------------------------------------------------------------------------------------------

_DATES = (
    st.dates().map(str)
    | st.sampled_from(["2026-11", "2026-02-30", "0000-00-00", "2026-11-22T00:00:00Z", "9999-12-31"])
    | TEXT
)
_POINTS = st.fixed_dictionaries(
    {}, optional={"date": _DATES, "values": st.lists(SCALARS, max_size=3) | JSON, "isPartial": SCALARS}
)  # fmt: skip
SERIES = st.lists(_POINTS | JSON, max_size=12) | JSON | st.builds(
    lambda start, step, values: [
        {"date": f"{start + timedelta(days=step * n)}", "values": [value, value]} for n, value in enumerate(values)
    ],
    st.dates(datetime(1950, 1, 1, tzinfo=UTC).date(), datetime(2100, 1, 1, tzinfo=UTC).date()),
    st.sampled_from([0, 1, 7, 30, 31, 365]), st.lists(st.floats() | st.integers(), max_size=30),
)  # fmt: skip


def check_series(points: Any) -> None:
    """A series is regular, finite and not too long, or refused."""
    try:
        series = read_series(points, 0)
    except UnusableSeries:
        return
    assert 1 <= len(series.values) == len(series.dates) <= MOST_PERIODS
    assert all(math.isfinite(value) and value >= 0 for value in series.values)
    assert list(series.dates) == sorted(set(series.dates))


# ---- Requests --------------------------------------------------------------------------------------------------------

_BODIES = (
    TEXT | JSON.map(json.dumps) | st.sampled_from(["[" * 5000, '{"a":' * 5000, '{"a":1,"a":2}', "\ufeff{}", "1" * 5000])
)
REQUESTS = JSON | st.fixed_dictionaries(
    {},
    optional={
        "rawPath": TEXT,
        "rawQueryString": TEXT | st.sampled_from(["a=1&a=2", "a=%ff", "&" * 200, "a=" + "x" * 9000, "=", "%00=%00"]),
        "headers": st.dictionaries(st.sampled_from(["Content-Type", "content-type", "X-Job-Secret"]) | TEXT, JSON,
        max_size=4)
        | st.just({"Content-Type": "application/json"}),
        "body": _BODIES | JSON,
        "isBase64Encoded": st.booleans() | JSON,
        "requestContext": JSON | st.builds(lambda method: {"http": {"method": method}}, TEXT | st.just("POST")),
    },
)  # fmt: skip


def check_request(raw: Any) -> None:
    """A request is read, or refused with a status of its caller's own making."""
    incoming = Incoming.read(raw, "fallback")
    assert incoming.id
    for read in (incoming.query, incoming.body):
        try:
            assert isinstance(read(), dict)
        except Problem as problem:
            assert 400 <= problem.status < 500
            assert problem.detail


# ---- Addresses and waiting times -------------------------------------------------------------------------------------

ADDRESSES = TEXT | st.builds(
    lambda scheme, host, tail: f"{scheme}{host}{tail}",
    st.sampled_from(["http://", "https://", "HTTP://", "http:", "//", "file://", "http:\\\\"]),
    st.lists(NASTY | st.sampled_from(["shop", ".", "example", "@", ":", "8080", "[", "]", "::1", "127.0.0.1", "xn--",
    "0x7f"]),
             max_size=5).map("".join),
    st.sampled_from(["", "/", "/a/../b", "?q=\u20ac", "#x", "/%zz", "/\\x"]) | TEXT,
)  # fmt: skip


def check_address(text: str) -> None:
    """An address has one meaning, or is refused without showing what a query held."""
    try:
        address = WebAddress.parse(text)
    except AddressRefused:
        return
    assert WebAddress.parse(address.url) == address
    assert address.url.isascii()
    assert address.url.isprintable()
    assert "?" not in address.shown


def check_retry_after(text: str) -> None:
    """A waiting time is at most a day, or none."""
    seconds = retry_after_s(text)
    assert seconds is None or 0 <= seconds <= LONGEST_S


TARGETS = (
    Target("event parser", EVENTS, check_event),
    Target("cursor", CURSORS, check_cursor),
    Target("settings", ENVIRONMENTS, check_settings),
    Target("schedule parser", SCHEDULES, check_schedule),
    Target("money parser", AMOUNTS, check_amount, 50),
    Target("series reader", SERIES, check_series),
    Target("request reader", REQUESTS, check_request),
    Target("web addresses", ADDRESSES, check_address),
    Target("Retry-After", TEXT | st.integers().map(str) | st.datetimes().map(str), check_retry_after),
)
