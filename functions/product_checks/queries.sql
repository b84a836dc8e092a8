-- name: due_products
-- The first rows of an index: tracked, and their next check has come. Oldest first.
SELECT id, url
FROM products
WHERE tracked AND next_check_at <= now()
ORDER BY next_check_at, id
LIMIT :limit

-- name: one_product
SELECT id, url FROM products WHERE id = :product_id

-- name: known_products
-- What is known of products whose locks we hold, asked again whether they are due: another worker may just have checked them.
SELECT p.id, p.url, p.name, p.price::text AS price, p.currency, p.availability,
       p.tracked AND p.next_check_at <= now() AS due,
       CASE WHEN p.read_at > now() - interval '1 day' THEN p.etag END AS etag,
       CASE WHEN p.read_at > now() - interval '1 day' THEN p.last_modified END AS last_modified,
       p.validated_url,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'id', v.id, 'sku', v.sku, 'attributes', v.attributes, 'position', v.position, 'price', v.price::text,
                   'currency', v.currency, 'availability', v.availability, 'vanished', v.vanished_at IS NOT NULL)
               ORDER BY v.position, v.id), '[]')
        FROM variants AS v WHERE v.product_id = p.id) AS variants
FROM jsonb_to_recordset(:held::jsonb) AS h(product_id bigint, lock text, fence bigint)
JOIN products AS p ON p.id = h.product_id
JOIN job_fence AS f ON f.job = h.lock AND f.fence = h.fence
WHERE p.id = ANY (ARRAY(SELECT (each ->> 'product_id')::bigint FROM jsonb_array_elements(:held::jsonb) AS each))
  AND f.job = ANY (ARRAY(SELECT each ->> 'lock' FROM jsonb_array_elements(:held::jsonb) AS each))

-- name: update_products
-- NULL means: not learned from this page, so it stays as it was.
UPDATE products AS p
SET name = coalesce(r.name, p.name),
    brand = coalesce(r.brand, p.brand),
    image_url = coalesce(r.image_url, p.image_url),
    price = coalesce(r.price, p.price),
    currency = CASE WHEN r.price IS NULL THEN p.currency ELSE r.currency END,
    availability = coalesce(r.availability, p.availability),
    etag = r.etag, last_modified = r.last_modified, validated_url = r.validated_url, read_at = now(),
    last_checked_at = now(), next_check_at = next_check(:slot::timestamptz, r.interval_s, 0), failures_in_row = 0, updated_at = now()
FROM jsonb_to_recordset(:pages::jsonb) AS r(
    product_id bigint, name text, brand text, image_url text, price numeric, currency text, availability text, etag text,
    last_modified text, validated_url text, interval_s double precision)
WHERE p.id = r.product_id AND p.id = ANY (:ids::bigint[])

-- name: record_changes
-- Variants, the history of what changed, and who is told that something is back: one statement, all rows at once.
WITH changed AS (
    SELECT * FROM jsonb_to_recordset(:changed::jsonb) AS r(
        product_id bigint, price numeric, currency text, price_changed boolean, availability text, stock_changed boolean)
), seen AS (
    SELECT * FROM jsonb_to_recordset(:variants::jsonb) AS r(
        product_id bigint, id bigint, sku text, attributes jsonb, "position" integer, price numeric, currency text,
        availability text, new_price boolean, new_stock boolean)
), kept AS (
    UPDATE variants AS v
    SET sku = coalesce(seen.sku, v.sku),
        attributes = CASE WHEN seen.attributes = '{}' THEN v.attributes ELSE seen.attributes END,
        "position" = seen."position",
        price = coalesce(seen.price, v.price),
        currency = CASE WHEN seen.price IS NULL THEN v.currency ELSE seen.currency END,
        availability = coalesce(seen.availability, v.availability),
        vanished_at = NULL
    FROM seen
    WHERE v.id = seen.id AND v.product_id = seen.product_id AND v.product_id = ANY (:ids::bigint[])
), added AS (
    INSERT INTO variants (product_id, sku, attributes, "position", price, currency, availability)
    SELECT product_id, sku, attributes, "position", price, currency, coalesce(availability, 'unknown')
    FROM seen WHERE id IS NULL
    ORDER BY product_id, "position"
    RETURNING id, product_id, price, currency, availability
), vanished AS (
    UPDATE variants SET vanished_at = now() WHERE id = ANY (:vanished::bigint[]) AND product_id = ANY (:ids::bigint[])
), prices AS (
    INSERT INTO price_history (product_id, variant_id, price, currency)
    SELECT product_id, NULL, price, currency FROM changed WHERE price_changed
    UNION ALL
    SELECT product_id, id, price, currency FROM seen WHERE id IS NOT NULL AND new_price
    UNION ALL
    SELECT product_id, id, price, currency FROM added WHERE price IS NOT NULL
), stocks AS (
    INSERT INTO stock_history (product_id, variant_id, availability)
    SELECT product_id, NULL, availability FROM changed WHERE stock_changed
    UNION ALL
    SELECT product_id, id, availability FROM seen WHERE id IS NOT NULL AND new_stock
    UNION ALL
    SELECT product_id, id, availability FROM added WHERE availability <> 'unknown'
    RETURNING id, product_id, variant_id, availability
)
INSERT INTO notifications (event_key, user_id, product_id, variant_id, kind, payload)
SELECT 'back_in_stock:' || t.id || ':' || stocks.id, t.user_id, t.product_id, t.variant_id, 'back_in_stock',
       jsonb_build_object('availability', stocks.availability)
