-- name: recover
-- Claims whose holder is gone. What had not been begun is free again; what was in flight may have gone out, and is tried
-- once more and no oftener.
WITH stale AS MATERIALIZED (
    SELECT m.id, m.state
    FROM mails AS m
    WHERE m.state IN ('claimed', 'sending')
      AND (m.claimed_until < now() OR EXISTS (SELECT FROM job_fence AS f WHERE f.job = m.lock AND f.fence > m.fence))
    FOR UPDATE SKIP LOCKED
), ended AS (
    UPDATE mails AS m
    SET state = CASE stale.state WHEN 'sending' THEN 'doubtful' ELSE 'freed' END, ended_at = now(),
        error = CASE stale.state WHEN 'sending' THEN 'the process ended between sending and recording it' END
    FROM stale WHERE m.id = stale.id
    RETURNING m.id, m.state
), back AS (
    UPDATE notifications AS n
    SET attempts = n.attempts + (e.state = 'doubtful')::integer,
        status = CASE WHEN e.state = 'doubtful' AND n.attempts + 1 >= :attempts THEN 'failed' ELSE 'pending' END,
        reason = CASE WHEN e.state = 'doubtful' THEN 'doubtful' END
    FROM ended AS e
    WHERE n.mail_id = e.id AND n.mail_id = ANY (ARRAY(SELECT id FROM ended)) AND n.status = 'claimed'
    RETURNING n.status
)
SELECT (SELECT count(*) FROM ended WHERE state = 'doubtful') AS doubtful,
       (SELECT count(*) FROM back WHERE status = 'failed') AS failed

-- name: claim
-- The next people for whom something waits, each with all that waits for them. The row of a person is locked for the
-- claim alone; an open mail then keeps every other run away from them.
WITH waiting AS MATERIALIZED (
    SELECT id, user_id, created_at
    FROM notifications
    WHERE status = 'pending'
      AND (created_at, id) > (coalesce(:after_at::timestamptz, '-infinity'), :after_id::bigint)
      AND (:kinds::jsonb IS NULL OR :kinds::jsonb ? kind)
    ORDER BY created_at, id
    LIMIT :rows
), people AS MATERIALIZED (
    SELECT u.id
    FROM users AS u
    WHERE u.id IN (SELECT user_id FROM waiting)
      AND NOT EXISTS (SELECT FROM mails AS m WHERE m.user_id = u.id AND m.state IN ('claimed', 'sending'))
      AND mails_on(u.id, (now() AT TIME ZONE :zone)::date) < :cap
    ORDER BY u.id
    FOR NO KEY UPDATE OF u SKIP LOCKED
), opened AS (
    INSERT INTO mails (user_id, state, run_id, lock, fence, claimed_until)
    SELECT id, 'claimed', :run_id::uuid, :lock, :fence, now() + make_interval(secs => :claim_s) FROM people
    ON CONFLICT DO NOTHING
    RETURNING id, user_id
), chosen AS MATERIALIZED (
    SELECT n.id, o.id AS mail_id
    FROM opened AS o
    JOIN notifications AS n ON n.user_id = o.user_id AND n.status = 'pending'
    ORDER BY n.id
    FOR UPDATE OF n SKIP LOCKED
), claimed AS (
    UPDATE notifications AS n SET status = 'claimed', mail_id = c.mail_id FROM chosen AS c WHERE n.id = c.id
)
SELECT (SELECT coalesce(jsonb_agg(id ORDER BY user_id), '[]') FROM opened) AS mails,
       (SELECT count(*) FROM waiting) AS seen, last.created_at AS last_at, last.id AS last_id
FROM (SELECT created_at, id FROM waiting ORDER BY created_at DESC, id DESC LIMIT 1) AS last

