"""docs/licences.md is what the packages say, and none of them asks for more than to be named."""

from __future__ import annotations

import re

from deploy.licence_table import FILE, table

# Of each licence the words by which packages call it.
PERMISSIVE = re.compile(r"(MIT|BSD|Apache|PSF|ISC|Zlib|0BSD|CC0|Mozilla Public License 2\.0|MPL-2\.0)\b")


def test_the_page_is_up_to_date() -> None:
    assert FILE.read_text("utf-8") == table(), "run `make licences`"


def test_every_licence_lets_us_ship_it() -> None:
    rows = [line.split(" | ") for line in table().splitlines() if re.match(r"\| [a-z]", line)][1:]
    parts = {part for row in rows for part in re.split(r" AND |, ", row[2])}

    assert len(rows) > 10
    assert {part for part in parts if not PERMISSIVE.search(part)} == set()