FROM stocks
JOIN jsonb_to_recordset(:returned::jsonb) AS back(product_id bigint, variant_id bigint)
  ON back.product_id = stocks.product_id AND back.variant_id IS NOT DISTINCT FROM stocks.variant_id
JOIN tracked_items AS t
  ON t.product_id = stocks.product_id AND t.variant_id IS NOT DISTINCT FROM stocks.variant_id AND t.notify_stock
WHERE t.product_id = ANY (:ids::bigint[])
ON CONFLICT (event_key) DO NOTHING

-- name: tell_price_drops
-- Against the price each person was last told, in the same currency; a rise moves that price up and so arms the next one.
WITH offered AS (
    SELECT id AS product_id, NULL::bigint AS variant_id, price, currency FROM products WHERE id = ANY (:priced::bigint[])
    UNION ALL
    SELECT product_id, id, price, currency FROM variants WHERE product_id = ANY (:ids::bigint[]) AND vanished_at IS NULL
), wanted AS (
    SELECT t.id, t.user_id, t.product_id, t.variant_id, t.reference_price, t.notify_price_drop, offered.price, offered.currency,
           t.reference_price IS NULL OR t.reference_currency IS DISTINCT FROM offered.currency AS is_first,
           offered.price > t.reference_price AS has_risen,
           offered.price < t.reference_price
               AND offered.price <= t.reference_price * (1 - t.min_drop_percent / 100) AS has_dropped
    FROM tracked_items AS t
    JOIN offered ON offered.product_id = t.product_id AND offered.variant_id IS NOT DISTINCT FROM t.variant_id
    WHERE t.product_id = ANY (:ids::bigint[]) AND offered.price IS NOT NULL
    ORDER BY t.id
    FOR UPDATE OF t
), told AS (
    INSERT INTO notifications (event_key, user_id, product_id, variant_id, kind, payload)
    SELECT 'price_drop:' || w.id || ':' || (
               SELECT max(h.id) FROM price_history AS h
               WHERE h.product_id = w.product_id AND h.variant_id IS NOT DISTINCT FROM w.variant_id),
           w.user_id, w.product_id, w.variant_id, 'price_drop',
           jsonb_build_object('old_price', w.reference_price::text, 'price', w.price::text, 'currency', w.currency)
    FROM wanted AS w
    WHERE NOT w.is_first AND w.has_dropped AND w.notify_price_drop
    ON CONFLICT (event_key) DO NOTHING
)
UPDATE tracked_items AS t
SET reference_price = w.price, reference_currency = w.currency
FROM wanted AS w
WHERE t.id = w.id AND (w.is_first OR w.has_risen OR (w.has_dropped AND w.notify_price_drop))

-- name: move_on
-- Checks that learned nothing new of their products: the page has not changed, or could not be read.
UPDATE products AS p
SET last_checked_at = now(), next_check_at = next_check(:slot::timestamptz, r.interval_s, r.wait_s),
    failures_in_row = CASE WHEN r.failed THEN p.failures_in_row + 1 ELSE 0 END
FROM jsonb_to_recordset(:unread::jsonb) AS r(
    product_id bigint, failed boolean, interval_s double precision, wait_s double precision)
WHERE p.id = r.product_id AND p.id = ANY (:ids::bigint[])

-- name: record_checks
INSERT INTO check_runs (product_id, run_id, started_at, duration_ms, status, error_class, error_message, metadata)
SELECT product_id, :run_id::uuid, now() - duration_ms * interval '1 ms', duration_ms, status, error_class, error_message,
       metadata || jsonb_build_object('notifications', (
           SELECT count(*) FROM notifications AS n WHERE n.product_id = r.product_id AND n.created_at = now()))
