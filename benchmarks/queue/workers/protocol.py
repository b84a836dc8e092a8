"""How a worker is driven from outside, in whatever environment it runs.

`python run_x.py fill URL JOBS OPTIONS` fills a queue; `drain URL OPTIONS` says ready, waits for a line, and drains it;
`pick-up URL JOBS OPTIONS` adds jobs one by one while nothing else is to be done, and prints how many seconds each took
until somebody had begun it. OPTIONS is a JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

Options = dict[str, Any]


def serve(
    fill: Callable[[str, int, Options], None],
    prepare: Callable[[str, Options], Callable[[], int]],
    pick_up: Callable[[str, int, Options], list[float]] | None = None,
) -> None:
    """Do what the command line says; `prepare` connects and returns what drains and counts."""
    verb, url, *rest = sys.argv[1:]
    options: Options = json.loads(rest[-1])
    if verb == "fill":
        fill(url, int(rest[0]), options)
        return
    if verb == "pick-up" and pick_up:
        print(json.dumps(pick_up(url, int(rest[0]), options)), flush=True)
        return
    drain = prepare(url, options)
    print("ready", flush=True)
    sys.stdin.readline()
    print(drain(), flush=True)
