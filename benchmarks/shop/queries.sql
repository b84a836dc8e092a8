-- name: fill_users
INSERT INTO users (email) SELECT 'p' || n || '@example.com' FROM generate_series(1, CAST(:users AS integer)) AS n

-- name: fill_products
INSERT INTO products (url, regular_price, regular_currency)
SELECT 'https://shop.example/' || n, 100, 'USD' FROM generate_series(1, CAST(:products AS integer)) AS n

-- name: fill_wishes
-- In no order, as people wish.
INSERT INTO wishlists (user_id, product_id, price, currency)
SELECT u.id, p.id, 100, 'USD' FROM products AS p, users AS u ORDER BY hashint8(p.id * CAST(:users AS bigint) + u.id)

-- name: begin_sale
UPDATE products SET sale_price = 80 WHERE id % CAST(:every AS bigint) = 0

-- name: tell_all
-- What the rules say, and no more: nobody else is at work, nothing is paged, locked or fenced.
WITH due AS (
    SELECT w.id, w.user_id, w.product_id, w.variant_id, w.price AS old_price, s.price, s.regular_price, s.currency,
           s.sale_step
    FROM sales_now AS s
    JOIN wishlists AS w ON w.product_id = s.product_id AND w.variant_id IS NOT DISTINCT FROM s.variant_id
    WHERE w.notify_on_sale AND w.told_step < s.sale_step AND s.price < w.price
), told AS (
    UPDATE wishlists AS w SET told_step = d.sale_step, told_price = d.price FROM due AS d WHERE w.id = d.id
), logged AS (
    INSERT INTO wishlist_notifications (wishlist_id, kind, event, price, currency)
    SELECT id, 'sale', sale_step, price, currency FROM due
), written AS (
    INSERT INTO notifications (event_key, user_id, product_id, variant_id, kind, payload)
    SELECT 'sale:' || id || ':' || sale_step, user_id, product_id, variant_id, 'sale',
           jsonb_build_object('old_price', old_price::text, 'price', price::text, 'regular_price', regular_price::text,
                              'currency', currency)
    FROM due
)
SELECT count(*) FROM due

-- name: find_due
SELECT w.id, w.user_id, w.product_id, s.sale_step, s.price::text, s.currency
FROM sales_now AS s JOIN wishlists AS w ON w.product_id = s.product_id
WHERE w.notify_on_sale AND w.told_step < s.sale_step AND s.price < w.price
LIMIT :rows

-- name: find_wishes
SELECT id, user_id, product_id, told_step, price FROM wishlists WHERE notify_on_sale ORDER BY id LIMIT :rows

-- name: price_of_one
SELECT sale_step, price, currency FROM sales_now WHERE product_id = :product

-- name: mark_one
UPDATE wishlists SET told_step = :step, told_price = CAST(:price AS numeric) WHERE id = :wish

-- name: log_one
INSERT INTO wishlist_notifications (wishlist_id, kind, event, price, currency)
VALUES (:wish, 'sale', :step, CAST(:price AS numeric), :currency)

-- name: write_one
INSERT INTO notifications (event_key, user_id, product_id, kind, payload)
VALUES ('sale:' || CAST(:wish AS text) || ':' || CAST(:step AS text), :user, :product, 'sale',
        jsonb_build_object('price', CAST(:price AS text)))

-- name: fill_stock
INSERT INTO inventory (product_id, quantity, reserved)
SELECT id, 1000000, CAST(:holds AS integer) / CAST(:products AS integer) FROM products

-- name: fill_holds
INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, expires_at)
SELECT 1 + n % CAST(:products AS integer), 'cart-' || n, 1, now() - interval '1 hour' + n * interval '1 millisecond'
FROM generate_series(1, CAST(:holds AS integer)) AS n

-- name: release_all
-- What the rules say, and no more, as above.
WITH ended AS (
    UPDATE inventory_reservations SET status = 'expired', ended_at = now()
    WHERE status = 'active' AND expires_at <= now()
    RETURNING inventory_id, quantity
), given_back AS (
    UPDATE inventory AS i SET reserved = i.reserved - e.quantity
    FROM (SELECT inventory_id, sum(quantity) AS quantity FROM ended GROUP BY inventory_id) AS e
    WHERE i.id = e.inventory_id
)
SELECT count(*) FROM ended

-- name: find_expired
SELECT id::text, inventory_id, quantity FROM inventory_reservations WHERE status = 'active' AND expires_at <= now() LIMIT :rows

-- name: give_back_one
UPDATE inventory SET reserved = reserved - :quantity WHERE id = :stock

-- name: end_one
UPDATE inventory_reservations SET status = 'expired', ended_at = now() WHERE id = CAST(:hold AS uuid)
