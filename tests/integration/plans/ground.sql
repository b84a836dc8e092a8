-- Tables as they are in a shop of some years: much that is over, a little that is due or in flight. `:n` rows in each.
-- Triggers and references are left out, which would write the same rows again; what they keep is written here.
SET session_replication_role = replica;

INSERT INTO users (email) SELECT 'u' || i || '@shop.example' FROM generate_series(1, :n) AS i;
INSERT INTO products (url, name, price, currency, availability, tracked, next_check_at, last_checked_at, regular_price,
                      regular_currency, sale_price, sale_number, sale_step)
SELECT 'https://shop' || i % 50 || '.example/p/' || i, 'product ' || i, 10 + i % 90, 'EUR', 'in_stock', i % 2 = 0,
       now() + (i % 3000 - 30) * interval '1 minute', now() - interval '1 hour', 100, 'EUR',
       CASE WHEN i % 200 = 0 THEN 80 END, i, i
FROM generate_series(1, :n) AS i;
INSERT INTO variants (product_id, sku, position, price, currency, availability)
SELECT 1 + i / 2, 'sku' || i, i % 2, 10 + i % 90, 'EUR', 'in_stock' FROM generate_series(0, :n - 1) AS i;
INSERT INTO tracked_items (user_id, product_id, variant_id, reference_price, reference_currency)
SELECT i, 1 + (i * 7) % :n, CASE WHEN i % 3 = 0 THEN i END, 12, 'EUR' FROM generate_series(1, :n) AS i;
INSERT INTO price_history (product_id, variant_id, price, currency, at)
SELECT 1 + i % :n, CASE WHEN i % 2 = 0 THEN 1 + i % :n END, 10 + i % 50, 'EUR', now() - (:n - i) * interval '10 minutes'
FROM generate_series(1, :n) AS i;
INSERT INTO stock_history (product_id, variant_id, availability, at)
SELECT 1 + i % :n, CASE WHEN i % 2 = 0 THEN 1 + i % :n END, 'in_stock', now() - (:n - i) * interval '10 minutes'
FROM generate_series(1, :n) AS i;
INSERT INTO check_runs (product_id, run_id, started_at, finished_at, duration_ms, status)
SELECT 1 + i % :n, gen_random_uuid(), now() - (:n - i) * interval '10 minutes', now() - (:n - i) * interval '10 minutes', i % 5000,
       CASE WHEN i % 20 = 0 THEN 'failed' ELSE 'success' END
FROM generate_series(1, :n) AS i;

INSERT INTO mails (id, user_id, state, run_id, lock, fence, claimed_at, claimed_until, day)
SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, i,
       CASE WHEN i <= 20 THEN 'claimed' WHEN i <= 40 THEN 'sending' ELSE 'sent' END,
       ('00000000-0000-4000-9000-' || lpad(((i - 1) / 20)::text, 12, '0'))::uuid, 'deliver-notifications', 7,
       now() - (:n - i) * interval '5 minutes', now() + interval '5 minutes', (now() - (:n - i) * interval '5 minutes')::date
FROM generate_series(1, :n) AS i;
INSERT INTO notifications (event_key, user_id, product_id, variant_id, kind, status, created_at, mail_id, read_at, reason,
                           payload)
SELECT 'k' || i, i, 1 + i % :n, CASE WHEN i % 3 = 0 THEN 1 + i % :n END,
       (ARRAY['price_drop', 'back_in_stock', 'sale', 'restock'])[1 + i % 4],
       CASE WHEN i <= 40 THEN 'claimed' WHEN i > :n - 100 THEN 'pending' WHEN i % 201 = 0 THEN 'failed'
            WHEN i % 203 = 0 THEN 'suppressed' ELSE 'sent' END,
       now() - (:n - i) * interval '5 minutes', ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid,
       CASE WHEN i % 4 > 0 THEN now() END, CASE WHEN i % 201 = 0 THEN 'doubtful' END, '{"price": "50", "currency": "EUR"}'
FROM generate_series(1, :n) AS i;
UPDATE notifications SET mail_id = NULL WHERE status = 'pending';
INSERT INTO mail_suppressions (address, reason) SELECT 's' || i || '@shop.example', 'bounce' FROM generate_series(1, :n) AS i;
INSERT INTO mail_unsubscriptions (user_id, list) SELECT i, 'price' FROM generate_series(1, :n) AS i;

