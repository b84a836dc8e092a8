"""What a page costs to read: our extraction, extruct, and lxml that only parses; CPU time alone.

`python -m benchmarks.pages.extraction [--rounds 5]`
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.pages.pages import made, saved, sized, write
from benchmarks.rounds import ROUNDS, Comparison, Contender, Goal, Growth, compare, grow, save
from benchmarks.workers import Worker, locked, own_path, peers

OURS: Final = "Nightshift"
EXTRUCT: Final = "extruct"
WITHOUT_RDFA: Final = "extruct without RDFa"
LXML: Final = "lxml, parsing alone"
_READERS: Final = {OURS: "ours", EXTRUCT: "extruct", WITHOUT_RDFA: "extruct-without-rdfa", LXML: "lxml"}
_SCRIPT: Final = str(Path(__file__).with_name("reader.py"))
_SIZES_KB: Final = (10, 100, 1_000)


@dataclass(frozen=True)
class Reader:
    """Somebody who reads the same pages again and again, in a process of their own."""

    worker: Worker
    pages: int

    def cost_ms(self) -> float:
        """Milliseconds of CPU for one page, the mean of one reading of all."""
        self.worker.say("again")
        return float(self.worker.hear()) / self.pages


@contextmanager
def reader(name: str, pages: Mapping[str, str]) -> Iterator[Reader]:
    """Start one, and let it read everything once."""
    with tempfile.TemporaryDirectory() as folder:
        write(pages, Path(folder))
        python, path = (sys.executable, own_path()) if name == OURS else (str(peers()), "")
        with Worker([python, _SCRIPT, _READERS[name], folder], path) as worker:
            worker.expect("ready")
            yield Reader(worker, len(pages))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/extraction.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    comparisons = [_compare("pages of the local market", made(), rounds)]
    if pages := saved():
        comparisons.insert(0, _compare("saved pages, most of real shops", pages, rounds))
    growth = [_growth(OURS), _growth(LXML)]
    save("extraction", comparisons, locked("extruct", "lxml"), growth=[each.document() for each in growth])


def _compare(kind: str, pages: Mapping[str, str], rounds: int) -> Comparison:
    kilobytes = sum(map(len, pages.values())) / len(pages) / 1024
    with ExitStack() as stack:
        readers = {name: stack.enter_context(reader(name, pages)) for name in _READERS}
        contenders = [Contender(name, each.cost_ms, rounds) for name, each in readers.items()]
        goals = (
            Goal(EXTRUCT, OURS, at_least=3),
            Goal(WITHOUT_RDFA, OURS),
            Goal(OURS, LXML, at_most=2),
        )
        title = f"{len(pages)} {kind}, {kilobytes:.0f} KB each in the mean"
        return compare(title, contenders, unit="ms of CPU a page", goals=goals, rounds=rounds)


def _growth(name: str) -> Growth:
    return grow(f"{name}: KB of a page", "µs of CPU a KB", _SIZES_KB, partial(_cost_us, name))


def _cost_us(name: str, kilobytes: int) -> float:
    """What a KB costs of a page of this size; small pages are read often, for the clock's sake."""
    pages = sized(kilobytes)
    with reader(name, pages) as one:
        times = max(1, 2_000 // kilobytes)
        return sum(one.cost_ms() for _ in range(times)) * 1000 / times / kilobytes


if __name__ == "__main__":
    main()
