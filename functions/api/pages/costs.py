"""What a run cost at AWS' public price of Lambda: duration by memory, and the request."""

from __future__ import annotations

import os
from typing import Final

from nightshift.routes import Json

# https://aws.amazon.com/lambda/pricing/, us-east-1, first tier, without the free tier.
PRICED_ON: Final = "2026-11"
_USD_PER_GB_S: Final = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
_USD_PER_REQUEST: Final = 0.0000002


def of_run(run: Json, memory_mb: int | None = None) -> str:
    """Write what a run cost, or nothing where that cannot be told."""
    if memory_mb is None or run["durationMs"] is None or run["status"] == "skipped":
        return ""
    price = _USD_PER_GB_S[os.environ.get("FUNCTION_ARCHITECTURE", "arm64")]
    usd = run["durationMs"] / 1000 * memory_mb / 1024 * price + run["part"] * _USD_PER_REQUEST
    return f"about ${usd:.6f} ({memory_mb} MB, public price of {PRICED_ON})"
