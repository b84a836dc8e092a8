-- name: track
-- Everybody's only user tracks each of these products; they are due at once.
WITH ada AS (
    INSERT INTO users (email) VALUES ('ada@example.com') RETURNING id
), added AS (
    INSERT INTO products (url) SELECT * FROM jsonb_array_elements_text(CAST(:urls AS jsonb)) RETURNING id
)
INSERT INTO tracked_items (user_id, product_id) SELECT ada.id, added.id FROM ada, added

-- name: make_due
UPDATE products SET next_check_at = now() - interval '1 second' WHERE id <= (
    SELECT max(id) FROM (SELECT id FROM products ORDER BY id LIMIT CAST(:pages AS integer)) AS first)

-- name: put_off
UPDATE products SET next_check_at = now() + interval '1 day'
