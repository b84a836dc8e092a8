"""Rows of the domains for their pages: enough of each kind, and names that would disturb a careless page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Markup, a formula, and a letter that turns the direction of writing around.
HOSTILE = "=cmd|' /C calc'!A0 <img src=x onerror=alert(1)>\u202etxt.exe"
TABLES = (
    "users", "products", "mails", "check_runs", "notifications", "puppet_jobs", "puppet_job_execution_logs",
    "puppet_cron_processor_state", "audit_log", "job_settings",
)  # fmt: skip

_PRODUCTS = """
INSERT INTO users (email) SELECT 'person' || n || '@mail.example' FROM generate_series(1, 5) AS n;
INSERT INTO products (url, name)
SELECT 'https://' || (ARRAY['lamps.example', 'larch.example:8443', 'slow.example'])[n % 3 + 1] || '/p/' || n,
       CASE n WHEN 1 THEN :hostile WHEN 2 THEN repeat('long ', 100) WHEN 3 THEN NULL ELSE 'Desk lamp no. ' || n END
FROM generate_series(1, 12) AS n
"""
_CHECKS = """
INSERT INTO check_runs (product_id, started_at, finished_at, duration_ms, status, error_class, error_message, metadata)
SELECT p.id, now() - make_interval(mins => n * 4), now() - make_interval(mins => n * 4),
       200 + (n * 37) % 900 + CASE WHEN p.id % 3 = 2 THEN 7000 ELSE 0 END,
       CASE WHEN f.failed THEN 'failed' ELSE 'success' END,
       CASE WHEN f.failed THEN 'bad_status' END,
       CASE WHEN f.failed THEN CASE p.id WHEN 1 THEN :hostile ELSE 'the shop answered 503' END END,
       CASE n % 3 WHEN 0 THEN '{"price_changes": 1, "notifications": 2}'::jsonb WHEN 1 THEN '{"not_modified": true}'
                  ELSE '{}' END
FROM generate_series(1, :checks) AS n
JOIN products AS p ON p.id = (SELECT min(id) FROM products) + n % 12
CROSS JOIN LATERAL (SELECT p.id % 3 = 2 AND n % 2 = 0 OR p.name = :hostile AS failed) AS f
"""
_NOTIFICATIONS = """
INSERT INTO notifications (event_key, user_id, product_id, kind, status, reason, attempts, created_at, sent_at)
SELECT 'k' || n, (SELECT min(id) FROM users) + n % 5, (SELECT min(id) FROM products) + n % 12,
       (ARRAY['price_drop', 'back_in_stock', 'sale', 'restock'])[n % 4 + 1],
       (ARRAY['sent', 'sent', 'sent', 'pending', 'suppressed', 'failed', 'pending'])[n % 7 + 1],
       (ARRAY[NULL, NULL, NULL, NULL, 'unsubscribed', 'address_refused', 'doubtful'])[n % 7 + 1],
       n % 7 / 6, now() - make_interval(mins => n * 3),
       CASE WHEN n % 7 < 3 THEN now() - make_interval(mins => n * 3 - 2) END
FROM generate_series(1, :notifications) AS n
"""
_PUPPETS = """
INSERT INTO puppet_jobs (user_id, job_type, scheduled_at, attempts)
SELECT CASE n % 40 WHEN 0 THEN :hostile ELSE 'shop-' || (n * n) % 23 END,
       (ARRAY['send_invite', 'send_message', 'visit_profile', 'sync_contacts'])[n % 7 % 4 + 1],
       now() + make_interval(secs => (n % 1000) * 4 - 3600), n % 3
FROM generate_series(1, :jobs) AS n;
INSERT INTO puppet_jobs (user_id, job_type, status, attempts, claim_token, processor_id, claimed_at, heartbeat_at,
                         waited_ms, deadline_at)