-- name: begin
-- Check again, and only then put the mail in flight: one statement, so that nothing can change in between.
WITH mail AS MATERIALIZED (
    SELECT m.id, m.user_id, u.email, u.name, u.locale, (now() AT TIME ZONE :zone)::date AS today,
           EXISTS (SELECT FROM mail_suppressions AS s WHERE s.address = lower(u.email)) AS is_suppressed
    FROM mails AS m
    JOIN users AS u ON u.id = m.user_id
    WHERE m.id = :mail_id::uuid AND m.state = 'claimed' AND m.run_id = :run_id::uuid
    FOR UPDATE OF m
), judged AS MATERIALIZED (
    SELECT n.id, n.kind, n.product_id, n.variant_id, n.payload,
           CASE WHEN mail.is_suppressed THEN 'address_suppressed'
                WHEN EXISTS (SELECT FROM mail_unsubscriptions AS x
                             WHERE x.user_id = mail.user_id AND x.list IN ('all', mail_list(n.kind))) THEN 'unsubscribed'
                WHEN t.id IS NULL THEN 'not_true_any_more' END AS reason
    FROM mail
    JOIN notifications AS n ON n.mail_id = :mail_id::uuid AND n.status = 'claimed'
    LEFT JOIN notifications_still_true(ARRAY(
        SELECT id FROM notifications WHERE mail_id = :mail_id::uuid AND status = 'claimed')) AS t(id) ON t.id = n.id
), weeded AS (
    UPDATE notifications AS n SET status = 'suppressed', reason = j.reason, mail_id = NULL
    FROM judged AS j WHERE n.id = j.id AND j.reason IS NOT NULL
), kept AS MATERIALIZED (
    SELECT * FROM judged WHERE reason IS NULL
), begun AS (
    UPDATE mails AS m
    SET begun_at = now(), day = mail.today,
        state = CASE WHEN NOT EXISTS (SELECT FROM kept) THEN 'empty'
                     WHEN mails_on(mail.user_id, mail.today) >= :cap THEN 'claimed' ELSE 'sending' END
    FROM mail WHERE m.id = mail.id
    RETURNING m.state
)
SELECT begun.state, mail.user_id, mail.email, mail.name, mail.locale, now() AS at,
       (SELECT count(*) FROM judged WHERE reason IS NOT NULL) AS suppressed,
       (SELECT coalesce(jsonb_object_agg(kind, number), '{}')
        FROM (SELECT kind, count(*) AS number FROM kept GROUP BY kind) AS k) AS told,
       (SELECT count(DISTINCT (mail_list(kind), coalesce(product_id, -id), variant_id)) FROM kept) AS things,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'id', k.id, 'kind', k.kind, 'product_id', k.product_id, 'variant_id', k.variant_id, 'payload', k.payload,
                   'name', p.name, 'url', p.url, 'image_url', p.image_url, 'attributes', coalesce(v.attributes, '{}'),
                   'price', CASE WHEN k.variant_id IS NULL THEN p.price ELSE v.price END::text,
                   'currency', CASE WHEN k.variant_id IS NULL THEN p.currency ELSE v.currency END)), '[]')
        FROM (SELECT * FROM kept ORDER BY id DESC LIMIT :rows) AS k
        LEFT JOIN products AS p ON p.id = k.product_id
        LEFT JOIN variants AS v ON v.id = k.variant_id) AS notices
FROM mail, begun

-- name: sent
WITH mail AS (
    UPDATE mails SET state = 'sent', message_id = :message_id, ended_at = now()
    WHERE id = :mail_id::uuid AND run_id = :run_id::uuid AND state = 'sending'
    RETURNING id
)
UPDATE notifications AS n SET status = 'sent', sent_at = now(), reason = NULL
FROM mail WHERE n.mail_id = :mail_id::uuid AND n.status = 'claimed'

-- name: failed
WITH mail AS (
    UPDATE mails AS m SET state = 'failed', ended_at = now(), error = :error
    FROM users AS u
    WHERE m.id = :mail_id::uuid AND m.run_id = :run_id::uuid AND m.state = 'sending' AND u.id = m.user_id
    RETURNING m.id, lower(u.email) AS address
), barred AS (
    INSERT INTO mail_suppressions (address, reason, detail)
    SELECT address, 'refused', :error FROM mail
    ON CONFLICT DO NOTHING
)
UPDATE notifications AS n SET status = 'failed', reason = 'address_refused'
FROM mail WHERE n.mail_id = :mail_id::uuid AND n.status = 'claimed'
RETURNING n.id

-- name: unsure
-- Doubtful or refused: tried once more by a later run, and no oftener.
WITH mail AS (
    UPDATE mails SET state = :state, ended_at = now(), error = :error
    WHERE id = :mail_id::uuid AND run_id = :run_id::uuid AND state = 'sending'
    RETURNING id
)
UPDATE notifications AS n
SET attempts = n.attempts + 1, reason = :state,
    status = CASE WHEN n.attempts + 1 >= :attempts THEN 'failed' ELSE 'pending' END
FROM mail WHERE n.mail_id = :mail_id::uuid AND n.status = 'claimed'
RETURNING n.status

-- name: land
-- A mail that certainly did not go out is in flight no more, and may be begun again.
UPDATE mails SET state = 'claimed', day = NULL
WHERE id = :mail_id::uuid AND run_id = :run_id::uuid AND state = 'sending'

-- name: free
WITH freed AS (
    UPDATE mails SET state = 'freed', day = NULL, ended_at = now()
    WHERE run_id = :run_id::uuid AND state = 'claimed'
    RETURNING id
)
UPDATE notifications AS n SET status = 'pending', mail_id = NULL
WHERE n.mail_id = ANY (ARRAY(SELECT id FROM freed)) AND n.status = 'claimed'

-- name: left
SELECT count(*) AS waiting FROM notifications WHERE status = 'pending' AND (:kinds::jsonb IS NULL OR :kinds::jsonb ? kind)
