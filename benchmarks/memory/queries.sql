-- name: track
-- One person tracks all these pages, which are due at once.
WITH ada AS (
    INSERT INTO users (email) VALUES ('ada@example.com') RETURNING id
), added AS (
    INSERT INTO products (url) SELECT * FROM jsonb_array_elements_text(CAST(:urls AS jsonb)) RETURNING id
)
INSERT INTO tracked_items (user_id, product_id) SELECT ada.id, added.id FROM ada, added

-- name: sell_out
UPDATE inventory SET quantity = 0 WHERE product_id <= CAST(:products AS bigint)

-- name: restock
UPDATE inventory SET quantity = 5 WHERE product_id <= CAST(:products AS bigint)

-- name: fill_comparisons
-- With as many points as a comparison may have, a day each, as whole numbers that go up and down with the year.
INSERT INTO comparisons (slug, term_a, term_b, series, views)
SELECT 'thing-' || n || '-vs-other', 'thing ' || n, 'other', points.series, 100
FROM generate_series(1, CAST(:comparisons AS integer)) AS n, LATERAL (
    SELECT jsonb_agg(jsonb_build_object('date', CAST(CAST('1999-01-01' AS date) + d AS text), 'values', jsonb_build_array(
        CAST(50 + 30 * sin(d / 58.1 + n) + (d * 7 + n) % 11 AS integer), CAST(40 + (d * 13 + n) % 17 AS integer)))) AS series
    FROM generate_series(1, CAST(:points AS integer)) AS d) AS points

-- name: fill_queue
INSERT INTO puppet_jobs (user_id, job_type, payload)
SELECT 'user-' || n % 100, 'look_up', jsonb_build_object('about', repeat('a profile ', 100))
FROM generate_series(1, CAST(:jobs AS integer)) AS n

-- name: fill_old
INSERT INTO idempotency_keys (scope, key, fingerprint, status, created_at)
SELECT 'POST /api/jobs/retention', 'key-' || n, 'print', 202, now() - interval '30 days' + n * interval '1 second'
FROM generate_series(1, CAST(:rows AS integer)) AS n

-- name: fill_open_runs
-- Runs that nobody ended, of a lock each.
INSERT INTO job_runs (id, job, lock, trigger, status, who, created_at, started_at, limit_s)
SELECT gen_random_uuid(), 'warmup-on-demand', 'warmup:on-demand:' || n, 'http', 'running', 'a benchmark', now() - interval '1 day',
       now() - interval '1 day', 300
FROM generate_series(1, CAST(:runs AS integer)) AS n

-- name: lengthen_runs
-- As long as what runs say of themselves may get.
UPDATE job_runs SET errors = (SELECT jsonb_agg(repeat('what went wrong ', 30)) FROM generate_series(1, 10)),
    error = repeat('what went wrong ', 30)
WHERE error IS NOT NULL
