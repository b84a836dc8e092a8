"""Parts of pages that are made: each lies between two comments that Markdown does not show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def replaced(page: str, name: str, made: str) -> str:
    """Return the page with `made` between `<!-- name -->` and `<!-- /name -->`.

    Raises:
        ValueError: the page does not have both markers once.
    """
    place = re.compile(rf"(<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
    page, count = place.subn(lambda found: f"{found[1]}{made.strip()}\n", page)
    if count != 1:
        raise ValueError(f"the page must have <!-- {name} --> and <!-- /{name} --> once, on lines of their own")
    return page


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown; a bar in a cell is escaped."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)
