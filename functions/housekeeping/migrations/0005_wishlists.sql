-- What people wish for, what the shop asks for it, and what each of them was told.
--
-- The shop's own code writes prices into products and variants, stock through inventory, and wishes into wishlists; the
-- marks that the two checks go by are kept by the triggers here (docs/adr/0100 to 0102).

-- ---- Prices --------------------------------------------------------------------------------------------------------

-- Every change of what an item costs is a step; the number of a sale is the step with which it began.
CREATE SEQUENCE sale_steps START 2;

-- The price of the shop, beside `price`, which is what product checks read on a page: in its own currency, so that a
-- page in another one cannot change what it means. A variant without a regular price has its product's prices.
ALTER TABLE products
    ADD COLUMN regular_price    numeric CHECK (regular_price > 0 AND regular_price < 'Infinity'),
    ADD COLUMN regular_currency currency_code,
    ADD COLUMN sale_price       numeric,
    ADD COLUMN sale_starts_at   timestamptz,
    ADD COLUMN sale_ends_at     timestamptz,
    ADD COLUMN sale_number      bigint NOT NULL DEFAULT 1,
    ADD COLUMN sale_step        bigint NOT NULL DEFAULT 1,
    ADD CONSTRAINT products_price_has_currency CHECK ((regular_price IS NULL) = (regular_currency IS NULL));
ALTER TABLE variants
    ADD COLUMN regular_price    numeric CHECK (regular_price > 0 AND regular_price < 'Infinity'),
    ADD COLUMN regular_currency currency_code,
    ADD COLUMN sale_price       numeric,
    ADD COLUMN sale_starts_at   timestamptz,
    ADD COLUMN sale_ends_at     timestamptz,
    ADD COLUMN sale_number      bigint NOT NULL DEFAULT 1,
    ADD COLUMN sale_step        bigint NOT NULL DEFAULT 1,
    ADD CONSTRAINT variants_price_has_currency CHECK ((regular_price IS NULL) = (regular_currency IS NULL));
CREATE INDEX products_on_sale ON products (id) WHERE sale_price < regular_price;
CREATE INDEX variants_on_sale ON variants (product_id, id) WHERE sale_price < regular_price;

-- From the beginning on, up to but not including the end. A sale price that is no price, or no lower one, is no sale.
CREATE FUNCTION is_on_sale(
    regular_price numeric, sale_price numeric, starts_at timestamptz, ends_at timestamptz, moment timestamptz
) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sale_price > 0 AND sale_price < regular_price, false)
       AND (starts_at IS NULL OR starts_at <= moment) AND (ends_at IS NULL OR moment < ends_at)
$$;

-- A sale that is changed while it goes on stays the same sale, in the same currency. Anything else ends it: what people
-- were told in it does not count in the next one. That is how an end between two checks is noticed.
CREATE FUNCTION follow_sale() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    new.sale_step := nextval('sale_steps');
    IF old.regular_currency IS DISTINCT FROM new.regular_currency
        OR NOT is_on_sale(old.regular_price, old.sale_price, old.sale_starts_at, old.sale_ends_at, moment)
        OR NOT is_on_sale(new.regular_price, new.sale_price, new.sale_starts_at, new.sale_ends_at, moment)
    THEN
        new.sale_number := new.sale_step;
    END IF;
    RETURN new;
END
$$;
CREATE TRIGGER products_follow_sale
    BEFORE UPDATE OF regular_price, regular_currency, sale_price, sale_starts_at, sale_ends_at ON products FOR EACH ROW
    WHEN ((old.regular_price, old.regular_currency, old.sale_price, old.sale_starts_at, old.sale_ends_at)
         IS DISTINCT FROM
            (new.regular_price, new.regular_currency, new.sale_price, new.sale_starts_at, new.sale_ends_at))
    EXECUTE FUNCTION follow_sale();
CREATE TRIGGER variants_follow_sale
    BEFORE UPDATE OF regular_price, regular_currency, sale_price, sale_starts_at, sale_ends_at ON variants FOR EACH ROW
    WHEN ((old.regular_price IS NOT NULL OR new.regular_price IS NOT NULL)
        AND (old.regular_price, old.regular_currency, old.sale_price, old.sale_starts_at, old.sale_ends_at)
         IS DISTINCT FROM
            (new.regular_price, new.regular_currency, new.sale_price, new.sale_starts_at, new.sale_ends_at))
    EXECUTE FUNCTION follow_sale();

