-- name: count_sale_wishes
SELECT count(*) AS wishes FROM wishlists WHERE notify_on_sale

-- name: count_stock_wishes
SELECT count(*) AS wishes FROM wishlists WHERE notify_on_stock

-- name: claim_sales
-- One page of what is due, from an item on: found through an index, item by item, marked as told and put into the
-- outbox in one statement. It waits for nobody: a wish or a person that somebody is changing is left to the next check.
-- A price when wished that is not known, or is in another currency, cannot be compared: it is no news (`is_news`), this
-- sale is taken as known, and the next one counts.
WITH on_sale AS MATERIALIZED (
    SELECT s.* FROM sales_now AS s
    WHERE (s.product_id, coalesce(s.variant_id, 0)) >= (:product_id, :variant_id)
    ORDER BY s.product_id, coalesce(s.variant_id, 0)
), due AS MATERIALIZED (
    SELECT s.*, w.wishlist_id, w.user_id, w.is_news, w.old_price
    FROM on_sale AS s
    CROSS JOIN LATERAL (
        SELECT w.id AS wishlist_id, w.user_id, w.currency IS NOT DISTINCT FROM s.currency AS is_news,
               known.price AS old_price
        FROM wishlists AS w
        JOIN users AS u ON u.id = w.user_id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN w.told_step >= s.sale_number THEN w.told_price ELSE w.price END AS price
        ) AS known
        WHERE w.notify_on_sale AND w.product_id = s.product_id
          AND coalesce(w.variant_id, 0) = coalesce(s.variant_id, 0) AND w.told_step < s.sale_step
          AND (w.currency IS DISTINCT FROM s.currency OR is_drop(known.price, s.price, :min_drop_percent))
        LIMIT :page_size
        FOR UPDATE OF w SKIP LOCKED FOR KEY SHARE OF u SKIP LOCKED
    ) AS w
    LIMIT :page_size
), told AS (
    UPDATE wishlists AS w
    SET told_step = d.sale_step, told_price = d.price, currency = d.currency,
        price = CASE WHEN d.is_news THEN w.price ELSE d.regular_price END
    FROM due AS d
    -- Said twice: without the list, the planner reads a smaller table as a whole to find a page of it.
    WHERE w.id = d.wishlist_id AND w.id = ANY (ARRAY(SELECT wishlist_id FROM due))
), logged AS (
    INSERT INTO wishlist_notifications (wishlist_id, kind, event, price, currency)
    SELECT d.wishlist_id, 'sale', d.sale_step, d.price, d.currency FROM due AS d WHERE d.is_news
    ON CONFLICT DO NOTHING
), written AS (
    INSERT INTO notifications (event_key, user_id, product_id, variant_id, kind, payload)
    SELECT 'sale:' || d.wishlist_id || ':' || d.sale_step, d.user_id, d.product_id, d.variant_id, 'sale',
           jsonb_strip_nulls(jsonb_build_object(
               'old_price', d.old_price::text, 'price', d.price::text, 'regular_price', d.regular_price::text,
               'currency', d.currency,
               'ends_at', to_char(d.ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
    FROM due AS d WHERE d.is_news
    ON CONFLICT (event_key) DO NOTHING
    RETURNING 1
)
SELECT count(*) AS claimed, (SELECT count(*) FROM written) AS notified, max(d.product_id) AS product_id,
       coalesce(max(d.variant_id) FILTER (WHERE d.product_id = (SELECT max(product_id) FROM due)), 0) AS variant_id
FROM due AS d

-- name: claim_restocks
-- The same for what is back: out of stock since the person's own mark, and to be had now.
WITH went_out AS MATERIALIZED (
    SELECT m.product_id, m.variant_id, m.mark
    FROM (
        SELECT i.product_id, i.variant_id, i.out_mark AS mark FROM inventory AS i
        WHERE i.out_mark > 0 AND i.variant_id IS NOT NULL
        UNION ALL
        SELECT i.product_id, NULL, max(i.all_out_mark) FROM inventory AS i
        WHERE i.all_out_mark > 0 GROUP BY i.product_id
    ) AS m
    WHERE (m.product_id, coalesce(m.variant_id, 0)) >= (:product_id, :variant_id)
    ORDER BY m.product_id, coalesce(m.variant_id, 0)
), due AS MATERIALIZED (
    SELECT o.*, w.wishlist_id, w.user_id
    FROM went_out AS o
    -- Most items that ever went out have nobody who waits for them: that is asked before their stock is counted.
    CROSS JOIN LATERAL (
        SELECT 1 FROM wishlists AS w
        WHERE w.notify_on_stock AND w.product_id = o.product_id
          AND coalesce(w.variant_id, 0) = coalesce(o.variant_id, 0) AND w.told_out < o.mark
        LIMIT 1
    ) AS awaited
    CROSS JOIN LATERAL (
        SELECT 1 FROM inventory_available AS a
        WHERE a.product_id = o.product_id AND (o.variant_id IS NULL OR a.variant_id = o.variant_id) AND a.available > 0
        LIMIT 1
    ) AS back
    CROSS JOIN LATERAL (
        SELECT w.id AS wishlist_id, w.user_id
        FROM wishlists AS w
        JOIN users AS u ON u.id = w.user_id
        WHERE w.notify_on_stock AND w.product_id = o.product_id
          AND coalesce(w.variant_id, 0) = coalesce(o.variant_id, 0) AND w.told_out < o.mark
        LIMIT :page_size
        FOR UPDATE OF w SKIP LOCKED FOR KEY SHARE OF u SKIP LOCKED
    ) AS w
    LIMIT :page_size
), told AS (
    UPDATE wishlists AS w SET told_out = d.mark
    FROM due AS d
    WHERE w.id = d.wishlist_id AND w.id = ANY (ARRAY(SELECT wishlist_id FROM due))
), priced AS (
    SELECT d.*, p.price, p.currency FROM due AS d LEFT JOIN LATERAL shop_price(d.product_id, d.variant_id) AS p ON true
), logged AS (
    INSERT INTO wishlist_notifications (wishlist_id, kind, event, price, currency)
    SELECT p.wishlist_id, 'restock', p.mark, p.price, p.currency FROM priced AS p
    ON CONFLICT DO NOTHING
), written AS (
    INSERT INTO notifications (event_key, user_id, product_id, variant_id, kind, payload)
    SELECT 'restock:' || p.wishlist_id || ':' || p.mark, p.user_id, p.product_id, p.variant_id, 'restock',
           jsonb_strip_nulls(jsonb_build_object('price', p.price::text, 'currency', p.currency))
    FROM priced AS p
    ON CONFLICT (event_key) DO NOTHING
    RETURNING 1
)
SELECT count(*) AS claimed, (SELECT count(*) FROM written) AS notified, max(d.product_id) AS product_id,
       coalesce(max(d.variant_id) FILTER (WHERE d.product_id = (SELECT max(product_id) FROM due)), 0) AS variant_id
FROM due AS d

-- name: last_runs
-- When the newest run of each job began; a tick that was skipped is none.
SELECT wanted.job, newest.at
FROM jsonb_array_elements_text(:jobs::jsonb) AS wanted(job)
CROSS JOIN LATERAL (
    SELECT coalesce(r.started_at, r.created_at) AS at FROM job_runs AS r
    WHERE r.job = wanted.job AND r.status <> 'skipped'
    ORDER BY r.created_at DESC, r.id DESC LIMIT 1
) AS newest