INSERT INTO inventory (product_id, variant_id, quantity, reserved, out_mark, all_out_mark)
SELECT 1 + i / 2, 1 + i, 10, CASE WHEN i < 1000 THEN 1 ELSE 0 END, CASE WHEN i % 100 = 0 THEN i + 1 ELSE 0 END,
       CASE WHEN i % 100 = 0 THEN i + 1 ELSE 0 END
FROM generate_series(0, :n - 1) AS i;
INSERT INTO inventory_reservations (id, inventory_id, cart_id, quantity, status, created_at, expires_at, ended_at)
SELECT ('00000000-0000-4000-a000-' || lpad(i::text, 12, '0'))::uuid, 1 + (i - 1) % :n, 'cart' || i, 1,
       CASE WHEN i <= 1000 THEN 'active' ELSE 'completed' END, now() - (CASE WHEN i % 10 = 0 THEN i ELSE i / 1000 END)
       * interval '1 minute', CASE WHEN i % 2 = 0 THEN now() + (i % 60 - 6) * interval '1 hour' END,
       CASE WHEN i > 1000 THEN now() - i * interval '1 minute' END
FROM generate_series(1, :n) AS i;
INSERT INTO wishlists (user_id, product_id, variant_id, price, currency, told_step, told_out)
SELECT i, 1 + (i * 3) % :n, CASE WHEN i % 2 = 0 THEN 1 + (i * 3) % :n END, 100, 'EUR', :n, :n
FROM generate_series(1, :n) AS i;
-- A few have something coming to them.
UPDATE wishlists SET told_step = 0, told_out = 0 WHERE id % 100 = 0;
INSERT INTO wishlist_notifications (wishlist_id, kind, event) SELECT i, 'sale', i FROM generate_series(1, :n) AS i;

INSERT INTO comparisons (slug, term_a, term_b, views, last_visited_at, created_at)
SELECT 'a' || i || '-vs-b' || i, 'a' || i, 'b' || i, CASE WHEN i % 100 = 0 THEN i % 40 ELSE 0 END,
       CASE WHEN i % 5 > 0 THEN now() - i * interval '1 hour' END, now() - i * interval '2 hours'
FROM generate_series(1, :n) AS i;

INSERT INTO puppet_jobs (id, user_id, job_type, status, final_status, scheduled_at, claim_token, processor_id, claimed_at,
                         heartbeat_at, waited_ms, created_at, finished_at)
SELECT ('00000000-0000-4000-b000-' || lpad(i::text, 12, '0'))::uuid, 'user' || i % 2000, 'type' || i % 10,
       CASE WHEN i <= 20 THEN 'running' WHEN i <= 3000 THEN 'pending' ELSE 'completed' END,
       CASE WHEN i > 3000 THEN 'success' END, now() - (i - 500) * interval '1 second',
       CASE WHEN i <= 20 THEN ('00000000-0000-4000-c000-' || lpad(i::text, 12, '0'))::uuid END,
       CASE WHEN i <= 20 THEN 'p1' END, CASE WHEN i <= 20 THEN now() END, CASE WHEN i <= 20 THEN now() END, CASE WHEN i <= 20 THEN 5 END,
       now() - i * interval '1 minute', CASE WHEN i > 3000 THEN now() - i * interval '1 minute' END
FROM generate_series(1, :n) AS i;
INSERT INTO puppet_lanes (user_id, concurrency_group, priority, since, next_at)
SELECT 'user' || i % 2000, CASE WHEN i % 20 = 0 THEN 'group' || i ELSE '' END, i / 2000, now() - interval '1 hour',
       now() - (i % 600 - 300) * interval '1 second'
FROM generate_series(1, :n) AS i;
INSERT INTO puppet_turns (user_id, at) SELECT 'user' || i, now() - i * interval '1 minute' FROM generate_series(1, :n) AS i;
INSERT INTO puppet_cron_processor_state (processor_id, status, heartbeat_at)
SELECT 'p' || i, CASE WHEN i <= 2 THEN 'running' ELSE 'stopped' END, now() - i * interval '1 minute'
FROM generate_series(1, 1000) AS i;
INSERT INTO puppet_job_execution_logs (job_id, claim_token, user_id, job_type, attempt, processor_id, batch_id, outcome,
                                       error_type, waited_ms, duration_ms, started_at, finished_at)
