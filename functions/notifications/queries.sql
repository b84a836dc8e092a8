-- name: suppress
WITH added AS (
    INSERT INTO mail_suppressions (address, reason, detail)
    SELECT address, reason, nullif(detail, '')
    FROM jsonb_to_recordset(:rows::jsonb) AS r(address text, reason text, detail text)
    ORDER BY address
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) AS added FROM added

-- name: unsubscribe
-- Where the person is gone, there is nothing to do.
WITH ended AS (
    INSERT INTO mail_unsubscriptions (user_id, list)
    SELECT id, :list FROM users WHERE id = :user_id
    ON CONFLICT DO NOTHING
    RETURNING user_id, list
)
INSERT INTO audit_log (who, action, subject, details, request_id)
SELECT 'an unsubscribe link', 'unsubscribe', 'user:' || user_id,
       jsonb_build_object('before', NULL, 'after', jsonb_build_object('list', list)), :request_id
FROM ended

-- name: page
-- One page of a person's notifications, newest first. What was not mailed is readable all the same.
SELECT n.id, n.kind, n.payload, n.created_at, n.read_at, n.product_id, n.variant_id, p.name, p.url, p.image_url, v.attributes
FROM notifications AS n
LEFT JOIN products AS p ON p.id = n.product_id
LEFT JOIN variants AS v ON v.id = n.variant_id
WHERE n.user_id = :user_id AND n.id < coalesce(:before::bigint, 9223372036854775807) AND (NOT :unread OR n.read_at IS NULL)
ORDER BY n.id DESC
LIMIT :rows

-- name: mark_read
-- Once: a repetition keeps the first time.
WITH marked AS (
    UPDATE notifications SET read_at = now()
    WHERE id = :id AND (:user_id::bigint IS NULL OR user_id = :user_id::bigint) AND read_at IS NULL
    RETURNING id, read_at
), said AS (
    INSERT INTO audit_log (who, action, subject, details, request_id)
    SELECT :who, 'mark-read', 'notification:' || id,
           jsonb_build_object('before', NULL, 'after', jsonb_build_object('readAt', read_at)), :request_id
    FROM marked
)
SELECT id, read_at FROM marked
UNION ALL
SELECT id, read_at FROM notifications
WHERE id = :id AND (:user_id::bigint IS NULL OR user_id = :user_id::bigint) AND read_at IS NOT NULL

-- name: deliveries
-- One page of everybody's notifications and what became of their mails, newest first. Whoever looks after the jobs has no
-- need of addresses: enough of one is told to know it again.
SELECT n.id, n.kind, n.status, n.reason, n.attempts, n.created_at, n.sent_at, n.user_id,
       left(u.email, 1) || '…@' || split_part(u.email, '@', -1) AS recipient, n.product_id, p.name AS product_name,
       p.url AS product_url, m.state AS mail_state, m.at AS mail_at
FROM notifications AS n
JOIN users AS u ON u.id = n.user_id
LEFT JOIN products AS p ON p.id = n.product_id
-- Looked up for each row, and never joined, even by a planner that takes the table for an empty one.
LEFT JOIN LATERAL (
    SELECT state, coalesce(ended_at, begun_at, claimed_at) AS at FROM mails WHERE id = n.mail_id LIMIT 1
) AS m ON TRUE
WHERE n.id < coalesce(:before::bigint, 9223372036854775807)
  AND (:kind::text IS NULL OR n.kind = :kind)
  AND (:user_id::bigint IS NULL OR n.user_id = :user_id::bigint)
  AND (:status::text IS NULL OR n.status = :status)
  AND (NOT :doubtful OR n.reason = 'doubtful')
  -- By the few mails that are open, not by reading everything.
  AND (NOT :open OR n.mail_id = ANY (ARRAY(SELECT id FROM mails WHERE state IN ('claimed', 'sending'))))
ORDER BY n.id DESC
LIMIT :rows

-- name: delivery_counts
-- Counts that stop at a cap, each by an index.
SELECT (SELECT count(*) FROM (SELECT FROM notifications WHERE status = 'pending' LIMIT :cap + 1) AS n) AS pending,
       (SELECT count(*) FROM (
            SELECT FROM notifications
            WHERE mail_id = ANY (ARRAY(SELECT id FROM mails WHERE state IN ('claimed', 'sending'))) AND status = 'claimed'
            LIMIT :cap + 1) AS n) AS claimed,
       (SELECT count(*) FROM (SELECT FROM notifications WHERE status = 'sent' LIMIT :cap + 1) AS n) AS sent,
       (SELECT count(*) FROM (SELECT FROM notifications WHERE reason = 'doubtful' LIMIT :cap + 1) AS n) AS doubtful,
       (SELECT count(*) FROM (SELECT FROM notifications WHERE status = 'failed' LIMIT :cap + 1) AS n) AS failed,
       (SELECT count(*) FROM (SELECT FROM notifications WHERE status = 'suppressed' LIMIT :cap + 1) AS n) AS suppressed,
       (SELECT min(created_at) FROM notifications WHERE status = 'pending') AS oldest_pending_at, now() AS at