-- What is on sale now: products, variants with prices of their own, and variants that have their product's. A variant
-- that gave its own prices up has begun a new sale with that.
CREATE VIEW sales_now AS
SELECT p.id AS product_id, NULL::bigint AS variant_id, p.sale_price AS price, p.regular_price,
       p.regular_currency AS currency, p.sale_ends_at AS ends_at, p.sale_number, p.sale_step
FROM products AS p
WHERE p.sale_price < p.regular_price
  AND is_on_sale(p.regular_price, p.sale_price, p.sale_starts_at, p.sale_ends_at, now())
UNION ALL
SELECT v.product_id, v.id, v.sale_price, v.regular_price, v.regular_currency, v.sale_ends_at, v.sale_number, v.sale_step
FROM variants AS v
WHERE v.sale_price < v.regular_price
  AND is_on_sale(v.regular_price, v.sale_price, v.sale_starts_at, v.sale_ends_at, now())
UNION ALL
SELECT v.product_id, v.id, p.sale_price, p.regular_price, p.regular_currency, p.sale_ends_at,
       greatest(p.sale_number, v.sale_number), greatest(p.sale_step, v.sale_number)
FROM products AS p
JOIN variants AS v ON v.product_id = p.id AND v.regular_price IS NULL
WHERE p.sale_price < p.regular_price
  AND is_on_sale(p.regular_price, p.sale_price, p.sale_starts_at, p.sale_ends_at, now());

-- What an item costs now, sale or not; no row where the shop has no price for it.
CREATE FUNCTION shop_price(product bigint, variant bigint) RETURNS TABLE (price numeric, currency currency_code)
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN is_on_sale(i.regular_price, i.sale_price, i.sale_starts_at, i.sale_ends_at, now())
                THEN i.sale_price ELSE i.regular_price END, i.regular_currency
    FROM (
        SELECT 1 AS place, regular_price, regular_currency, sale_price, sale_starts_at, sale_ends_at
        FROM variants WHERE id = variant AND regular_price IS NOT NULL
        UNION ALL
        SELECT 2, regular_price, regular_currency, sale_price, sale_starts_at, sale_ends_at
        FROM products WHERE id = product AND regular_price IS NOT NULL
    ) AS i
    ORDER BY i.place LIMIT 1
$$;

-- Whether `price` is lower than what a person knows, by at least so many percent of it; 0 = any real drop.
CREATE FUNCTION is_drop(known numeric, price numeric, min_drop_percent integer) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT price < known AND price * 100 <= known * (100 - min_drop_percent)
$$;

-- ---- Stock ---------------------------------------------------------------------------------------------------------

-- A new mark whenever a write leaves nothing of a stock row to sell, and another when it leaves nothing of the whole
-- product: between two checks nothing is missed, and nothing but the row itself, which its writer has locked anyway, is
-- written.
CREATE SEQUENCE out_marks;
ALTER TABLE inventory
    ADD COLUMN out_mark     bigint NOT NULL DEFAULT 0,
    ADD COLUMN all_out_mark bigint NOT NULL DEFAULT 0;

CREATE FUNCTION mark_out_of_stock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment  timestamptz := clock_timestamp();
    expired bigint;
BEGIN
    -- Expired holds that wait for their release are reserved and can be sold again all the same.
    SELECT coalesce(sum(r.quantity), 0) INTO expired FROM inventory_reservations AS r
    WHERE r.inventory_id = new.id AND r.status = 'active'
      AND coalesce(r.expires_at, r.created_at + reservation_ttl()) <= moment;
    IF new.quantity - new.reserved + expired > 0 THEN
        RETURN new;
    END IF;
    new.out_mark := nextval('out_marks');
    IF NOT EXISTS (
        SELECT 1 FROM inventory_available AS a
        WHERE a.product_id = new.product_id AND a.inventory_id <> new.id AND a.available > 0
    ) THEN
        new.all_out_mark := new.out_mark;
    END IF;
    RETURN new;
END
$$;
-- Most writes leave something, or take nothing away: for them there is no call.
CREATE TRIGGER inventory_goes_out BEFORE UPDATE OF quantity, reserved ON inventory FOR EACH ROW
    WHEN (new.quantity <= new.reserved AND new.quantity - new.reserved < old.quantity - old.reserved)
    EXECUTE FUNCTION mark_out_of_stock();
CREATE TRIGGER inventory_begins_out BEFORE INSERT ON inventory FOR EACH ROW
    WHEN (new.quantity <= new.reserved)
    EXECUTE FUNCTION mark_out_of_stock();

