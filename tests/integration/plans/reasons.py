"""What may be read from end to end, each with its reason. Whoever adds a line says why it cannot be otherwise."""

from __future__ import annotations

from typing import Final

# Tables that stay small, by what they hold.
SMALL: Final = {
    "alert_channels": "a row for each way out",
    "alert_states": "a row for each thing that can be well or not, about as many as jobs",
    "job_settings": "a row for each job",
    "job_states": "a row for each job",
    "puppet_cron_processor_state": "the processors of seven days, at most one a minute",
    "puppet_flight_since": "a sequence",
    "puppet_rounds": "one row",
    "reservation_settings": "one row",
    "schema_migrations": "a row for each migration",
}

# (query, table): the reason why much of a large table is read.
READS_MUCH: Final = {
    ("notifications.delivery_counts", "notifications"): "it ends at a cap, and nearly every notification was sent",
    ("puppet.stop", "puppet_turns"): "once a processor; an index by time would be written with every turn",
    ("wishlist.count_sale_wishes", "wishlists"): "how many wishes were looked at is told of each check",
    ("wishlist.count_stock_wishes", "wishlists"): "how many wishes were looked at is told of each check",
    (
        "wishlist.claim_sales",
        "variants",
    ): "joined once for a thousand wishes, whole where many sales are expected",
    ("wishlist.claim_restocks", "inventory"): "who waits for it is asked of all that ever went out, a page at a time",
}

# Queries whose plans are judged elsewhere.
ELSEWHERE: Final = {
    "housekeeping.remove_batch": "tests/integration/housekeeping/test_plans.py, rule by rule",
}

# Files with statements of their own, which are not named queries.
SQL_IN_CODE: Final = {
    "functions/housekeeping/migrations/__init__.py": "the ledger of migrations, before there is any table",
    "functions/puppet/reading/asking.py": "sets a time limit",
    "layers/nightshift/nightshift/fence.py": "calls of functions that CALLS has",
}
