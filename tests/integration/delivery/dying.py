"""Runs the job in a process of its own, which is killed at one step of its first mail.

python dying.py nightshift.delivery.outbox:Outbox.begin after
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any


def main(step: str, when: str) -> None:
    """Kill this process before or after the first call of a method."""
    module, _, name = step.partition(":")
    owner_name, _, method_name = name.partition(".")
    owner = getattr(importlib.import_module(module), owner_name)
    method = getattr(owner, method_name)

    def dying(self: Any, *args: Any, **kwargs: Any) -> Any:
        if when == "after":
            method(self, *args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    if when != "never":
        setattr(owner, method_name, dying)
    from notifications.deliver_notifications import handler

    handler({}, None)


if __name__ == "__main__":
    main(*sys.argv[1:])
