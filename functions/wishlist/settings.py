"""Whether wishes are checked, and what counts as a drop of the price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nightshift.errors import SettingsError
from nightshift.settings import env, load


@dataclass(frozen=True)
class WishlistSettings:
    """The settings of the wishlist checks, from the environment."""

    sale_check_enabled: bool = env(
        "WISHLIST_SALE_CHECK_ENABLED", default=True, tells="Whether the schedule of the sale check is on"
    )
    stock_check_enabled: bool = env(
        "WISHLIST_STOCK_CHECK_ENABLED", default=True, tells="Whether the schedule of the stock check is on"
    )
    # The schedules' zone (the template gives it to them as well): times of the checks are shown in it.
    timezone: str = env("WISHLIST_TIMEZONE", default="America/New_York")
    min_drop_percent: int = env("WISHLIST_MIN_DROP_PERCENT", default=0, minimum=0, maximum=99)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the schedules."""
        return ZoneInfo(self.timezone)


def load_settings(environ: Mapping[str, str]) -> WishlistSettings:
    """Read the settings.

    Raises:
        SettingsError: naming what is wrong.
    """
    settings = load(WishlistSettings, environ)
    try:
        _ = settings.zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(["WISHLIST_TIMEZONE must be an IANA time zone such as America/New_York"]) from None
    return settings