SELECT 'shop-' || n, 'send_invite', CASE n % 4 WHEN 0 THEN 'waiting' ELSE 'running' END, 1, gen_random_uuid(),
       'processor-' || n % 3, now() - make_interval(secs => n * 7), now() - make_interval(secs => n), n * 100,
       now() + interval '1 hour'
FROM generate_series(1, 9) AS n;
INSERT INTO puppet_cron_processor_state (processor_id, run_id, status, started_at, heartbeat_at, batches, processed)
SELECT 'processor-' || n, gen_random_uuid(), 'running', now() - interval '10 minutes',
       now() - make_interval(mins => n * 20), n * 3, n * 50
FROM generate_series(0, 2) AS n
"""
_ATTEMPTS = """
INSERT INTO puppet_job_execution_logs
    (job_id, claim_token, user_id, job_type, attempt, processor_id, outcome, error_type, error, will_retry, waited_ms,
     duration_ms, started_at, finished_at)
SELECT gen_random_uuid(), gen_random_uuid(), CASE n % 50 WHEN 0 THEN :hostile ELSE 'shop-' || (n * n) % 11 END,
       (ARRAY['send_invite', 'send_message', 'visit_profile'])[n % 5 % 3 + 1], 1 + (n % 4) / 3, 'processor-' || n % 4,
       CASE WHEN n % 9 = 0 THEN 'failed' WHEN n % 31 = 0 THEN 'timeout' ELSE 'success' END,
       CASE WHEN n % 9 = 0 THEN (ARRAY['rate_limit', 'network', 'authentication'])[n % 2 + 1]
            WHEN n % 31 = 0 THEN 'timeout' END,
       CASE WHEN n % 9 = 0 THEN CASE n % 50 WHEN 0 THEN :hostile ELSE 'answered 429 after ' || n || ' ms' END
            WHEN n % 31 = 0 THEN 'no answer within 120 s' END,
       n % 2 = 0, (n * 271) % 90000, 800 + (n * 977) % 9000, at - interval '3 seconds', at
FROM generate_series(1, :attempts) AS n
CROSS JOIN LATERAL (SELECT now() - make_interval(mins => (n * 7919) % 43000) AS at) AS t
"""
_AUDIT = """
INSERT INTO audit_log (at, who, action, subject, details, request_id)
SELECT now() - make_interval(mins => n * 11), (ARRAY['admin', 'job', 'an unsubscribe link'])[n % 3 + 1],
       (ARRAY['start-job', 'pause-job', 'puppet-config', 'force-release', 'unsubscribe'])[n % 5 + 1],
       CASE n % 10 WHEN 3 THEN :hostile WHEN 2 THEN 'puppet-jobs' ELSE 'product-checks' END,
       CASE n % 2 WHEN 0 THEN jsonb_build_object('before', jsonb_build_object('batchSize', 20, 'perUserLimit', 2),
                                                 'after', jsonb_build_object('batchSize', 20 + n, 'perUserLimit', 2))
                  ELSE '{"before": null, "after": {"runId": "4a0f2a34-8c5c-4e2f-8f9e-4d9a4d6b4f10", "dry": true}}' END,
       'request-' || n
FROM generate_series(1, :entries) AS n
"""
_SIZES = {"checks": 300, "notifications": 200, "jobs": 2000, "attempts": 2000, "entries": 120}


def fill(write: Callable[..., Any], **sizes: int) -> None:
    """Write rows of every domain; `sizes` says how many, where the usual number does not do."""
    write(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY CASCADE")
    given = {**_SIZES, **sizes}
    write(_PRODUCTS, hostile=HOSTILE)
    write(_CHECKS, hostile=HOSTILE, checks=given["checks"])
    write(_NOTIFICATIONS, notifications=given["notifications"])
    write(_PUPPETS, hostile=HOSTILE, jobs=given["jobs"])
    write(_ATTEMPTS, hostile=HOSTILE, attempts=given["attempts"])
    write(_AUDIT, hostile=HOSTILE, entries=given["entries"])
