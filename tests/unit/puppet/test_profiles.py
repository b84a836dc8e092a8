"""One profile has one form, however it is written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from puppet.profiles import profile_of


@pytest.mark.parametrize(
    "written",
    [
        "https://www.linkedin.com/in/ada-quist",
        "https://www.linkedin.com/in/ada-quist/",
        "http://linkedin.com/in/Ada-Quist",
        "HTTPS://WWW.LINKEDIN.COM/IN/ADA-QUIST//",
        "https://m.linkedin.com/in/ada-quist?trk=x&y=/z",
        "https://uk.linkedin.com/in/ada-quist#about",
        "linkedin.com/in/ada-quist",
        "www.linkedin.com/in/ada%2Dquist",
        "https://www.linkedin.com/in/%61da-quist/de",
        "https://www.linkedin.com/in/ada-quist/details/skills/",
        "https://www.linkedin.com/mwlite/in/ada-quist",
        "  https://www.linkedin.com/in/ada-quist\n",
        "https://www.linkedin.com:443/in/ada-quist",
    ],
)
def test_ways_to_write_one_profile(written: str) -> None:
    assert profile_of({"profile": written}) == "linkedin.com/in/ada-quist"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.linkedin.com/in/ada", "https://www.linkedin.com/in/ada-quist"),
        ("https://www.linkedin.com/in/ada", "https://www.linkedin.com/company/ada"),
        ("https://example.com/ada", "https://example.org/ada"),
        ("https://example.com/people/ada", "https://example.com/people/ben"),
        ("ada", "ben"),
    ],
)
def test_others_stay_others(one: str, other: str) -> None:
    assert profile_of({"profile": one}) != profile_of({"profile": other})


def test_letters_beyond_ascii_are_the_same_encoded_and_composed_or_not() -> None:
    forms = ["linkedin.com/in/zo%C3%AB", "linkedin.com/in/zo\u00eb", "linkedin.com/in/Zoe\u0308"]

    assert {profile_of({"profile": form}) for form in forms} == {"linkedin.com/in/zo\u00eb"}


@pytest.mark.parametrize("field", ["profile", "profileUrl", "profile_url"])
def test_the_payload_may_name_it_so(field: str) -> None:
    assert profile_of({field: "Ada-Quist/"}) == "ada-quist"


@pytest.mark.parametrize(
    "payload", [{}, {"profile": ""}, {"profile": " / "}, {"profile": 7}, {"profile": None}, {"profile": "x" * 5000}]
)
def test_a_payload_may_name_nobody(payload: dict[str, Any]) -> None:
    assert profile_of(payload) is None


@given(st.text(max_size=300))
def test_whatever_is_written_has_one_short_form_that_postgresql_takes(written: str) -> None:
    profile = profile_of({"profile": written})

    assert profile is None or (0 < len(profile) <= 300 and "\x00" not in profile and profile.isprintable())
