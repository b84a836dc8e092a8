"""For every rule of retention: how to write rows of a given age that it may remove, and that it may not."""

from __future__ import annotations

from typing import Final

_USER = "(SELECT min(id) FROM users)"

# `:age` is the age of a row as an interval, `:n` how many there shall be.
REMOVABLE: Final = {
    "puppet_job_execution_logs": """
        INSERT INTO puppet_job_execution_logs
            (job_id, claim_token, user_id, job_type, attempt, processor_id, batch_id, outcome, started_at, finished_at)
        SELECT gen_random_uuid(), gen_random_uuid(), 'u', 'x', 1, 'p', gen_random_uuid(), 'success', now() - :age,
               now() - :age
        FROM generate_series(1, :n)""",
    "puppet_jobs": """
        INSERT INTO puppet_jobs (user_id, job_type, status, final_status, created_at, finished_at)
        SELECT 'u', 'x', 'completed', 'success', now() - :age, CASE WHEN i % 2 = 0 THEN now() - :age END
        FROM generate_series(1, :n) AS i""",
    "invite_attempts": """
        INSERT INTO invite_attempts (user_id, profile, job_id, attempted_at)
        SELECT 'u', 'p' || :age || i, gen_random_uuid(), now() - :age FROM generate_series(1, :n) AS i""",
    "invite_cooldowns": """
        INSERT INTO invite_cooldowns (user_id, profile, job_id, attempted_at)
        SELECT 'u', 'p' || :age || i, gen_random_uuid(), now() - :age FROM generate_series(1, :n) AS i""",
    "puppet_cron_processor_state": """
        INSERT INTO puppet_cron_processor_state (processor_id, status, started_at)
        SELECT 'p' || :age || i, 'stopped', now() - :age FROM generate_series(1, :n) AS i""",
    "check_runs": """
        INSERT INTO check_runs (product_id, started_at, duration_ms, status)
        SELECT min(id), now() - :age, 1, 'success' FROM products, generate_series(1, :n) AS i GROUP BY i""",
    "notifications": f"""
        INSERT INTO notifications (event_key, user_id, kind, status, created_at)
        SELECT 'k' || :age || i, {_USER}, 'sale', (ARRAY['sent', 'failed', 'suppressed'])[1 + i % 3], now() - :age
        FROM generate_series(1, :n) AS i""",
    "mails": f"""
        INSERT INTO mails (user_id, state, run_id, lock, fence, claimed_at, claimed_until, day)
        SELECT {_USER}, (ARRAY['sent', 'refused', 'failed', 'freed', 'empty'])[1 + i % 5], gen_random_uuid(), 'x', 1,
               now() - :age, now() - :age, CASE WHEN i % 5 < 3 THEN (now() - :age)::date END
        FROM generate_series(1, :n) AS i""",
    "inventory_reservations": """
        INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, status, ended_at)
        SELECT 1, 'cart', 1, (ARRAY['completed', 'released', 'expired'])[1 + i % 3], now() - :age
        FROM generate_series(1, :n) AS i""",
    "idempotency_keys": """
        INSERT INTO idempotency_keys (scope, key, fingerprint, created_at)
        SELECT 'a', 'k' || :age || i, 'f', now() - :age FROM generate_series(1, :n) AS i""",
    "alerts": """
        INSERT INTO alerts (key, kind, facts, is_open, since, state, created_at)
        SELECT 'k', 'opened', '{}', true, now() - :age, (ARRAY['sent', 'failed', 'doubtful', 'dropped'])[1 + i % 4],
               now() - :age
        FROM generate_series(1, :n) AS i""",
    "audit_log": """
        INSERT INTO audit_log (who, action, subject, at)
        SELECT 'admin', (ARRAY['start-job', 'puppet-stop'])[1 + i % 2], 's', now() - :age
        FROM generate_series(1, :n) AS i""",
    "job_slots": """
        INSERT INTO job_slots (job, slot, fence, at)
        SELECT 'j', now() - :age + make_interval(secs => i), 1, now() - :age FROM generate_series(1, :n) AS i""",
    "job_runs": """
        INSERT INTO job_runs (id, job, lock, trigger, status, who, created_at)
        SELECT gen_random_uuid(), 'j', 'j', 'schedule', (ARRAY['succeeded', 'failed', 'lost'])[1 + i % 3], 'x',
               now() - :age
        FROM generate_series(1, :n) AS i""",
}

# What the rows above need, and what makes removable those of which the newest always stay.
GROUND: Final = """
    INSERT INTO users (email) VALUES ('a@example.com');
    INSERT INTO products (url) VALUES ('https://shop.example/1');
    INSERT INTO job_slots (job, slot, fence) VALUES ('j', now(), 1);
    INSERT INTO audit_log (who, action, subject) VALUES ('admin', 'puppet-start', 's');
    INSERT INTO job_runs (id, job, lock, trigger, status, who)
    SELECT gen_random_uuid(), 'j', 'j', 'schedule', 'succeeded', 'x' FROM generate_series(1, 100)
"""
