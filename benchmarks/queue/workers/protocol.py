"""How a worker is driven from outside, in whatever environment it runs: fill a queue, or say ready, wait, drain it.

`python run_x.py fill URL JOBS OPTIONS`, `python run_x.py drain URL OPTIONS`; OPTIONS is a JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

Options = dict[str, Any]


def serve(fill: Callable[[str, int, Options], None], prepare: Callable[[str, Options], Callable[[], int]]) -> None:
    """Do what the command line says; `prepare` connects and returns what drains and counts."""
    verb, url, *rest = sys.argv[1:]
    options: Options = json.loads(rest[-1])
    if verb == "fill":
        fill(url, int(rest[0]), options)
        return
    drain = prepare(url, options)
    print("ready", flush=True)
    sys.stdin.readline()
    print(drain(), flush=True)
