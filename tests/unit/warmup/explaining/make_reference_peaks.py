"""Writes reference_peaks.json: random series of ours, and what scipy.signal says of their peaks.

scipy is 100 MB, so it is not among the packages that tests install: `pip install scipy`, then run this from the
repository's root. tests/unit/warmup/explaining/test_peaks.py reads the file.
"""

from __future__ import annotations

import json
import random
from importlib import import_module
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("reference_peaks.json")


def random_series(chance: random.Random) -> list[float]:
    """Return a series that is short or long, coarse (so that it has plateaus) or fine, now and then with a trend."""
    count = chance.choice([0, 1, 2, 3, 4, 6, 10, 25, 60])
    highest, places = chance.choice([(2, 0), (5, 0), (100, 0), (1, 3)])
    slope = chance.choice([0, 0, 0.5])
    return [round(chance.uniform(0, highest) + slope * number, places) for number in range(count)]


def scipy_peaks(values: list[float], least: float) -> dict[str, Any]:
    """Return indices and prominences as scipy finds them."""
    import numpy as np

    # By name, as the type checker may not find it.
    signal = import_module("scipy.signal")
    indices, properties = signal.find_peaks(np.array(values, dtype=float), prominence=least)
    return {"indices": indices.tolist(), "prominences": properties["prominences"].tolist()}


def main() -> None:
    """Write the file."""
    chance = random.Random(20261122)  # noqa: S311  # no secret
    cases = []
    for _ in range(150):
        values, least = random_series(chance), chance.choice([0, 0.5, 1, 2])
        cases.append({"values": values, "least": least, **scipy_peaks(values, least)})
    FILE.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
