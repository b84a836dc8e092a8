-- Stock and the holds on it. How the shop's own code uses this: docs/reservations.md.
--
-- The order of locks, for everybody: the stock row first, several stock rows by ascending id, then the holds on them. The
-- clock is read after the stock row is locked: of two that want the same unit, the later one then also has the later time.

CREATE TABLE inventory (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    -- NULL = the product itself, where it has no variants.
    variant_id bigint REFERENCES variants ON DELETE CASCADE,
    -- Units that are there, reserved ones included. Sold = gone.
    quantity   integer NOT NULL DEFAULT 0 CONSTRAINT inventory_quantity_not_negative CHECK (quantity >= 0),
    -- Units in holds that have not ended, expired ones that still wait for their release included; so it may pass the
    -- quantity for a while, when such units were reserved again. What may be sold is in inventory_available.
    reserved   integer NOT NULL DEFAULT 0 CONSTRAINT inventory_reserved_not_negative CHECK (reserved >= 0),
    UNIQUE NULLS NOT DISTINCT (product_id, variant_id)
);

-- Without references: a hold is found and reported even when its stock row is gone, and its history outlives the buyer.
CREATE TABLE inventory_reservations (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    inventory_id bigint NOT NULL,
    cart_id      text NOT NULL,
    user_id      bigint,
    quantity     integer NOT NULL CHECK (quantity > 0),
    status       text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'completed', 'released', 'expired')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- NULL = created_at and the time to live that reservation_settings holds.
    expires_at   timestamptz,
    ended_at     timestamptz CHECK ((ended_at IS NULL) = (status = 'active')),
    -- Why it could not be released, and when that is tried again.
    problem      text,
    retry_at     timestamptz,
    -- Where it waits for its release, and its place there.
    queue        text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN retry_at IS NOT NULL THEN 'retry' WHEN expires_at IS NOT NULL THEN 'own' ELSE 'ttl' END) STORED,
    queued_at    timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(retry_at, expires_at, created_at)) STORED
);
-- The expired holds are the first entries of each queue.
CREATE INDEX inventory_reservations_queue ON inventory_reservations (queue, queued_at, id) INCLUDE (inventory_id)
    WHERE status = 'active';
CREATE INDEX inventory_reservations_of_stock ON inventory_reservations (inventory_id) INCLUDE (quantity, expires_at, created_at)
    WHERE status = 'active';
CREATE INDEX inventory_reservations_of_cart ON inventory_reservations (cart_id);

-- One row. The cleanup job brings RESERVATION_TTL_MINUTES here, so that views, checkouts and the job go by the same.
CREATE TABLE reservation_settings (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    ttl      interval NOT NULL DEFAULT '10 minutes' CHECK (ttl > interval '0')
);
INSERT INTO reservation_settings DEFAULT VALUES;

CREATE FUNCTION reservation_ttl() RETURNS interval LANGUAGE sql STABLE AS $$
    SELECT ttl FROM reservation_settings
$$;

-- Availability as it is now, whether or not the cleanup has come: expired holds do not count.
CREATE VIEW inventory_available AS
SELECT i.id AS inventory_id, i.product_id, i.variant_id, i.quantity, h.held, greatest(i.quantity - h.held, 0) AS available
FROM inventory AS i
CROSS JOIN LATERAL (
    SELECT coalesce(sum(r.quantity), 0) AS held
    FROM inventory_reservations AS r
    WHERE r.inventory_id = i.id AND r.status = 'active'
      AND coalesce(r.expires_at, r.created_at + (SELECT reservation_ttl())) > statement_timestamp()
) AS h;

CREATE FUNCTION reserve(
    reservation uuid, product bigint, variant bigint, wanted integer, cart text,
    buyer bigint DEFAULT NULL, lifetime interval DEFAULT NULL
) RETURNS inventory_reservations LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    stock  inventory;
    hold   inventory_reservations;
    moment timestamptz;
    free   bigint;
