-- The same rules as in 0003, found by key whatever the planner believes of the table. A vacuum in a moment in which all
-- holds have ended leaves it believing that there is one row; the batches that follow then went over all holds once for
-- each hold, and none ended within its time.

CREATE OR REPLACE FUNCTION release_chosen_reservations(chosen uuid[], locked bigint[])
RETURNS TABLE (released bigint, failed bigint, problems jsonb) LANGUAGE plpgsql VOLATILE
SET enable_seqscan = off SET enable_nestloop = off AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    ttl    interval := reservation_ttl();
BEGIN
    RETURN QUERY
    WITH held AS MATERIALIZED (
        SELECT r.id, r.inventory_id, r.quantity, l.id AS stock_id
        FROM inventory_reservations AS r
        LEFT JOIN unnest(locked) AS l(id) ON l.id = r.inventory_id
        WHERE r.id = ANY (chosen) AND r.status = 'active' AND coalesce(r.expires_at, r.created_at + ttl) <= moment
          AND (l.id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM inventory AS i WHERE i.id = r.inventory_id))
        FOR UPDATE OF r SKIP LOCKED
    ), judged AS MATERIALIZED (
        SELECT h.id, h.inventory_id, h.quantity, i.reserved,
               coalesce(sum(h.quantity) OVER (PARTITION BY i.id ORDER BY h.quantity, h.id) <= i.reserved, false) AS fits
        FROM held AS h
        LEFT JOIN inventory AS i ON i.id = h.stock_id AND i.id = ANY (locked)
    ), returned AS (
        UPDATE inventory AS i SET reserved = i.reserved - back.units
        FROM (SELECT j.inventory_id, sum(j.quantity) AS units FROM judged AS j WHERE j.fits GROUP BY j.inventory_id) AS back
        WHERE i.id = back.inventory_id AND i.id = ANY (locked)
    ), ended AS (
        UPDATE inventory_reservations AS r SET status = 'expired', ended_at = moment, retry_at = NULL, problem = NULL
        FROM judged AS j
        WHERE r.id = j.id AND r.id = ANY (chosen) AND j.fits
        RETURNING r.id
    ), put_off AS (
        UPDATE inventory_reservations AS r
        SET retry_at = moment + interval '1 hour',
            problem = CASE
                WHEN j.reserved IS NULL THEN format('its stock row %s is gone', j.inventory_id)
                ELSE format('it holds %s, but stock row %s has only %s reserved', j.quantity, j.inventory_id, j.reserved) END
        FROM judged AS j
        WHERE r.id = j.id AND r.id = ANY (chosen) AND NOT j.fits
        RETURNING r.id, r.problem
    )
    SELECT (SELECT count(*) FROM ended), (SELECT count(*) FROM put_off),
           (SELECT coalesce(jsonb_agg(format('reservation %s: %s', p.id, p.problem)), '[]')
            FROM (SELECT * FROM put_off LIMIT 10) AS p);
END
$$;

-- Likewise: the place in the queue comes from its index, never from all that is held, sorted.
ALTER FUNCTION release_expired_reservations(text, timestamptz, uuid, integer) SET enable_seqscan = off;
ALTER FUNCTION release_expired_reservations(text, timestamptz, uuid, integer) SET enable_sort = off;
