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
