"""How long jobs wait for others, in ms: assumed, because it lies with them. What waits in parallel is divided."""

from __future__ import annotations

from typing import Final

# A request to DynamoDB, a message to PostgreSQL in the same region, with its answer.
LOCK: Final = 5.0
MESSAGE: Final = 2.0
# A run: acquire and release, start and end.
RUN: Final = 2 * LOCK + 2 * MESSAGE
# A product page of a shop on the internet, one at a time of each host.
PAGE: Final = 800.0
# SES takes mails at the rate that is set, 10 a second by default.
MAIL: Final = 100.0
# A hold in a batch of many: benchmarks/results/reservations.json, a plain statement's share.
HOLD: Final = 0.1
# For a million wishes: counting them, and looking for what is due.
MILLION_WISHES: Final = 500.0
# A worker of puppet jobs, and how many at a time are asked; likewise a model's answer.
WORKER: Final = 2000.0
WORKERS: Final = 10
MODEL: Final = 4000.0
MODELS: Final = 3
# An entry's way into the cache, or out of it.
CACHE: Final = 2 * LOCK
# An old row in a batch of a thousand.
OLD_ROW: Final = 0.05
# A page of the dashboard, and a call that starts something.
READS: Final = 40.0
CALL: Final = 3 * LOCK + 3 * MESSAGE