UPDATE inventory AS i
SET out_mark = nextval('out_marks'),
    all_out_mark = CASE WHEN p.available <= 0 THEN nextval('out_marks') ELSE 0 END
FROM inventory_available AS a,
     (SELECT product_id, sum(available) AS available FROM inventory_available GROUP BY product_id) AS p
WHERE a.inventory_id = i.id AND p.product_id = i.product_id AND a.available <= 0;

-- What can be sold of an item, reservations counted; of a product with variants, of all of them. NULL: none is kept.
CREATE FUNCTION units_available(product bigint, variant bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT sum(a.available)::bigint FROM inventory_available AS a
    WHERE a.product_id = product AND (variant IS NULL OR a.variant_id = variant)
$$;

CREATE FUNCTION last_out_mark(product bigint, variant bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(max(CASE WHEN variant IS NULL THEN i.all_out_mark ELSE i.out_mark END), 0) FROM inventory AS i
    WHERE i.product_id = product AND (variant IS NULL OR i.variant_id = variant)
$$;

-- ---- Wishes --------------------------------------------------------------------------------------------------------

CREATE TABLE wishlists (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    product_id      bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    variant_id      bigint REFERENCES variants ON DELETE CASCADE,
    notify_on_sale  boolean NOT NULL DEFAULT true,
    notify_on_stock boolean NOT NULL DEFAULT true,
    -- What it cost when it was wished for.
    price           numeric CHECK (price > 0),
    currency        currency_code,
    -- Up to which step of the item's price this person knows, and the price that was told then. It counts as long as
    -- the sale goes on; then the price above does again.
    told_step       bigint NOT NULL DEFAULT 0,
    told_price      numeric,
    -- The item's mark when it was wished for or last told: it was out of stock since where the item has a newer one.
    told_out        bigint NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (product_id, variant_id, user_id),
    CHECK ((price IS NULL) = (currency IS NULL))
);
CREATE INDEX wishlists_of_user ON wishlists (user_id, id);
CREATE INDEX wishlists_of_variant ON wishlists (variant_id) WHERE variant_id IS NOT NULL;
-- What is due is found here, item by item: 0 stands for the product itself.
CREATE INDEX wishlists_sale ON wishlists (product_id, (coalesce(variant_id, 0)), told_step, price) WHERE notify_on_sale;
CREATE INDEX wishlists_stock ON wishlists (product_id, (coalesce(variant_id, 0)), told_out) WHERE notify_on_stock;

-- Whoever wishes for something that is out of stock waits for it from then on; so does who asks to hear of it again.
CREATE FUNCTION begin_wish() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (old.product_id, old.variant_id) IS DISTINCT FROM (new.product_id, new.variant_id) THEN
        -- Something else is wished for, of which nothing was told.
        new.price := NULL; new.currency := NULL; new.told_step := 0; new.told_price := NULL;
    END IF;
    IF new.price IS NULL THEN
        SELECT s.price, s.currency INTO new.price, new.currency FROM shop_price(new.product_id, new.variant_id) AS s;
    END IF;
    -- One statement, so that mark and stock are of the same moment.
    SELECT last_out_mark(new.product_id, new.variant_id)
           - (units_available(new.product_id, new.variant_id) <= 0 IS TRUE)::integer
    INTO new.told_out;
    RETURN new;
END
$$;
CREATE TRIGGER wishlists_begin BEFORE INSERT ON wishlists FOR EACH ROW EXECUTE FUNCTION begin_wish();
CREATE TRIGGER wishlists_begin_again BEFORE UPDATE OF product_id, variant_id, notify_on_stock ON wishlists FOR EACH ROW
    WHEN ((old.product_id, old.variant_id) IS DISTINCT FROM (new.product_id, new.variant_id)
        OR new.notify_on_stock AND NOT old.notify_on_stock)
    EXECUTE FUNCTION begin_wish();

-- What was told to whom and when, written with the notification; it stays when the outbox is cleared.
CREATE TABLE wishlist_notifications (
    wishlist_id bigint NOT NULL REFERENCES wishlists ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('sale', 'restock')),
    -- The step or the mark that was told: no event is told twice.
    event       bigint NOT NULL,
    price       numeric,
    currency    currency_code,
    told_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (wishlist_id, kind, event)
);

-- ---- Delivery ------------------------------------------------------------------------------------------------------

-- As before, and the two kinds of the wishlist.
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
