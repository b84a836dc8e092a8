"""What a run cost at AWS' public price of Lambda: duration by memory, and its invocations."""

from __future__ import annotations

import json
import os
from typing import Final

from nightshift.routes import Json

# https://aws.amazon.com/lambda/pricing/, us-east-1, first tier, without the free tier.
PRICED_ON: Final = "2026-11"
_USD_PER_GB_S: Final = {"arm64": 0.0000133334, "x86_64": 0.0000166667}
_USD_PER_REQUEST: Final = 0.0000002
# Of functions that do not say otherwise.
_MEMORY_MB: Final = 512
_LEAST_USD: Final = 0.000001


def of_run(run: Json) -> str:
    """Write what a run cost, or nothing where it has cost nothing yet: it goes on, or never began.

    The time is that of the record, from the first start to the end over all parts; what is billed differs by the start
    of each function.
    """
    if run["durationMs"] is None or run["startedAt"] is None:
        return ""
    memory_mb = json.loads(os.environ.get("JOB_MEMORY_MB") or "{}").get(run["job"], _MEMORY_MB)
    price = _USD_PER_GB_S[os.environ.get("FUNCTION_ARCHITECTURE") or "arm64"]
    usd = run["durationMs"] / 1000 * memory_mb / 1024 * price + run["part"] * _USD_PER_REQUEST
    shown = f"about ${usd:.6f}" if usd >= _LEAST_USD else "less than $0.000001"
    return f"{shown} ({memory_mb} MB, public price of {PRICED_ON})"
