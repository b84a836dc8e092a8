-- name: set_ttl
UPDATE reservation_settings SET ttl = make_interval(mins => :minutes) WHERE ttl <> make_interval(mins => :minutes)

-- name: release_batch
-- No batch locks rows for longer than a second: one that takes too long is cut off, and a smaller one follows.
SET LOCAL statement_timeout = '800ms'; SELECT * FROM release_expired_reservations(:queue, :after_at, :after_id, :size)

-- name: release_of_stock
-- Somebody may keep the row for long: others are waited for as well.
SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '1s'; SELECT * FROM release_expired_reservations_of(:stock, :size)

-- name: count_unreleasable
SELECT count(*) AS unreleasable FROM inventory_reservations WHERE status = 'active' AND queue = 'retry'