BEGIN
    IF wanted IS NULL OR wanted < 1 OR lifetime <= interval '0' THEN
        RAISE EXCEPTION 'a reservation needs a quantity of at least 1 and a lifetime above 0' USING ERRCODE = '22023';
    END IF;
    SELECT * INTO stock FROM inventory AS i
    WHERE i.product_id = product AND i.variant_id IS NOT DISTINCT FROM variant FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no stock is kept of product %, variant %', product, variant USING ERRCODE = 'NS010';
    END IF;
    moment := clock_timestamp();
    SELECT * INTO hold FROM inventory_reservations AS r WHERE r.id = reservation;
    IF FOUND THEN
        IF (hold.inventory_id, hold.quantity, hold.cart_id) IS DISTINCT FROM (stock.id, wanted, cart) THEN
            RAISE EXCEPTION 'reservation % is another one', reservation USING ERRCODE = 'NS014';
        END IF;
        PERFORM require_unexpired(hold, moment);
        RETURN hold;
    END IF;
    SELECT stock.quantity - coalesce(sum(r.quantity), 0) INTO free FROM inventory_reservations AS r
    WHERE r.inventory_id = stock.id AND r.status = 'active'
      AND coalesce(r.expires_at, r.created_at + reservation_ttl()) > moment;
    IF free < wanted THEN
        RAISE EXCEPTION '% of product %, variant % wanted, % available', wanted, product, variant, greatest(free, 0)
            USING ERRCODE = 'NS011';
    END IF;
    UPDATE inventory AS i SET reserved = i.reserved + wanted WHERE i.id = stock.id;
    INSERT INTO inventory_reservations (id, inventory_id, cart_id, user_id, quantity, created_at, expires_at)
    VALUES (reservation, stock.id, cart, buyer, wanted, moment, moment + coalesce(lifetime, reservation_ttl()))
    RETURNING * INTO hold;
    RETURN hold;
END
$$;

-- A hold that its buyer may still use, at `moment`; otherwise NS013.
CREATE FUNCTION require_unexpired(hold inventory_reservations, moment timestamptz) RETURNS void
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF hold.status <> 'active' THEN
        RAISE EXCEPTION 'reservation % has ended: %', hold.id, hold.status USING ERRCODE = 'NS013';
    END IF;
    IF coalesce(hold.expires_at, hold.created_at + reservation_ttl()) <= moment THEN
        RAISE EXCEPTION 'reservation % has expired', hold.id USING ERRCODE = 'NS013';
    END IF;
END
$$;

-- Locks a hold and, before it, its stock row.
CREATE FUNCTION lock_reservation(reservation uuid) RETURNS inventory_reservations LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    hold inventory_reservations;
BEGIN
    PERFORM 1 FROM inventory AS i
    WHERE i.id = (SELECT r.inventory_id FROM inventory_reservations AS r WHERE r.id = reservation) FOR UPDATE;
    SELECT * INTO hold FROM inventory_reservations AS r WHERE r.id = reservation FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no reservation %', reservation USING ERRCODE = 'NS012';
    END IF;
    IF hold.status = 'active' AND NOT EXISTS (SELECT 1 FROM inventory AS i WHERE i.id = hold.inventory_id) THEN
        RAISE EXCEPTION 'the stock row of reservation % is gone', reservation USING ERRCODE = 'NS010';
    END IF;
    RETURN hold;
END
$$;

-- Lets a hold live for `lifetime` from now (NULL: the usual time), never shorter than before.
CREATE FUNCTION extend_reservation(reservation uuid, lifetime interval DEFAULT NULL) RETURNS inventory_reservations
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    hold   inventory_reservations := lock_reservation(reservation);
    moment timestamptz := clock_timestamp();
