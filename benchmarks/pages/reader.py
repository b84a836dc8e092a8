"""Reads pages as somebody would: `python reader.py WHO FOLDER`, in whatever environment has what it needs.

The folder holds pages in UTF-8, and `addresses.json` with the address of each. It says ready; for every line it hears
it reads all pages once and says how many milliseconds of CPU that took.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

Read = Callable[[str, str], object]
# What ours reads, too.
_SYNTAXES = ["json-ld", "microdata", "opengraph", "rdfa"]


def ours() -> Read:
    """The extraction as product checks do it."""
    from product_checks.extraction import extract

    return extract


def extruct(syntaxes: list[str]) -> Read:
    """Make extruct read with some of its readers; what it cannot read it leaves out, as ours does."""
    # It takes comments out of JSON that cannot be read otherwise, has no wheel and is not installed; without it
    # extruct has less to do.
    sys.modules["jstyleson"] = types.ModuleType("jstyleson")
    sys.modules["jstyleson"].dispose = lambda text: text  # type: ignore[attr-defined]
    from extruct import extract  # type: ignore[import-not-found]

    def read(page: str, address: str) -> Any:
        return extract(page, base_url=address, syntaxes=syntaxes, errors="ignore")

    return read


def lxml() -> Read:
    """A tree and nothing else."""
    from lxml import etree, html  # type: ignore[import-untyped]

    def read(page: str, _address: str) -> Any:
        parser = html.HTMLParser(encoding="utf-8")
        return etree.fromstring(page.encode(errors="replace"), parser) if page.strip() else None

    return read


READERS: dict[str, Callable[[], Read]] = {
    "ours": ours,
    "extruct": lambda: extruct(_SYNTAXES),
    "extruct-without-rdfa": lambda: extruct(_SYNTAXES[:-1]),
    "lxml": lxml,
}


def main() -> None:
    """Serve until nobody asks any more."""
    logging.disable(logging.CRITICAL)
    read, folder = READERS[sys.argv[1]](), Path(sys.argv[2])
    addresses: dict[str, str] = json.loads((folder / "addresses.json").read_text("utf-8"))
    pages = [((folder / name).read_text("utf-8"), address) for name, address in addresses.items()]
    for page, address in pages:  # what is loaded at first use belongs to no page
        read(page, address)
    print("ready", flush=True)
    for _ in sys.stdin:
        started = time.process_time()
        for page, address in pages:
            read(page, address)
        print((time.process_time() - started) * 1000, flush=True)


if __name__ == "__main__":
    main()
