-- Delivery of notifications: who is claimed for which mail, what became of it, and who wants no mail.

ALTER TABLE notifications
    DROP CONSTRAINT notifications_kind_check,
    ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('price_drop', 'back_in_stock', 'sale', 'restock')),
    DROP CONSTRAINT notifications_status_check,
    -- claimed: a mail has been opened for it. suppressed: not mailed, for `reason`; it stays readable in the shop.
    ADD CONSTRAINT notifications_status_check CHECK (status IN ('pending', 'claimed', 'sent', 'failed', 'suppressed')),
    ADD COLUMN reason text,
    -- How often a mail with it came to an end that nobody can be sure of, or was refused without a reason that lasts.
    ADD COLUMN attempts integer NOT NULL DEFAULT 0;
-- Pages of the shop: newest first, behind an id.
CREATE INDEX notifications_page ON notifications (user_id, id DESC);
CREATE INDEX notifications_unread ON notifications (user_id, id DESC) WHERE read_at IS NULL;
CREATE INDEX notifications_waiting ON notifications (user_id) WHERE status = 'pending';

-- One digest for one person. A mail is opened when its notifications are claimed:
--   claimed → sending → sent | doubtful | refused | failed, and claimed → freed | empty.
-- Whatever is left in `sending` by a process that died may or may not have gone out: it becomes doubtful.
CREATE TABLE mails (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id       bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    state         text NOT NULL CHECK (state IN
                      ('claimed', 'sending', 'sent', 'doubtful', 'refused', 'failed', 'freed', 'empty')),
    -- Whose claim it is. It is void once its time is up, or once the lock has had a newer holder.
    run_id        uuid NOT NULL,
    lock          text NOT NULL,
    fence         bigint NOT NULL,
    claimed_at    timestamptz NOT NULL DEFAULT now(),
    claimed_until timestamptz NOT NULL,
    -- The day in the shop's zone on which it went out: what the daily cap counts by.
    day           date,
    begun_at      timestamptz,
    ended_at      timestamptz,
    message_id    text,
    error         text
);
-- No person has two open mails: two runs that deliver at once cannot pass the daily cap together.
CREATE UNIQUE INDEX mails_open ON mails (user_id) WHERE state IN ('claimed', 'sending');
CREATE INDEX mails_claims ON mails (run_id) WHERE state IN ('claimed', 'sending');
CREATE INDEX mails_of_day ON mails (user_id, day) WHERE state IN ('sending', 'sent', 'doubtful');

ALTER TABLE notifications ADD COLUMN mail_id uuid REFERENCES mails ON DELETE SET NULL;
CREATE INDEX notifications_of_mail ON notifications (mail_id) WHERE mail_id IS NOT NULL;

-- How many mails of this day count towards a person's cap; a doubtful one may have arrived.
CREATE FUNCTION mails_on(person bigint, at_day date) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM mails WHERE user_id = person AND day = at_day AND state IN ('sending', 'sent', 'doubtful')
$$;

-- Addresses to which nothing is sent any more, in lower case: they bounced for good, complained, or were refused.
CREATE TABLE mail_suppressions (
    address text PRIMARY KEY CHECK (address = lower(address)),
    reason  text NOT NULL CHECK (reason IN ('bounce', 'complaint', 'refused')),
    detail  text,
    at      timestamptz NOT NULL DEFAULT now()
);

-- What a person has unsubscribed from. Where the shop lets people come back, it deletes the row.
CREATE TABLE mail_unsubscriptions (
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    list    text NOT NULL CHECK (list IN ('all', 'price', 'stock')),
    at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, list)
);

-- The list that a kind of notification belongs to, besides 'all'.
CREATE FUNCTION mail_list(kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN kind IN ('price_drop', 'sale') THEN 'price' ELSE 'stock' END
$$;

-- Which of these notifications still say the truth to somebody who still wants to hear it. A new kind is one branch more;
-- a kind without a branch is never true, and so is never mailed.
CREATE FUNCTION notifications_still_true(ids bigint[]) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
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
$$;