BEGIN
    PERFORM require_unexpired(hold, moment);
    UPDATE inventory_reservations AS r
    SET expires_at = greatest(coalesce(r.expires_at, r.created_at + reservation_ttl()),
                              moment + coalesce(lifetime, reservation_ttl()))
    WHERE r.id = reservation RETURNING * INTO hold;
    RETURN hold;
END
$$;

-- Sold: quantity and reserved go down together. A second call changes nothing.
CREATE FUNCTION complete_reservation(reservation uuid) RETURNS inventory_reservations LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    hold   inventory_reservations := lock_reservation(reservation);
    moment timestamptz := clock_timestamp();
BEGIN
    IF hold.status = 'completed' THEN
        RETURN hold;
    END IF;
    PERFORM require_unexpired(hold, moment);
    UPDATE inventory AS i SET quantity = i.quantity - hold.quantity, reserved = i.reserved - hold.quantity
    WHERE i.id = hold.inventory_id AND i.quantity >= hold.quantity;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'reservation % holds %, more than the stock that is left', reservation, hold.quantity
            USING ERRCODE = 'NS011';
    END IF;
    UPDATE inventory_reservations AS r SET status = 'completed', ended_at = moment
    WHERE r.id = reservation RETURNING * INTO hold;
    RETURN hold;
END
$$;

-- The buyer gives the units back. A second call, or one after the cleanup, changes nothing; what is sold stays sold.
CREATE FUNCTION release_reservation(reservation uuid) RETURNS inventory_reservations LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    hold inventory_reservations := lock_reservation(reservation);
BEGIN
    IF hold.status = 'completed' THEN
        RAISE EXCEPTION 'reservation % has ended: completed', reservation USING ERRCODE = 'NS013';
    END IF;
    IF hold.status <> 'active' THEN
        RETURN hold;
    END IF;
    UPDATE inventory AS i SET reserved = i.reserved - hold.quantity WHERE i.id = hold.inventory_id;
    UPDATE inventory_reservations AS r
    SET status = 'released', ended_at = clock_timestamp(), retry_at = NULL, problem = NULL
    WHERE r.id = reservation RETURNING * INTO hold;
    RETURN hold;
END
$$;

-- For the cleanup job from here on.

-- Releases those of the `chosen` holds that are active and expired still, and whose stock row the caller has locked or which
-- have none. One that cannot be released is marked and put off for an hour. Of the holds on a row that counts fewer units
-- as reserved than they have, the small ones go first: that releases the most.
CREATE FUNCTION release_chosen_reservations(chosen uuid[], locked bigint[])
RETURNS TABLE (released bigint, failed bigint, problems jsonb) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    ttl    interval := reservation_ttl();
BEGIN
    RETURN QUERY
    WITH held AS MATERIALIZED (
        SELECT r.id, r.inventory_id, r.quantity, l.id AS stock_id
        FROM unnest(chosen) AS c(id)
        JOIN inventory_reservations AS r ON r.id = c.id
        LEFT JOIN unnest(locked) AS l(id) ON l.id = r.inventory_id
        WHERE r.status = 'active' AND coalesce(r.expires_at, r.created_at + ttl) <= moment
          AND (l.id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM inventory AS i WHERE i.id = r.inventory_id))
        FOR UPDATE OF r SKIP LOCKED
    ), judged AS MATERIALIZED (
        SELECT h.id, h.inventory_id, h.quantity, i.reserved,
               coalesce(sum(h.quantity) OVER (PARTITION BY i.id ORDER BY h.quantity, h.id) <= i.reserved, false) AS fits
        FROM held AS h
        LEFT JOIN inventory AS i ON i.id = h.stock_id
    ), returned AS (
        UPDATE inventory AS i SET reserved = i.reserved - back.units
        FROM (SELECT j.inventory_id, sum(j.quantity) AS units FROM judged AS j WHERE j.fits GROUP BY j.inventory_id) AS back
        WHERE i.id = back.inventory_id
    ), ended AS (
        UPDATE inventory_reservations AS r SET status = 'expired', ended_at = moment, retry_at = NULL, problem = NULL
        FROM judged AS j
        WHERE r.id = j.id AND j.fits
        RETURNING r.id
    ), put_off AS (
        UPDATE inventory_reservations AS r
        SET retry_at = moment + interval '1 hour',
            problem = CASE
                WHEN j.reserved IS NULL THEN format('its stock row %s is gone', j.inventory_id)
                ELSE format('it holds %s, but stock row %s has only %s reserved', j.quantity, j.inventory_id, j.reserved) END
        FROM judged AS j
        WHERE r.id = j.id AND NOT j.fits
        RETURNING r.id, r.problem
    )
    SELECT (SELECT count(*) FROM ended), (SELECT count(*) FROM put_off),
           (SELECT coalesce(jsonb_agg(format('reservation %s: %s', p.id, p.problem)), '[]')
            FROM (SELECT * FROM put_off LIMIT 10) AS p);
