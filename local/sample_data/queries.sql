-- name: stored
-- What the database knows of pages on this machine.
SELECT p.id, p.url, p.price::text AS price, p.availability,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(v.sku, v.price::text, v.availability, v.vanished_at IS NOT NULL)), '[]')
        FROM variants AS v WHERE v.product_id = p.id) AS variants
FROM products AS p
WHERE p.url LIKE 'http://127.0.0.1:%'

-- name: begin_day
-- Answers a row at the first load of a day. The table is no part of the system, so no migration makes it.
CREATE TABLE IF NOT EXISTS sample_days (day integer PRIMARY KEY);
INSERT INTO sample_days (day) VALUES (:day) ON CONFLICT DO NOTHING RETURNING day

-- name: follow_ports
-- The shops are somewhere else than in the last run: their pages' addresses go with them.
UPDATE products AS p
SET url = regexp_replace(p.url, '^http://[^/]+', s.base),
    validated_url = regexp_replace(p.validated_url, '^http://[^/]+', s.base),
    image_url = regexp_replace(p.image_url, '^http://[^/]+', s.base)
FROM jsonb_to_recordset(:moved::jsonb) AS s(id bigint, base text)
WHERE p.id = s.id

-- name: put_users
INSERT INTO users (email, name, locale)
SELECT email, name, locale FROM jsonb_to_recordset(:users::jsonb) AS s(email text, name text, locale text)
ON CONFLICT (email) DO NOTHING

-- name: put_products
-- As if checked yesterday. Where it was never checked, nothing is known. A version (etag) of another day is forgotten.
INSERT INTO products AS p (url, name, brand, price, currency, availability, last_checked_at)
SELECT url, name, brand, price, currency, availability, CASE WHEN price IS NOT NULL THEN now() - interval '1 day' END
FROM jsonb_to_recordset(:products::jsonb)
     AS s(url text, name text, brand text, price numeric, currency text, availability text)
ON CONFLICT (url) DO UPDATE
SET price = excluded.price, currency = excluded.currency, availability = excluded.availability,
    etag = NULL, last_modified = NULL, validated_url = NULL, updated_at = now()

-- name: put_variants
WITH sample AS (
    SELECT p.id AS product_id, s.*
    FROM jsonb_to_recordset(:variants::jsonb) AS s(
        url text, sku text, attributes jsonb, "position" integer, price numeric, currency text, availability text,
        vanished boolean)
    JOIN products AS p ON p.url = s.url
), kept AS (
    UPDATE variants AS v
    SET "position" = s."position", price = s.price, availability = s.availability,
        vanished_at = CASE WHEN s.vanished THEN coalesce(v.vanished_at, now() - interval '1 day') END
    FROM sample AS s
    WHERE v.product_id = s.product_id AND v.sku = s.sku
    RETURNING v.product_id, v.sku
)
INSERT INTO variants (product_id, sku, attributes, "position", price, currency, availability, first_seen_at, vanished_at)
SELECT product_id, sku, attributes, "position", price, currency, availability, now() - interval '1 day',
       CASE WHEN vanished THEN now() - interval '1 day' END
FROM sample
WHERE (product_id, sku) NOT IN (SELECT product_id, sku FROM kept)
ORDER BY product_id, "position"

-- name: put_histories
WITH known AS (
    SELECT p.id AS product_id, NULL::bigint AS variant_id, p.price, p.currency, p.availability,
           CASE WHEN p.created_at = now() THEN now() - interval '1 day' ELSE now() END AS at
    FROM products AS p JOIN jsonb_to_recordset(:products::jsonb) AS s(url text) USING (url)
    UNION ALL
    SELECT v.product_id, v.id, v.price, v.currency, v.availability,
           CASE WHEN p.created_at = now() THEN now() - interval '1 day' ELSE now() END
    FROM variants AS v JOIN products AS p ON p.id = v.product_id
    JOIN jsonb_to_recordset(:products::jsonb) AS s(url text) USING (url)
    WHERE v.vanished_at IS NULL
), prices AS (
    INSERT INTO price_history (product_id, variant_id, price, currency, at)
    SELECT product_id, variant_id, price, currency, at FROM known WHERE price IS NOT NULL
)
INSERT INTO stock_history (product_id, variant_id, availability, at)
SELECT product_id, variant_id, availability, at FROM known WHERE availability <> 'unknown'

