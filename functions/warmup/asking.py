"""What the two warmups of popular comparisons may be asked for."""

from __future__ import annotations

from nightshift import Integer, Text

# What a run hands to its own next part, and nobody else gives.
LEFT = Text("left", 4000, r"\d{1,19}(,\d{1,19}){0,199}", "ids with commas", description="What a former part left.")
# Ids of 19 digits with their commas: as many as fit into what is handed over.
MOST = 200


def parameters(limit: int, most: int, concurrency: int) -> tuple[Integer, Integer, Text]:
    """Return the parameters of a warmup, with its own defaults and how many comparisons it takes at most."""
    return (
        Integer("limit", 1, min(most, MOST), limit, "Look at so many comparisons at most."),
        Integer("concurrency", 1, 10, concurrency, "Make so many entries at a time."),
        LEFT,
    )
