"""The settings of mail: all that is wrong is named at once, and no value is shown."""

from __future__ import annotations

import pytest

from nightshift.delivery.settings import is_address, load_settings
from nightshift.errors import SettingsError

GOOD = {
    "MAIL_FROM": "news@shop.example", "SHOP_NAME": "Lumen", "SHOP_URL": "https://shop.example/",
    "PUBLIC_URL": "http://127.0.0.1:8080", "UNSUBSCRIBE_SECRET_REF": "ssm:/x",
}  # fmt: skip


def test_good_settings_are_taken_and_have_defaults() -> None:
    settings = load_settings(GOOD)

    assert (settings.zone, settings.max_per_second, settings.max_per_person_and_day) == ("America/New_York", 10, 3)
    assert settings.configuration_set == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAIL_FROM", "Lumen <news@shop.example>"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_REPLY_TO", "a@b@c"),
        ("SHOP_NAME", "Lumen\r\nBcc: x@y.example"),
        ("SHOP_URL", "http://shop.example"),
        ("SHOP_URL", "javascript:alert(1)"),
        ("PUBLIC_URL", "https://door.example/?x=1"),
        ("PUBLIC_URL", 'https://door.example/">'),
        ("PUBLIC_URL", "https://[x"),
        ("WISHLIST_TIMEZONE", "Mars/Olympus"),
        ("SES_MAX_PER_SECOND", "-7"),
        ("MAX_EMAILS_PER_USER_PER_DAY", "none"),
    ],
)
def test_a_wrong_value_is_named_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({**GOOD, name: value})

    assert [problem.split()[0] for problem in caught.value.problems] == [name]
    assert value not in str(caught.value)


@pytest.mark.parametrize("text", ["ada@example.com", "a.b+c@sub.example.co.uk"])
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text", ["", "@", "a@", "@b", "a b@c.de", "a@b\n", "ä@b.de", "a@b..de", "a@-b", "a" * 70 + "@b.de"]
)
def test_no_addresses(text: str) -> None:
    assert not is_address(text)
