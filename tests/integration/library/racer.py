"""One process among several that want the same lock: told what to do on stdin, answering on stdout, a line each."""

from __future__ import annotations

import json
import sys
from typing import Any

from local.aws import client
from nightshift.errors import LockRefused
from nightshift.lease import Lease
from nightshift.lock import Locks


def say(answer: Any) -> None:
    """Write one line of JSON."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serves until stdin ends."""
    endpoint, table = sys.argv[1:3]
    dynamodb = client("dynamodb", endpoint)
    locks = Locks(lambda: dynamodb, table)
    say("ready")
    lease: Lease | None = None
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        if order["do"] == "release" and lease:
            say(locks.release(lease, "done", slot_done=order["done"]))
            continue
        try:
            lease = locks.acquire(order["name"], 60, who="racer", run_id="r", slot_ms=order["slot"])
            answer: dict[str, Any] = {"fence": lease.fence}
        except LockRefused as error:
            answer = {"refused": error.refusal.reason}
        say(answer)


if __name__ == "__main__":
    main()