-- name: put_tracked_items
INSERT INTO tracked_items AS t (user_id, product_id, variant_id, notify_price_drop, notify_stock, min_drop_percent,
                                reference_price, reference_currency)
SELECT u.id, p.id, v.id, s.price, s.stock, s.min_drop_percent, s.reference,
       CASE WHEN s.reference IS NOT NULL THEN s.currency END
FROM jsonb_to_recordset(:followings::jsonb) AS s(
    email text, url text, sku text, price boolean, stock boolean, min_drop_percent numeric, reference numeric,
    currency text)
JOIN users AS u ON u.email = s.email
JOIN products AS p ON p.url = s.url
LEFT JOIN variants AS v ON v.product_id = p.id AND v.sku = s.sku
WHERE s.sku IS NULL OR v.id IS NOT NULL
ON CONFLICT (user_id, product_id, variant_id) DO UPDATE
SET reference_price = excluded.reference_price, reference_currency = excluded.reference_currency

-- name: make_due
-- A new day: everything is due, in the order of the catalogue.
UPDATE products AS p
SET last_checked_at = CASE WHEN p.last_checked_at IS NOT NULL
                           THEN least(p.last_checked_at, now() - interval '1 day') END,
    next_check_at = now() - interval '1 hour' + make_interval(secs => s.place)
FROM jsonb_to_recordset(:due::jsonb) AS s(url text, place integer)
WHERE p.url = s.url

-- name: settle_mails
-- Yesterday's mails count for yesterday, what it left untold is not told any more, and everybody takes mail again.
UPDATE mails SET day = day - 1 WHERE day IS NOT NULL;
UPDATE mails SET state = 'freed', ended_at = now() WHERE state IN ('claimed', 'sending');
UPDATE notifications SET status = 'suppressed', reason = 'left over', mail_id = NULL WHERE status IN ('pending', 'claimed');
DELETE FROM mail_suppressions WHERE :people::jsonb ? address;
DELETE FROM mail_unsubscriptions WHERE user_id IN (SELECT id FROM users WHERE :people::jsonb ? email)

-- name: settle_holds
SELECT release_reservation(id) FROM inventory_reservations WHERE status = 'active' AND cart_id LIKE '%, day %'

-- name: begin_items
-- The shop's items of the day, with their ids.
CREATE TEMPORARY TABLE sample_items ON COMMIT DROP AS
SELECT s.*, p.id AS product_id, v.id AS variant_id
FROM jsonb_to_recordset(:items::jsonb)
     AS s(path text, sku text, price numeric, currency text, stock integer, sale_price numeric, runs_out boolean)
JOIN products AS p ON p.url LIKE 'http://127.0.0.1:%' AND regexp_replace(p.url, '^http://[^/]+', '') = s.path
LEFT JOIN variants AS v ON v.product_id = p.id AND v.sku = s.sku;
UPDATE products AS p SET regular_price = s.price, regular_currency = s.currency
FROM sample_items AS s WHERE p.id = s.product_id AND s.variant_id IS NULL;
UPDATE variants AS v SET regular_price = s.price, regular_currency = s.currency
FROM sample_items AS s WHERE v.id = s.variant_id;
INSERT INTO inventory (product_id, variant_id, quantity) SELECT product_id, variant_id, stock FROM sample_items
ON CONFLICT (product_id, variant_id) DO UPDATE SET quantity = excluded.quantity