SELECT ('00000000-0000-4000-b000-' || lpad(i::text, 12, '0'))::uuid, gen_random_uuid(), 'user' || i % 2000, 'type' || i % 10,
       1, 'p' || i % 4, gen_random_uuid(), CASE WHEN i % 20 = 0 THEN 'failed' ELSE 'success' END,
       CASE WHEN i % 20 = 0 THEN 'network' END, i % 3000, i % 3000, at, at
FROM generate_series(1, :n) AS i, LATERAL (SELECT now() - (:n - i) * interval '10 minutes' AS at) AS t;
INSERT INTO invite_attempts (user_id, profile, job_id, attempted_at)
SELECT 'user' || i % 2000, 'profile' || i, gen_random_uuid(), now() - (:n - i) * interval '1 hour' FROM generate_series(1, :n) AS i;
INSERT INTO invite_cooldowns (user_id, profile, job_id, attempted_at)
SELECT 'user' || i % 2000, 'profile' || i, gen_random_uuid(), now() - (:n - i) * interval '1 hour' FROM generate_series(1, :n) AS i;

-- A busy job, one that has been paused for long, some that run now and then, one that fails since long ago, one that ran long
-- ago.
INSERT INTO job_runs (id, job, lock, trigger, status, error_class, who, fence, created_at, started_at, finished_at,
                      duration_ms, is_whole)
SELECT ('00000000-0000-4000-d000-' || lpad(i::text, 12, '0'))::uuid, job, job, 'schedule', status,
       CASE status WHEN 'skipped' THEN 'paused' WHEN 'failed' THEN 'Error' END, 'EventBridge', i,
       now() - i * interval '1 minute', now() - i * interval '1 minute',
       CASE WHEN status <> 'running' THEN now() - i * interval '1 minute' END, 100, true
FROM generate_series(1, :n) AS i
CROSS JOIN LATERAL (SELECT CASE WHEN i > :n - 30 THEN 'job10' WHEN i % 2 = 0 THEN 'job0' WHEN i % 4 = 1 THEN 'job9'
                                ELSE 'job' || 1 + i / 4 % 8 END AS job) AS j
CROSS JOIN LATERAL (SELECT CASE WHEN i <= 3 THEN 'running' WHEN job = 'job9' AND i < :n * 0.9 THEN 'skipped'
                                WHEN job = 'job8' AND i < :n * 0.8 OR i % 37 = 0 THEN 'failed'
                                ELSE 'succeeded' END AS status) AS s;
-- A fence for each product that was ever checked.
INSERT INTO job_fence (job, fence, holder) SELECT 'product-check:' || i, 7, 'holder' FROM generate_series(1, :n) AS i;
INSERT INTO job_fence (job, fence, holder) VALUES ('deliver-notifications', 7, 'holder'), ('job1', 7, 'holder');
INSERT INTO job_slots (job, slot, fence, at)
SELECT 'job' || i % 11, now() - i * interval '1 minute', i, now() - i * interval '1 minute' FROM generate_series(1, :n) AS i;
INSERT INTO audit_log (at, who, action, subject)
SELECT now() - (:n - i) * interval '1 minute', 'admin' || i % 5, CASE WHEN i % 1000 = 0 THEN 'puppet-stop' ELSE 'start-job' END,
       CASE WHEN i % 1000 = 0 THEN 'puppet-jobs' ELSE 'job' || i % 11 END
FROM generate_series(1, :n) AS i;
INSERT INTO idempotency_keys (scope, key, fingerprint, created_at)
SELECT 'jobs', 'key' || i, 'f', now() - i * interval '1 minute' FROM generate_series(1, :n) AS i;
INSERT INTO alerts (key, kind, facts, is_open, since, state, created_at)
SELECT 'job:job' || i % 11, 'opened', '{}', true, now(), CASE WHEN i > :n - 10 THEN 'pending' ELSE 'sent' END,
       now() - (:n - i) * interval '1 minute'
FROM generate_series(1, :n) AS i;
INSERT INTO alert_states (key, told_at, is_open) VALUES ('job:job1', now(), true);

SET session_replication_role = DEFAULT
