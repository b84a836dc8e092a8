"""Values for each named query: those a caller would give, for few rows of many; a list where there are several ways."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Values = Mapping[str, Any]

_NOW: Final = datetime.now(UTC)
_NEW: Final = "00000000-0000-4000-f000-000000000001"
_JOBS: Final = [f"job{number}" for number in range(11)]
_HISTORY: Final[Values] = {"status": None, "trigger": None, "before_at": None, "before_id": None, "rows": 51}
_TELLING: Final[Values] = {
    "after": 2,
    "title": "job1",
    "is_critical": False,
    "changes": 4,
    "within": timedelta(hours=1),
}
_SAID: Final[Values] = {"who": "admin", "request_id": "r"}
_PUPPETS: Final[Values] = {
    "processor": "p1", "batch": _NEW, "batch_size": 20, "max_concurrent": 100, "per_user": 2, "stuck_after_s": 300,
}  # fmt: skip


def place(number: int, kind: str) -> str:
    """Return the id of a row of ground.sql: mails are 8, runs of mails 9, holds a, puppet jobs b, tokens c, runs d."""
    return f"00000000-0000-4000-{kind}000-{number:012}"


_RUN: Final[Values] = {
    "id": _NEW, "job": "job1", "lock": "job1", "trigger": "schedule", "slot": _NOW, "who": "EventBridge", "params": {},
}  # fmt: skip
_FLYING: Final[Values] = {"mail_id": place(25, "8"), "run_id": place(1, "9")}
_CLAIM: Final[Values] = {
    "run_id": _NEW, "lock": "deliver-notifications", "fence": 7, "claim_s": 300.0, "rows": 50, "zone": "UTC", "cap": 3,
}  # fmt: skip
_RESULTS: Final = [
    {"job_id": place(n, "b"), "token": place(n, "c"), "outcome": "success", "duration_ms": 10} for n in range(1, 11)
]
_LATE: Final = [{"job_id": place(4000, "b"), "token": place(4000, "c"), "outcome": "success", "duration_ms": 10}]
_INVITES: Final = [{"job_id": _NEW, "user_id": "user5", "profile": "profile5", "place": 0}]
_ALERTS: Final[Values] = {"ids": ["7"]}
_SPAN: Final[Values] = {"begin": _NOW - timedelta(days=1), "until": _NOW, "job_type": None, "user_id": None}
_MONTHS: Final = _NOW - timedelta(days=60)
_TOLD: Final[Values] = {
    "subject": None,
    "action": None,
    "who": None,
    "since": None,
    "before_at": None,
    "before_id": None,
}
_CHECKS: Final[Values] = {
    "product_id": None, "status": None, "shop": None, "before_at": None, "before_id": None, "rows": 51,
}  # fmt: skip
_LISTED: Final[Values] = {
    "before": None, "kind": None, "user_id": None, "status": None, "doubtful": False, "open": False, "rows": 51,
}  # fmt: skip
_PAGE: Final[Values] = {
    "product_id": 70, "name": "n", "brand": None, "image_url": None, "price": "9", "currency": "EUR",
    "availability": "in_stock", "etag": None, "last_modified": None, "validated_url": None, "interval_s": 1800,
}  # fmt: skip
_OFFERED: Final[Values] = {"sku": None, "attributes": {}, "currency": "EUR", "availability": "in_stock"}
_VARIANT: Final[Values] = {"product_id": 70, **_OFFERED}

SAMPLES: Final[dict[tuple[str, str], Values | list[Values]]] = {
    # The door.
    ("api", "overview"): {"jobs": _JOBS, "most_failures": 100},
    ("api", "pause"): {"job": "job1", "who": "admin", "reason": "r"},
    ("api", "resume"): {"job": "job1"},
    ("api", "paused"): {"job": "job1"},
    ("api.pages", "newest_runs"): {"most": 30, "jobs": _JOBS},
    ("api", "find_run"): {"id": place(50, "d")},
    ("api", "list_runs"): [
        {**_HISTORY, "job": "job1"},
        {**_HISTORY, "job": "job10"},
        {**_HISTORY, "job": "job8", "status": "failed", "rows": 21},
        {**_HISTORY, "job": "job1", "before_at": _NOW - timedelta(days=2), "before_id": _NEW},
    ],
    ("api", "jobs_of_runs"): {"runs": [place(50, "d"), place(60, "d")]},
    ("api", "audit"): [
        {**_TOLD, "rows": 51},
        {**_TOLD, "subject": "job1", "rows": 51},
        {**_TOLD, "subject": "puppet-jobs", "action": "puppet-stop", "rows": 51},
        {**_TOLD, "before_at": _NOW - timedelta(days=1), "before_id": 9, "rows": 51},
    ],
    ("api", "claim_key"): {"scope": "jobs", "key": "key5", "fingerprint": "f"},
    ("api", "find_key"): {"scope": "jobs", "key": "key5"},
    ("api", "keep_answer"): {
        "status": 202, "headers": {}, "body": {}, "scope": "jobs", "key": "key5", "claimed_at": _NOW,
    },
    ("api", "free_key"): {"scope": "jobs", "key": "key5", "claimed_at": _NOW},
    # Housekeeping.
    ("housekeeping", "removed_before"): {"run_id": place(50, "d")},
    ("housekeeping", "open_runs"): {},
    ("housekeeping", "watched"): {"jobs": _JOBS},
    ("housekeeping", "lose_runs"): {"dead": [{"id": place(1, "d"), "fence": 1, "reason": "r"}]},
    ("housekeeping", "record_states"): {"found": [{"job": job, "schedule": "rate(1 hour)"} for job in _JOBS]},
    ("housekeeping", "silence"): {"jobs": ["job1"]},
    # Notifications.
    ("notifications", "suppress"): {"rows": [{"address": "a@shop.example", "reason": "bounce", "detail": ""}]},
    ("notifications", "unsubscribe"): {"list": "stock", "user_id": 7, "request_id": "r"},
    ("notifications", "page"): [
        {"user_id": 7, "before": None, "unread": False, "rows": 51},
        {"user_id": 7, "before": 900, "unread": True, "rows": 51},
    ],
    ("notifications", "mark_read"): [{"id": 400, "user_id": 400, **_SAID}, {"id": 401, "user_id": None, **_SAID}],
    ("notifications", "deliveries"): [
        _LISTED,
        {**_LISTED, "before": 5000},
        {**_LISTED, "user_id": 7},
        {**_LISTED, "kind": "sale"},
        {**_LISTED, "status": "pending"},
        {**_LISTED, "status": "failed"},
        {**_LISTED, "status": "suppressed"},
        {**_LISTED, "doubtful": True},
        {**_LISTED, "open": True},
    ],
    ("notifications", "delivery_counts"): {"cap": 500},
    # Product checks.
    ("product_checks", "due_products"): {"limit": 50},
    ("product_checks", "one_product"): {"product_id": 70},
    ("product_checks", "known_products"): {
        "held": [{"product_id": id_, "lock": f"product-check:{id_}", "fence": 7} for id_ in (70, 71)],
    },
    ("product_checks", "update_products"): {
        "pages": [_PAGE, {**_PAGE, "product_id": 71}], "ids": "{70,71}", "slot": _NOW,
    },
    ("product_checks", "record_changes"): {
        "ids": "{70,71}", "vanished": "{139}",
        "changed": [{**_OFFERED, "product_id": 70, "price": "9", "price_changed": True, "stock_changed": True}],
        "returned": [{"product_id": 70, "variant_id": None}, {"product_id": 70, "variant_id": 140}],
        "variants": [
            {"id": 140, "position": 1, "price": "9", "new_price": True, "new_stock": True, **_VARIANT},
            {"id": None, "position": 2, "price": "9", "new_price": False, "new_stock": False, **_VARIANT},
        ],
    },
    ("product_checks", "tell_price_drops"): {"ids": "{70,71}", "priced": "{70}"},
    ("product_checks", "move_on"): {
        "unread": [{"product_id": 70, "interval_s": 1800, "wait_s": 0, "failed": True}], "ids": "{70}", "slot": _NOW,
    },
    ("product_checks", "record_checks"): {
        "run_id": _NEW, "checks": [{"product_id": 70, "duration_ms": 5, "status": "success", "metadata": {}}],
    },
    ("product_checks", "recent_checks"): [
        _CHECKS,
        {**_CHECKS, "product_id": 70},
        {**_CHECKS, "status": "failed"},
        {**_CHECKS, "shop": "shop7.example"},
        {**_CHECKS, "before_at": _NOW - timedelta(days=2), "before_id": 9},
    ],
    ("product_checks", "slow_checks"): {"min_duration_ms": 1000, "limit": 20},
    ("product_checks", "check_stats"): {"cap": 100},
    ("product_checks", "shops"): {"cap": 100, "rows": 20},
    # Puppet jobs.
    ("puppet", "job"): {"job_id": place(50, "b")},
    ("puppet", "reserve"): {"invites": _INVITES, "cooldown_days": 30},
    ("puppet", "note"): {"invites": _INVITES},
    ("puppet", "respond"): {"responses": [{**_INVITES[0], "response": "sent", "releases": True}]},
    ("puppet", "invited_by"): {"job_id": place(50, "b")},
    ("puppet", "claim"): _PUPPETS,
    ("puppet", "exchange"): {**_PUPPETS, "results": _RESULTS},
    ("puppet", "give_back"): {"tokens": [place(1, "c"), place(2, "c")]},
    ("puppet", "complete"): [{"processor": "p1", "results": _RESULTS}, {"processor": "p1", "results": _LATE}],
    ("puppet", "rescue"): {"stuck_after_s": 0},
    ("puppet", "register"): {"processor": "p1", "run": _NEW},
    ("puppet", "heartbeat"): {"tokens": [place(1, "c"), place(2, "c")], "processor": "p1"},
    ("puppet", "stop"): {"processor": "p1"},
    ("puppet.reading", "configuration"): {"subject": "puppet-jobs"},
    ("puppet.reading", "set_enabled"): {"subject": "puppet-jobs", "enabled": False, "action": "puppet-stop", **_SAID},
    ("puppet.reading", "store_settings"): {
        "subject": "puppet-jobs", "settings": {}, "seen": 0, "action": "puppet-config", "before": {}, "after": {},
        **_SAID,
    },
    ("puppet.reading", "history"): {"subject": "puppet-jobs", "rows": 20},
    ("puppet.reading", "last_switch"): {"subject": "puppet-jobs"},
    ("puppet.reading", "metrics"): [
        {**_SPAN, "processors": 50, "batches": 20},
        {**_SPAN, "begin": _MONTHS, "user_id": "user7", "processors": 50, "batches": 20},
    ],
    ("puppet.reading", "insights"): [
        {**_SPAN, "zone": "UTC", "rows": 20},
        {**_SPAN, "begin": _MONTHS, "user_id": "user7", "zone": "UTC", "rows": 20},
    ],
    ("puppet.reading", "queue"): {"cap": 500, "rows": 20},
    ("puppet.reading", "backlog"): {},
    ("puppet.reading", "stuck"): {"grace_s": 120, "stuck_after_s": 300},
    ("puppet.reading", "signs_of_life"): {"subject": "job1"},
    ("puppet.reading", "status"): {"rows": 20, "subject": "job1"},
    # Reservations.
    ("reservations", "set_ttl"): {"minutes": 12},
    ("reservations", "release_batch"): [
        {"queue": "own", "after_at": "-infinity", "after_id": place(0, "0"), "size": 20},
        {"queue": "ttl", "after_at": "-infinity", "after_id": place(0, "0"), "size": 20},
        {"queue": "retry", "after_at": "-infinity", "after_id": place(0, "0"), "size": 20},
    ],
    ("reservations", "release_of_stock"): {"stock": 12, "size": 20},
    ("reservations", "count_unreleasable"): {},
    # Warmups.
    ("warmup", "popular_for_forecasts"): {"limit": 50},
    ("warmup", "popular_for_explanations"): {"limit": 50},
    ("warmup", "left_over"): {"ids": [7, 8, 9]},
    ("warmup", "subject"): {"slug": "a7-vs-b7"},
    ("warmup", "with_series"): {"ids": [7, 8, 9]},
    ("warmup", "former_counts"): {"id": place(50, "d")},
    # Wishlist.
    ("wishlist", "count_sale_wishes"): {},
    ("wishlist", "count_stock_wishes"): {},
    ("wishlist", "claim_sales"): {"product_id": 0, "variant_id": 0, "min_drop_percent": 5, "page_size": 20},
    ("wishlist", "claim_restocks"): {"product_id": 0, "variant_id": 0, "page_size": 20},
    ("wishlist", "last_runs"): {"jobs": _JOBS},
    # What all jobs share.
    ("nightshift.alerts", "note"): {
        "signals": [{"key": "job:job1", "is_bad": False, "after": 2, "facts": {}}], "changes": 4,
        "within": timedelta(hours=1),
    },
    ("nightshift.alerts", "prepare"): {
        "steady": timedelta(hours=1), "remind": timedelta(hours=4), "attempts": 2, "stale": timedelta(days=1),
    },
    ("nightshift.alerts", "claim"): {
        "fingerprint": "f", "channel": "slack", "gather": timedelta(seconds=30), "size": 10,
        "claim": timedelta(minutes=2), "pace": timedelta(seconds=1),
    },
    ("nightshift.alerts", "sent"): {"channel": "slack", **_ALERTS},
    ("nightshift.alerts", "postpone"): {"wait_s": 9.0, "channel": "slack", "error": "e", **_ALERTS},
    ("nightshift.alerts", "doubt"): {"attempts": 2, "error": "e", **_ALERTS},
    ("nightshift.alerts", "refuse"): {"error": "e", **_ALERTS},
    ("nightshift.alerts", "disable"): {"error": "e", "fingerprint": "f", "channel": "slack", **_ALERTS},
    ("nightshift", "entry"): {"action": "start-job", "subject": "job1", "details": {}, **_SAID},
    ("nightshift.delivery", "recover"): {"attempts": 2},
    ("nightshift.delivery", "claim"): [
        {**_CLAIM, "after_at": None, "after_id": 0, "kinds": None},
        {**_CLAIM, "after_at": _NOW - timedelta(days=3), "after_id": 0, "kinds": ["sale", "restock"]},
    ],
    ("nightshift.delivery", "begin"): [
        {"mail_id": place(number, "8"), "run_id": place(0, "9"), "zone": "UTC", "cap": 3, "rows": 300}
        for number in (4, 5, 6, 7)
    ],
    ("nightshift.delivery", "sent"): {**_FLYING, "message_id": "m"},
    ("nightshift.delivery", "failed"): {**_FLYING, "error": "e"},
    ("nightshift.delivery", "unsure"): {**_FLYING, "state": "doubtful", "error": "e", "attempts": 2},
    ("nightshift.delivery", "land"): _FLYING,
    ("nightshift.delivery", "free"): {"run_id": place(0, "9")},
    ("nightshift.delivery", "left"): {"kinds": None},
    ("nightshift", "lose_superseded"): {"lock": "job1", "fence": 7, "id": _NEW},
    ("nightshift", "lose_outlived"): {"lock": "job1", "id": _NEW, "at_most_s": 900},
    ("nightshift", "queue_run"): {**_RUN, "fence": 7},
    ("nightshift", "start_run"): {
        **_RUN, "fence": 7, "part": 1, "request_id": "r", "at_most_s": 900, "is_whole": True,
    },
    ("nightshift", "progress_run"): {
        "processed": 1, "failed": 0, "errors": [], "metadata": {}, "id": place(1, "d"),
    },
    ("nightshift", "finish_run"): {
        "status": "failed", "processed": 1, "failed": 0, "errors": [], "metadata": {}, "error_class": "E", "error": "e",
        "id": place(1, "d"), "fence": None, **_TELLING,
    },
    ("nightshift", "record_unstarted"): {
        **_RUN, "status": "failed", "error_class": "E", "error": "e", **_TELLING,
    },
}  # fmt: skip

# What the shop's own code sends, by docs/integrate.md and docs/reservations.md, and the fences. With them every
# function and trigger of the migrations is reached. One transaction each.
CALLS: Final[dict[str, str]] = {
    "claim_fence": "SELECT claim_fence('product-check:70', 8, 'holder')",
    "claim_fences": 'SELECT claim_fences(\'[{"job": "product-check:70", "fence": 8, "holder": "holder"}]\')',
    "hold_fences": 'SELECT hold_fences(\'[{"job": "product-check:70", "fence": 7}, {"job": "job1", "fence": 7}]\')',
    "finish_slot": "SELECT finish_slot('job1', 1700000000000, 7)",
    "reserve": "SELECT reserve(gen_random_uuid(), 71, 142, 1, 'cart', NULL, NULL)",
    "reserve again": f"SELECT reserve('{place(12, 'a')}', 6, 12, 1, 'cart12', NULL, '9 hours')",
    "extend": f"SELECT extend_reservation('{place(12, 'a')}')",
    "complete": f"SELECT complete_reservation('{place(12, 'a')}')",
    "release": f"SELECT release_reservation('{place(12, 'a')}')",
    "available": "SELECT available FROM inventory_available WHERE product_id = 71",
    "sell out": "UPDATE inventory SET quantity = 0 WHERE product_id = 71 AND variant_id = 142",
    "change a price": "UPDATE products SET sale_price = 50 WHERE id = 70",
    "track": "INSERT INTO tracked_items (user_id, product_id) VALUES (5, 4001)",
    "untrack": "DELETE FROM tracked_items WHERE user_id = 5 AND product_id = 36",
    "wish": "INSERT INTO wishlists (user_id, product_id) VALUES (5, 4001)",
    "wish for a variant": "INSERT INTO wishlists (user_id, product_id, variant_id) VALUES (5, 71, 142)",
    "add a puppet job": "INSERT INTO puppet_jobs (user_id, job_type) VALUES ('user7', 'type1')",
    "put a puppet job back": (
        f"UPDATE puppet_jobs SET status = 'pending', final_status = NULL WHERE id = '{place(4000, 'b')}'"
    ),
    "cancel a puppet job": f"UPDATE puppet_jobs SET final_status = 'cancelled' WHERE id = '{place(900, 'b')}'",
    "delete a person": "DELETE FROM users WHERE id = 900",
    "delete a product": "DELETE FROM products WHERE id = 900",
    "delete a variant": "DELETE FROM variants WHERE id = 901",
}
