"""Reads `Retry-After` (RFC 9110, 10.2.3): when a server wants to be asked again."""

from __future__ import annotations

import re
import time
from datetime import UTC

LONGEST_S = 24 * 3600


def retry_after_s(value: str | None) -> int | None:
    """Return the seconds to wait, from 0 to one day, or None where the header is missing or means nothing."""
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return min(int(text), LONGEST_S)
    moment = _moment(text)
    return None if moment is None else max(0, min(round(moment - time.time()), LONGEST_S))


def _moment(text: str) -> float | None:
    from email.utils import parsedate_to_datetime  # late: slow to import, rarely needed

    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
