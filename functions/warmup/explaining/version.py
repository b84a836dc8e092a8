"""What the cache's key needs to know of explanations; apart from the rest, so that a reader imports nothing else."""

from __future__ import annotations

from typing import Final

# Raised whenever texts, facts, prompt or contract change so that older explanations should be made again.
EXPLANATIONS_VERSION: Final = "1"
