"""Settings from the environment: all that is wrong at once, and no value of it shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.incoming import Incoming
from nightshift.errors import SettingsError
from nightshift.platform import PlatformSettings, platform
from nightshift.routes import Request
from nightshift.settings import env, load


@dataclass(frozen=True)
class Sample:
    name: str = env("NAME")
    count: int = env("COUNT", default=5, minimum=1, maximum=10)
    floor: int = env("FLOOR", default=0, minimum=0)
    roof: int = env("ROOF", default=0, maximum=9)
    on: bool = env("ON", default=False)


def test_what_is_set_is_read_and_the_rest_has_its_default() -> None:
    found = load(Sample, {"NAME": " x ", "COUNT": "10", "ON": "Yes", "FLOOR": "", "OTHER": "ignored"})
    assert found == Sample("x", 10, 0, 0, True)


@pytest.mark.parametrize(("raw", "value"), [("true", True), ("1", True), ("ON", True), ("no", False), ("0", False)])
def test_yes_and_no_have_a_few_words(raw: str, value: bool) -> None:
    assert load(Sample, {"NAME": "x", "ON": raw}).on is value


def test_every_problem_is_listed_at_once_and_no_value_is_shown() -> None:
    environ = {"COUNT": "geheim", "FLOOR": "-1", "ROOF": "10", "ON": "geheim"}
    with pytest.raises(SettingsError) as caught:
        load(Sample, environ)
    assert caught.value.problems == (
        "NAME is missing",
        "COUNT must be a whole number from 1 to 10",
        "FLOOR must be a whole number of at least 0",
        "ROOF must be a whole number of at most 9",
        "ON must be true or false",
    )
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("raw", ["0", "11", "5.0", "1e1", "five", "0x5", "--5"])
def test_bounds_include_both_ends_and_nothing_beyond(raw: str) -> None:
    assert load(Sample, {"NAME": "x", "COUNT": "1"}).count == 1
    with pytest.raises(SettingsError, match="COUNT must be a whole number from 1 to 10"):
        load(Sample, {"NAME": "x", "COUNT": raw})


@given(st.dictionaries(st.sampled_from(["NAME", "COUNT", "FLOOR", "ROOF", "ON"]), st.text()))
def test_whatever_the_environment_holds_only_a_settings_error_comes_of_it(environ: dict[str, str]) -> None:
    try:
        found = load(Sample, environ)
    except SettingsError as error:
        assert error.problems  # noqa: PT017  # either is fine
    else:
        assert 1 <= found.count <= 10


def test_the_platform_names_all_that_it_needs(monkeypatch: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        platform()
    assert caught.value.problems == ("LOCK_TABLE is missing", "DATABASE_SECRET_REF (or DATABASE_URL) is missing")
    monkeypatch.setenv("LOCK_TABLE", "locks")
    monkeypatch.setenv("DATABASE_SECRET_REF", "ssm:/db")
    assert platform().settings.lock_table == "locks", "a failure is not remembered"
    assert platform() is platform()


def test_what_may_be_a_secret_is_in_no_repr() -> None:
    address = "postgresql://shop:Sesame@db.example/shop"
    environ = {"LOCK_TABLE": "locks", "DATABASE_URL": address, "ANALYTICS_DATABASE_URL": address}
    event = {
        "rawPath": "/api/jobs", "headers": {"X-Job-Secret": "Sesame"}, "cookies": ["__Host-session=Sesame"],
        "body": '{"secret": "Sesame"}',
    }  # fmt: skip

    assert "Sesame" not in repr(load(PlatformSettings, environ))
    assert "Sesame" not in repr(Incoming.read(event, "1"))
    assert "Sesame" not in repr(Request(None, "job", body={"a": "Sesame"}, headers={"b": "Sesame"}))  # type: ignore[arg-type]
