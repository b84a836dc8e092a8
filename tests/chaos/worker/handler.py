"""The handler of every function in a chaos run: it dresses the shipped code up, and then calls the shipped handler.

Nothing of this is in the shipped code: the functions that are wrapped are named in `places.py`.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from tests.chaos.orders import Orders
from tests.chaos.worker import fence_journal, haste, places
from tests.chaos.worker.suffering import Suffering

_SUFFERING = Suffering(Orders(Path(os.environ["CHAOS_ORDERS"])))
_module, _, _name = os.environ["CHAOS_HANDLER"].rpartition(".")
_real = getattr(importlib.import_module(_module), _name)

haste.hurry(_module.partition(".")[0], float(os.environ["CHAOS_LEASE_S"]))
fence_journal.keep(with_fence=os.environ["CHAOS_FENCE"] == "on")
places.mark(os.environ["CHAOS_JOB"], _SUFFERING)


def handler(event: Any, context: Any) -> Any:
    """Run the shipped handler, under an order if there is one."""
    with _SUFFERING.of_one_invocation():
        return _real(event, context)