END
$$;

-- One batch: the next holds of a queue after a place in it. It waits for nobody: holds and stock rows that somebody works on
-- are passed over, and the stock rows are answered in `busy`. `examined` below `most` means that the queue is at its end.
CREATE FUNCTION release_expired_reservations(from_queue text, after_at timestamptz, after_id uuid, most integer)
RETURNS TABLE (
    examined integer, released bigint, failed bigint, problems jsonb, busy bigint[], last_at timestamptz, last_id uuid)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    due    timestamptz := clock_timestamp() - CASE from_queue WHEN 'ttl' THEN reservation_ttl() ELSE interval '0' END;
    chosen uuid[];
    stocks bigint[];
    locked bigint[];
BEGIN
    SELECT array_agg(q.id ORDER BY q.queued_at, q.id), array_agg(DISTINCT q.inventory_id), count(*), max(q.queued_at)
    INTO chosen, stocks, examined, last_at
    FROM (
        SELECT r.id, r.inventory_id, r.queued_at FROM inventory_reservations AS r
        WHERE r.status = 'active' AND r.queue = from_queue AND r.queued_at <= due AND (r.queued_at, r.id) > (after_at, after_id)
        ORDER BY r.queue, r.queued_at, r.id LIMIT most
    ) AS q;
    last_id := chosen[examined];
    SELECT array_agg(s.id) INTO locked FROM (
        SELECT i.id FROM inventory AS i WHERE i.id = ANY (stocks) ORDER BY i.id FOR UPDATE SKIP LOCKED
    ) AS s;
    SELECT coalesce(array_agg(i.id ORDER BY i.id), '{}') INTO busy
    FROM inventory AS i WHERE i.id = ANY (stocks) AND i.id <> ALL (coalesce(locked, '{}'));
    SELECT r.released, r.failed, r.problems INTO released, failed, problems
    FROM release_chosen_reservations(chosen, locked) AS r;
    RETURN NEXT;
END
$$;

-- The same for one stock row that was busy: it waits for the row, up to lock_timeout, and holds nothing while it waits.
CREATE FUNCTION release_expired_reservations_of(stock bigint, most integer)
RETURNS TABLE (examined integer, released bigint, failed bigint, problems jsonb) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    chosen uuid[];
BEGIN
    PERFORM 1 FROM inventory AS i WHERE i.id = stock FOR UPDATE;
    SELECT array_agg(q.id), count(*) INTO chosen, examined FROM (
        SELECT r.id FROM inventory_reservations AS r
        WHERE r.inventory_id = stock AND r.status = 'active' AND r.retry_at IS NULL
          AND coalesce(r.expires_at, r.created_at + reservation_ttl()) <= clock_timestamp()
        LIMIT most
    ) AS q;
    SELECT r.released, r.failed, r.problems INTO released, failed, problems
    FROM release_chosen_reservations(chosen, ARRAY[stock]) AS r;
    RETURN NEXT;
END
$$;