FROM jsonb_to_recordset(:checks::jsonb) AS r(
    product_id bigint, duration_ms integer, status text, error_class text, error_message text, metadata jsonb)
RETURNING product_id, metadata

-- name: recent_checks
-- One page, newest first, from behind the cursor on.
SELECT c.id, c.product_id, p.name AS product_name, p.url AS product_url, c.started_at, c.finished_at, c.status,
       c.error_class, c.error_message, c.metadata, c.duration_ms
FROM check_runs AS c
JOIN products AS p ON p.id = c.product_id
WHERE (:product_id::bigint IS NULL OR c.product_id = :product_id::bigint) AND (:status::text IS NULL OR c.status = :status)
  AND (:shop::text IS NULL OR lower(substring(p.url FROM '^[A-Za-z]+://([^/?#]+)')) = :shop)
  AND (:before_at::timestamptz IS NULL OR (c.started_at, c.id) < (:before_at::timestamptz, :before_id::bigint))
ORDER BY c.started_at DESC, c.id DESC
LIMIT :rows

-- name: slow_checks
SELECT c.id, c.product_id, p.name AS product_name, p.url AS product_url, c.started_at, c.finished_at, c.status,
       c.error_class, c.error_message, c.metadata, c.duration_ms
FROM check_runs AS c
JOIN products AS p ON p.id = c.product_id
WHERE c.duration_ms >= :min_duration_ms
ORDER BY c.duration_ms DESC, c.id DESC
LIMIT :limit

-- name: check_stats
-- Of the newest checks, at most as many as the cap: a year of them is read by nobody who waits for an answer.
SELECT count(*) AS total_checks,
       count(*) FILTER (WHERE status = 'success') AS successful_checks,
       count(*) FILTER (WHERE status = 'failed') AS failed_checks,
       round(avg(duration_ms))::bigint AS avg_duration_ms,
       max(duration_ms) AS max_duration_ms,
       min(duration_ms) AS min_duration_ms,
       count(*) FILTER (WHERE recent) AS checks_last_24h,
       count(*) FILTER (WHERE recent AND status = 'success') AS successful_last_24h,
       count(*) FILTER (WHERE recent AND status = 'failed') AS failed_last_24h,
       count(DISTINCT product_id) FILTER (WHERE recent) AS unique_products_checked
FROM (
    SELECT status, duration_ms, product_id, started_at > now() - interval '1 day' AS recent
    FROM check_runs
    ORDER BY started_at DESC, id DESC
    LIMIT :cap
) AS c

-- name: shops
-- The newest checks of a day, at most as many as the cap, by the shops they went to; those that fail most come first.
WITH checks AS MATERIALIZED (
    SELECT id, product_id, started_at, duration_ms, status = 'failed' AS has_failed
    FROM check_runs
    WHERE started_at > now() - interval '1 day'
    ORDER BY started_at DESC, id DESC
    LIMIT :cap
), seen AS MATERIALIZED (
    SELECT c.*, lower(substring(p.url FROM '^[A-Za-z]+://([^/?#]+)')) AS shop
    FROM checks AS c
    JOIN products AS p ON p.id = c.product_id
), shops AS (
    SELECT shop, count(*) AS checks, count(*) FILTER (WHERE has_failed) AS failed,
           count(DISTINCT product_id) AS products,
           count(DISTINCT product_id) FILTER (WHERE has_failed) AS failing_products,
           round(avg(duration_ms))::bigint AS average_ms,
           (array_agg(id ORDER BY started_at DESC, id DESC) FILTER (WHERE has_failed))[1] AS last_failure
    FROM seen
    GROUP BY 1
    ORDER BY failed DESC, checks DESC, shop
    LIMIT :rows
), told AS (
    SELECT s.*, c.started_at AS last_failed_at, c.error_class, c.error_message
    FROM shops AS s
    LEFT JOIN check_runs AS c ON c.id = s.last_failure
)
SELECT count(*) AS checks, count(*) FILTER (WHERE has_failed) AS failed, count(DISTINCT product_id) AS products,
       count(DISTINCT shop) AS shops, min(started_at) AS since, max(started_at) AS last_at, max(duration_ms) AS longest_ms,
       (SELECT coalesce(jsonb_agg(to_jsonb(told) ORDER BY failed DESC, checks DESC, shop), '[]') FROM told) AS by_shop
FROM seen