-- name: put_wishes
-- As if everybody had been told all that happened so far.
INSERT INTO wishlists (user_id, product_id, variant_id, notify_on_sale, notify_on_stock)
SELECT u.id, i.product_id, i.variant_id, s.on_sale, s.on_stock
FROM jsonb_to_recordset(:wishes::jsonb) AS s(email text, path text, sku text, on_sale boolean, on_stock boolean)
JOIN users AS u ON u.email = s.email
JOIN sample_items AS i ON i.path = s.path AND i.sku IS NOT DISTINCT FROM s.sku
ON CONFLICT DO NOTHING;
UPDATE wishlists AS w SET told_out = last_out_mark(w.product_id, w.variant_id)
FROM users AS u WHERE u.id = w.user_id AND :people::jsonb ? u.email;
UPDATE wishlists AS w SET told_step = s.sale_step, told_price = s.price
FROM users AS u, sales_now AS s
WHERE u.id = w.user_id AND :people::jsonb ? u.email
  AND s.product_id = w.product_id AND s.variant_id IS NOT DISTINCT FROM w.variant_id

-- name: bring_news
-- A sale ends and a new one begins: only then is it another one. What runs out is sold to the last unit, and comes back.
UPDATE products AS p SET sale_price = NULL FROM sample_items AS s
WHERE p.id = s.product_id AND s.variant_id IS NULL AND s.sale_price IS NOT NULL;
UPDATE products AS p SET sale_price = s.sale_price FROM sample_items AS s
WHERE p.id = s.product_id AND s.variant_id IS NULL AND s.sale_price IS NOT NULL;
UPDATE inventory AS i SET quantity = 0 FROM sample_items AS s
WHERE s.runs_out AND i.product_id = s.product_id AND i.variant_id IS NOT DISTINCT FROM s.variant_id;
UPDATE inventory AS i SET quantity = s.stock FROM sample_items AS s
WHERE s.runs_out AND i.product_id = s.product_id AND i.variant_id IS NOT DISTINCT FROM s.variant_id

-- name: put_holds
WITH holds AS (
    SELECT i.id AS inventory_id, c.*
    FROM jsonb_to_recordset(:carts::jsonb)
         AS c(cart text, path text, sku text, quantity integer, age integer, lifetime integer)
    JOIN sample_items AS s ON s.path = c.path AND s.sku IS NOT DISTINCT FROM c.sku
    JOIN inventory AS i ON i.product_id = s.product_id AND i.variant_id IS NOT DISTINCT FROM s.variant_id
), reserved AS (
    UPDATE inventory AS i SET reserved = i.reserved + h.quantity
    FROM (SELECT inventory_id, sum(quantity) AS quantity FROM holds GROUP BY inventory_id) AS h
    WHERE i.id = h.inventory_id
)
INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, created_at, expires_at)
SELECT inventory_id, cart, quantity, now() - make_interval(mins => age), now() + make_interval(mins => lifetime - age)
FROM holds

-- name: put_archive
-- Older than any limit that is set locally.
WITH checked AS (
    INSERT INTO check_runs (product_id, started_at, finished_at, duration_ms, status)
    SELECT (SELECT min(id) FROM products), now() - interval '400 days', now() - interval '400 days', 120, 'success'
    FROM generate_series(1, :checks)
)
INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, status, created_at, ended_at)
SELECT (SELECT min(id) FROM inventory), 'last year, ' || n, 1, 'completed', now() - interval '400 days', now() - interval '400 days'
FROM generate_series(1, :holds) AS n

-- name: latest_checks
SELECT p.url, p.price::text AS price, p.currency, p.availability, c.status, c.error_class,
       (SELECT count(*) FROM notifications AS n
        WHERE n.product_id = p.id AND n.created_at >= latest.began AND n.kind IN ('price_drop', 'back_in_stock')
       ) AS notifications
