-- What a test that reads the plan of every statement found: rows that were looked for by reading a whole table.

-- Whoever deletes a person, a product or a variant has the rows that refer to it looked up, once for each of them.
CREATE INDEX mails_of_user ON mails (user_id);
CREATE INDEX tracked_items_of_variant ON tracked_items (variant_id) WHERE variant_id IS NOT NULL;
CREATE INDEX price_history_of_variant ON price_history (variant_id) WHERE variant_id IS NOT NULL;
CREATE INDEX stock_history_of_variant ON stock_history (variant_id) WHERE variant_id IS NOT NULL;
CREATE INDEX notifications_of_variant ON notifications (variant_id) WHERE variant_id IS NOT NULL;
CREATE INDEX inventory_of_variant ON inventory (variant_id) WHERE variant_id IS NOT NULL;

-- The checks of one shop, among those of hundreds.
CREATE INDEX products_of_shop ON products (lower(substring(url FROM '^[A-Za-z]+://([^/?#]+)')));

-- The rows of a job do not lie evenly among those of all jobs: one runs every minute, another once a week or not any more. A
-- planner that believes they do looks for a job's newest run by going back through the runs of all jobs.
ALTER TABLE job_runs ALTER COLUMN job SET (n_distinct = 1000);
-- The newest tick that was skipped, found without reading those of the weeks for which a job has been paused.
CREATE INDEX job_runs_held_back ON job_runs (job, created_at DESC, id DESC)
    WHERE status = 'skipped' AND error_class IN ('held', 'cooling', 'paused');

-- As in 0001. There is a fence for each product that was ever checked, and this comes first in every write of a run: one
-- row of that, not all of them.
CREATE OR REPLACE FUNCTION hold_fences(held jsonb) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    alive integer;
BEGIN
    SELECT count(*) INTO alive FROM (
        SELECT 1
        FROM job_fence AS f
        JOIN jsonb_to_recordset(held) AS h(job text, fence bigint) ON f.job = h.job AND f.fence = h.fence
        WHERE f.job = ANY (ARRAY(SELECT each ->> 'job' FROM jsonb_array_elements(held) AS each))
        ORDER BY f.job
        FOR SHARE OF f
    ) AS locked;
    IF alive < jsonb_array_length(held) THEN
        RAISE EXCEPTION 'a newer holder has claimed the fence' USING ERRCODE = 'NS001';
    END IF;
END
$$;

-- As in 0005. What is on sale is looked up item by item; without the limit it was joined, and so read in whole for each mail
-- that tells of a sale.
CREATE OR REPLACE FUNCTION notifications_still_true(ids bigint[]) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    -- The price is still as low as it was told, in the same currency.
    SELECT n.id
    FROM notifications AS n
    JOIN tracked_items AS t
      ON t.user_id = n.user_id AND t.product_id = n.product_id AND t.variant_id IS NOT DISTINCT FROM n.variant_id
    JOIN products AS p ON p.id = n.product_id
    LEFT JOIN variants AS v ON v.id = n.variant_id
    WHERE n.id = ANY (ids) AND n.kind = 'price_drop' AND t.notify_price_drop AND v.vanished_at IS NULL
      AND CASE WHEN n.variant_id IS NULL THEN p.currency ELSE v.currency END
          IS NOT DISTINCT FROM (n.payload ->> 'currency')::currency_code
      AND CASE WHEN n.variant_id IS NULL THEN p.price ELSE v.price END <= (n.payload ->> 'price')::numeric
    UNION ALL
    -- It is still to be had.
    SELECT n.id
    FROM notifications AS n
    JOIN tracked_items AS t
      ON t.user_id = n.user_id AND t.product_id = n.product_id AND t.variant_id IS NOT DISTINCT FROM n.variant_id
    JOIN products AS p ON p.id = n.product_id
    LEFT JOIN variants AS v ON v.id = n.variant_id
    WHERE n.id = ANY (ids) AND n.kind = 'back_in_stock' AND t.notify_stock AND v.vanished_at IS NULL
      AND CASE WHEN n.variant_id IS NULL THEN p.availability ELSE v.availability END IN ('in_stock', 'limited')
    UNION ALL
    -- It is still on sale, at no more than was told, and wished for.
    SELECT n.id
    FROM notifications AS n
    CROSS JOIN LATERAL (
        SELECT 1 FROM sales_now AS s
        WHERE s.product_id = n.product_id AND s.variant_id IS NOT DISTINCT FROM n.variant_id
          AND s.currency = n.payload ->> 'currency' AND s.price <= (n.payload ->> 'price')::numeric
        LIMIT 1
    ) AS sale
    WHERE n.id = ANY (ids) AND n.kind = 'sale' AND EXISTS (
        SELECT 1 FROM wishlists AS w
        WHERE w.product_id = n.product_id AND w.variant_id IS NOT DISTINCT FROM n.variant_id AND w.user_id = n.user_id
          AND w.notify_on_sale)
    UNION ALL
    -- It is still to be had, reservations counted, and wished for.
    SELECT n.id
    FROM notifications AS n
    WHERE n.id = ANY (ids) AND n.kind = 'restock' AND units_available(n.product_id, n.variant_id) > 0 AND EXISTS (
        SELECT 1 FROM wishlists AS w
        WHERE w.product_id = n.product_id AND w.variant_id IS NOT DISTINCT FROM n.variant_id AND w.user_id = n.user_id
          AND w.notify_on_stock)
$$;

-- As in 0016, but never lane by lane: right after a moment in which nobody had had a turn, the planner takes the table of turns
-- for an empty one, and went over all of it once for each lane.
CREATE OR REPLACE FUNCTION pass_puppet_lanes(lanes tid[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan'
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_nestloop = off SET jit = off AS $$
BEGIN
    UPDATE puppet_lanes AS l SET next_at = t.at, served = true
    FROM puppet_turns AS t
    WHERE t.user_id = l.user_id
      AND t.user_id = ANY (ARRAY(SELECT o.user_id FROM puppet_lanes AS o WHERE o.ctid = ANY (lanes)))
      AND l.ctid = ANY (ARRAY(
          SELECT o.ctid FROM puppet_lanes AS o WHERE o.ctid = ANY (lanes) FOR NO KEY UPDATE SKIP LOCKED));
END
$$;
