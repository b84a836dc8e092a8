"""What mails say of the shop, how they leave, and how many at most."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightshift.errors import SettingsError
from nightshift.loopback import is_loopback
from nightshift.settings import env, load

_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True)
class MailSettings:
    """The settings of delivery, from the environment."""

    # The bare address; the shop's name is put before it.
    mail_from: str = env("MAIL_FROM")
    reply_to: str = env("MAIL_REPLY_TO", default="")
    shop_name: str = env("SHOP_NAME")
    shop_url: str = env("SHOP_URL")
    # Where the door is: what unsubscribe links begin with.
    public_url: str = env("PUBLIC_URL")
    unsubscribe_secret_ref: str = env(
        "UNSUBSCRIBE_SECRET_REF", tells="Where the secret is that signs the unsubscribe links in mails"
    )
    zone: str = env("WISHLIST_TIMEZONE", default="America/New_York")
    configuration_set: str = env(
        "SES_CONFIGURATION_SET", default="", tells="The set of SES that reports bounces and complaints"
    )
    max_per_second: int = env("SES_MAX_PER_SECOND", default=10, minimum=1, maximum=1000)
    # In the shop's zone; what is over it waits for the next day.
    max_per_person_and_day: int = env("MAX_EMAILS_PER_USER_PER_DAY", default=3, minimum=1, maximum=100)


def load_settings(environ: Mapping[str, str]) -> MailSettings:
    """Read the settings.

    Raises:
        SettingsError: naming everything that is missing or wrong.
    """
    settings = load(MailSettings, environ)
    problems = [
        problem
        for problem in (
            _address("MAIL_FROM", settings.mail_from),
            _address("MAIL_REPLY_TO", settings.reply_to) if settings.reply_to else None,
            None if settings.shop_name.isprintable() else "SHOP_NAME must be printable text on one line",
            _address_of_page("SHOP_URL", settings.shop_url),
            _address_of_page("PUBLIC_URL", settings.public_url),
            _zone(settings.zone),
        )
        if problem
    ]
    if problems:
        raise SettingsError(problems)
    return settings


def is_address(text: str) -> bool:
    """Whether this is a plain ASCII mail address, which is what SES takes."""
    return len(text) <= 320 and _ADDRESS.fullmatch(text) is not None and ".." not in text


def _address(name: str, value: str) -> str | None:
    return None if is_address(value) else f"{name} must be a mail address such as news@shop.example, without a name"


def _address_of_page(name: str, value: str) -> str | None:
    # RFC 8058 asks for https; a machine of one's own has none.
    try:
        parts = urlsplit(value)
        fits = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    except ValueError:
        parts, fits = None, False
    if parts and fits and parts.hostname and value.isascii() and value.isprintable() and not set(value) & set(' <>"?#'):
        return None
    return f"{name} must be an address such as https://shop.example, without query"


def _zone(name: str) -> str | None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "WISHLIST_TIMEZONE must be the name of an IANA time zone, such as America/New_York"
    return None