FROM products AS p
CROSS JOIN (
    SELECT run_id, min(started_at) AS began FROM check_runs
    WHERE run_id = (SELECT run_id FROM check_runs ORDER BY started_at DESC, id DESC LIMIT 1)
    GROUP BY run_id
) AS latest
LEFT JOIN check_runs AS c ON c.product_id = p.id AND c.run_id = latest.run_id
WHERE p.url LIKE 'http://127.0.0.1:%'

-- name: latest_runs
SELECT DISTINCT ON (job) job, status, processed, failed FROM job_runs ORDER BY job, created_at DESC, id DESC

-- name: summary
WITH latest AS (
    SELECT run_id, min(started_at) AS began, max(finished_at) AS ended FROM check_runs
    WHERE run_id = (SELECT run_id FROM check_runs ORDER BY started_at DESC, id DESC LIMIT 1)
    GROUP BY run_id
), prices AS (
    SELECT product_id, variant_id, at, price, currency,
           lag(price) OVER (PARTITION BY product_id, variant_id ORDER BY at, id) AS before
    FROM price_history
), stocks AS (
    SELECT product_id, variant_id, at, availability,
           lag(availability) OVER (PARTITION BY product_id, variant_id ORDER BY at, id) AS before
    FROM stock_history
), found AS (
    SELECT 1 AS place, 'change' AS kind,
           CASE WHEN before IS NULL THEN 'first price' WHEN price < before THEN 'price fell' ELSE 'price rose' END AS what,
           product_id, concat_ws(' → ', before::text, price::text) || ' ' || coalesce(currency, '') AS detail
    FROM prices, latest WHERE variant_id IS NULL AND at >= latest.began
    UNION ALL
    SELECT 1, 'change', replace(availability, '_', ' '), product_id, 'was ' || replace(before, '_', ' ')
    FROM stocks, latest WHERE variant_id IS NULL AND before IS NOT NULL AND at >= latest.began
    UNION ALL
    SELECT 1, 'change', 'variant appeared', product_id, v.sku FROM variants AS v, latest WHERE v.first_seen_at >= latest.began
    UNION ALL
    SELECT 1, 'change', 'variant vanished', product_id, v.sku FROM variants AS v, latest WHERE v.vanished_at >= latest.began
    UNION ALL
    SELECT 2, 'failure', c.error_class, c.product_id, NULL FROM check_runs AS c JOIN latest USING (run_id)
    WHERE c.status = 'failed'
    UNION ALL
    SELECT 3, 'notification', replace(n.kind, '_', ' '), n.product_id, 'to ' || u.name
    FROM notifications AS n JOIN users AS u ON u.id = n.user_id, latest WHERE n.created_at >= latest.began
    UNION ALL
    SELECT 4, 'stock', 'given back', i.product_id, r.quantity || ' of: ' || r.cart_id
    FROM inventory_reservations AS r JOIN inventory AS i ON i.id = r.inventory_id, latest
    WHERE r.status = 'expired' AND r.ended_at >= latest.began
)
SELECT f.kind, f.what, count(*) AS count,
       jsonb_agg(coalesce(p.name, p.url) || coalesce(' (' || f.detail || ')', '') ORDER BY p.id) AS examples
FROM found AS f
JOIN products AS p ON p.id = f.product_id
GROUP BY f.place, f.kind, f.what
ORDER BY f.place, count(*) DESC, f.what

-- name: put_comparisons
-- As the shop's software would: the newest series, and how popular they are.
INSERT INTO comparisons AS c (slug, term_a, term_b, timeframe, geo, series, views, last_visited_at, created_at)
SELECT slug, term_a, term_b, timeframe, geo, series, views, now() - visit_days * interval '1 day',
       now() - age_days * interval '1 day'
FROM jsonb_to_recordset(:comparisons::jsonb) AS s(
    slug text, term_a text, term_b text, timeframe text, geo text, series jsonb, views bigint, visit_days float,
    age_days float)
ON CONFLICT (slug) DO UPDATE
SET series = excluded.series, views = excluded.views, last_visited_at = excluded.last_visited_at, updated_at = now()
