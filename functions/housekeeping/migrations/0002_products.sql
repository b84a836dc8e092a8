-- Tracked products, what is known of them, and who wants to hear of it. Money is numeric with an ISO currency; what is
-- not known is NULL (a price) or 'unknown' (a stock), never 0 and never 'out_of_stock'.

CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email      text NOT NULL UNIQUE CHECK (email LIKE '%_@_%'),
    name       text,
    locale     text NOT NULL DEFAULT 'en-US',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE DOMAIN currency_code AS text CHECK (VALUE ~ '^[A-Z]{3}$');
CREATE DOMAIN availability AS text CHECK (VALUE IN (
    'in_stock', 'out_of_stock', 'preorder', 'backorder', 'discontinued', 'made_to_order', 'in_store_only', 'limited', 'unknown'));

CREATE TABLE products (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url             text NOT NULL UNIQUE,
    name            text,
    brand           text,
    image_url       text,
    price           numeric CHECK (price > 0),
    currency        currency_code,
    availability    availability NOT NULL DEFAULT 'unknown',
    -- What makes the next request conditional, the address it belongs to, and when the page was last read in full.
    etag            text,
    last_modified   text,
    validated_url   text,
    read_at         timestamptz,
    -- Maintained by the trigger below: whether anybody tracks it.
    tracked         boolean NOT NULL DEFAULT false,
    last_checked_at timestamptz,
    next_check_at   timestamptz NOT NULL DEFAULT now(),
    failures_in_row integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now()
);
-- The due products of a run are the first rows of this index.
CREATE INDEX products_due ON products (next_check_at, id) WHERE tracked;

-- When a product that was checked just now is due again. A check counts as of its run's slot, by at most a tenth of the
-- interval: counted from its own end, a product checked at 15:00:20 would miss the tick at 15:30 and wait for the one at
-- 16:00. A server that asked for `wait_s` seconds of peace gets them.
CREATE FUNCTION next_check(slot timestamptz, interval_s double precision, wait_s double precision) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT greatest(
        greatest(least(coalesce(slot, now()), now()), now() - make_interval(secs => interval_s / 10)) + make_interval(secs => interval_s),
        now() + make_interval(secs => wait_s))
$$;

CREATE TABLE variants (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id    bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    sku           text,
    attributes    jsonb NOT NULL DEFAULT '{}',
    position      integer NOT NULL,
    price         numeric CHECK (price > 0),
    currency      currency_code,
    availability  availability NOT NULL DEFAULT 'unknown',
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    -- A variant that vanished from its page is marked, not deleted: histories and wishes refer to it.
    vanished_at   timestamptz
);
CREATE INDEX variants_of_product ON variants (product_id, position);

CREATE TABLE tracked_items (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id           bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    product_id        bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    variant_id        bigint REFERENCES variants ON DELETE CASCADE,
    notify_price_drop boolean NOT NULL DEFAULT true,
    notify_stock      boolean NOT NULL DEFAULT true,
    -- Tell only of drops of at least this many percent below the reference price.
    min_drop_percent  numeric(5, 2) NOT NULL DEFAULT 0 CHECK (min_drop_percent BETWEEN 0 AND 100),
    -- The price this person was last told, moved up when the price rises (which arms the next notification).
    reference_price    numeric CHECK (reference_price > 0),
    reference_currency currency_code,
    created_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (user_id, product_id, variant_id)
);
CREATE INDEX tracked_items_of_product ON tracked_items (product_id);

CREATE FUNCTION refresh_tracked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Lock first and look in a new statement, or two that untrack at once would each still see the other.
    PERFORM 1 FROM products WHERE id IN (old.product_id, new.product_id) ORDER BY id FOR NO KEY UPDATE;
    UPDATE products AS p
    SET tracked = NOT tracked
    WHERE p.id IN (old.product_id, new.product_id)
      AND p.tracked <> EXISTS (SELECT 1 FROM tracked_items AS t WHERE t.product_id = p.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER tracked_items_refresh AFTER INSERT OR DELETE OR UPDATE OF product_id ON tracked_items
    FOR EACH ROW EXECUTE FUNCTION refresh_tracked();

-- Whoever begins to track hears of drops below the price of that moment.
CREATE FUNCTION begin_tracking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.reference_price IS NULL THEN
        SELECT known.price, known.currency INTO new.reference_price, new.reference_currency
        FROM (
            SELECT NULL::bigint AS variant_id, price, currency FROM products WHERE id = new.product_id
            UNION ALL
            SELECT id, price, currency FROM variants WHERE id = new.variant_id
        ) AS known
        WHERE known.variant_id IS NOT DISTINCT FROM new.variant_id;
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER tracked_items_begin BEFORE INSERT ON tracked_items
    FOR EACH ROW EXECUTE FUNCTION begin_tracking();

CREATE TABLE price_history (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    variant_id bigint REFERENCES variants ON DELETE CASCADE,
    price      numeric NOT NULL CHECK (price > 0),
    currency   currency_code,
    at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX price_history_of_product ON price_history (product_id, at DESC);

CREATE TABLE stock_history (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id   bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    variant_id   bigint REFERENCES variants ON DELETE CASCADE,
    availability availability NOT NULL CHECK (availability <> 'unknown'),
    at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stock_history_of_product ON stock_history (product_id, at DESC);

CREATE TABLE check_runs (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id    bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    run_id        uuid,
    started_at    timestamptz NOT NULL,
    finished_at   timestamptz NOT NULL DEFAULT now(),
    duration_ms   integer NOT NULL CHECK (duration_ms >= 0),
    status        text NOT NULL CHECK (status IN ('success', 'failed')),
    error_class   text,
    error_message text,
    metadata      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX check_runs_recent ON check_runs (started_at DESC, id DESC);
CREATE INDEX check_runs_of_product ON check_runs (product_id, started_at DESC, id DESC);
CREATE INDEX check_runs_slow ON check_runs (duration_ms DESC, id DESC);

-- The outbox: a row is written with the change that caused it, and its key makes telling the same event twice impossible.
CREATE TABLE notifications (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_key  text NOT NULL UNIQUE,
    user_id    bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    product_id bigint REFERENCES products ON DELETE CASCADE,
    variant_id bigint REFERENCES variants ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('price_drop', 'back_in_stock')),
    payload    jsonb NOT NULL DEFAULT '{}',
    status     text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'failed', 'suppressed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz,
    read_at    timestamptz
);
CREATE INDEX notifications_of_user ON notifications (user_id, created_at DESC, id DESC);
CREATE INDEX notifications_of_product ON notifications (product_id, created_at);
CREATE INDEX notifications_pending ON notifications (created_at, id) WHERE status = 'pending';
