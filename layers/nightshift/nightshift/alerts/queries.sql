-- name: note
SELECT note_alerts(:signals::jsonb, :changes, :within::interval)

-- name: prepare
-- What is due without anything new having been found: reminders, the end of flapping. What a process that died left in
-- flight may have arrived: it is sent once more and no oftener. What nobody was told for a day is no news any more.
WITH steady AS (
    UPDATE alert_states AS s
    SET flaps_since = NULL, changes = '{}', told_at = now()
    WHERE s.flaps_since IS NOT NULL AND s.since <= now() - :steady::interval
    RETURNING s.key, s.facts, s.is_open, s.since
), reminded AS (
    UPDATE alert_states AS s
    SET told_at = now()
    WHERE s.is_open AND s.flaps_since IS NULL AND s.told_at <= now() - :remind::interval
    RETURNING s.key, s.facts, s.is_open, s.since
), written AS (
    INSERT INTO alerts (key, kind, facts, is_open, since)
    SELECT key, 'settled', facts, is_open, since FROM steady
    UNION ALL
    SELECT key, 'reminder', facts, is_open, since FROM reminded
    RETURNING id
), abandoned AS (
    UPDATE alerts
    SET state = CASE WHEN attempts >= :attempts THEN 'doubtful' ELSE 'pending' END,
        ended_at = CASE WHEN attempts >= :attempts THEN now() END, claimed_until = NULL,
        error = 'the process ended between sending and recording it'
    WHERE state = 'sending' AND claimed_until < now()
    RETURNING state
), dropped AS (
    UPDATE alerts SET state = 'dropped', ended_at = now(), error = coalesce(error, 'not sent for a day')
    WHERE state = 'pending' AND created_at < now() - :stale::interval
    RETURNING id
)
SELECT (SELECT count(*) FROM written)
       + (SELECT count(*) FROM abandoned WHERE state = 'pending')
       + (SELECT count(*) FROM alerts WHERE state = 'pending' AND created_at >= now() - :stale::interval) AS waiting,
       (SELECT count(*) FROM abandoned) AS doubtful, (SELECT count(*) FROM dropped) AS dropped

-- name: claim
-- The next group for a channel, if it may be sent to now: who holds the channel's row decides, so that two processes never
-- send at once or too fast. Right after a message, others are gathered for a while. A reminder of what has recovered
-- meanwhile is left out. Where nothing is claimed, `wait_s` tells when it is worth asking again.
WITH channel AS MATERIALIZED (
    SELECT name, next_at, sent_at, disabled_at IS NOT NULL AND fingerprint = :fingerprint AS is_disabled, reason
    FROM alert_channels WHERE name = :channel
    FOR UPDATE
), ready AS MATERIALIZED (
    SELECT name FROM channel AS c
    WHERE NOT c.is_disabled AND c.next_at <= now()
      AND NOT EXISTS (SELECT FROM alerts WHERE state = 'sending')
      AND (c.sent_at IS NULL OR c.sent_at <= now() - :gather::interval
           OR EXISTS (SELECT FROM alerts AS a WHERE a.state = 'pending' AND a.created_at <= now() - :gather::interval)
           OR (SELECT count(*) FROM alerts WHERE state = 'pending') >= :size)
), outdated AS (
    UPDATE alerts AS a SET state = 'dropped', ended_at = now(), error = 'it had recovered by then'
    FROM ready, alert_states AS s
    WHERE a.state = 'pending' AND a.kind = 'reminder' AND s.key = a.key AND NOT s.is_open
    RETURNING a.id
), claimed AS (
    UPDATE alerts AS a
    SET state = 'sending', attempts = a.attempts + 1, claimed_until = now() + :claim::interval
    FROM ready
    WHERE a.state = 'pending'
      AND a.id IN (SELECT id FROM alerts WHERE state = 'pending' AND id NOT IN (SELECT id FROM outdated)
                   ORDER BY id LIMIT :size)
    RETURNING a.id, a.key, a.kind, a.facts, a.is_open, a.since, a.created_at
), paced AS (
    UPDATE alert_channels AS c SET next_at = now() + :pace::interval, disabled_at = NULL, reason = NULL, fingerprint = NULL
    FROM ready WHERE c.name = ready.name
)
SELECT channel.is_disabled, channel.reason, EXISTS (SELECT FROM ready) AS is_ready,
       extract(epoch FROM channel.next_at - now())::float8 AS wait_s,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'id', id, 'key', key, 'kind', kind, 'facts', facts, 'is_open', is_open,
                   'since', extract(epoch FROM since)::bigint, 'at', extract(epoch FROM created_at)::bigint) ORDER BY id), '[]')
        FROM claimed) AS messages
FROM channel

-- name: sent
WITH channel AS (
    UPDATE alert_channels SET sent_at = now() WHERE name = :channel
)
UPDATE alerts SET state = 'sent', ended_at = now(), claimed_until = NULL, error = NULL
WHERE id IN (SELECT each::bigint FROM jsonb_array_elements_text(:ids::jsonb) AS each) AND state = 'sending'

-- name: postpone
-- Certainly not sent: all of it later, and nothing else before.
WITH channel AS (
    UPDATE alert_channels SET next_at = greatest(next_at, now() + make_interval(secs => :wait_s)) WHERE name = :channel
)
UPDATE alerts SET state = 'pending', attempts = attempts - 1, claimed_until = NULL, error = :error
WHERE id IN (SELECT each::bigint FROM jsonb_array_elements_text(:ids::jsonb) AS each) AND state = 'sending'

-- name: doubt
-- It may have arrived: sent once more and no oftener.
UPDATE alerts
SET state = CASE WHEN attempts >= :attempts THEN 'doubtful' ELSE 'pending' END,
    ended_at = CASE WHEN attempts >= :attempts THEN now() END, claimed_until = NULL, error = :error
WHERE id IN (SELECT each::bigint FROM jsonb_array_elements_text(:ids::jsonb) AS each) AND state = 'sending'

-- name: refuse
UPDATE alerts SET state = 'failed', ended_at = now(), claimed_until = NULL, error = :error
WHERE id IN (SELECT each::bigint FROM jsonb_array_elements_text(:ids::jsonb) AS each) AND state = 'sending'

-- name: disable
-- Nothing more can be sent there; what waits is kept, for a day, until another address is configured.
WITH channel AS (
    UPDATE alert_channels SET disabled_at = now(), reason = :error, fingerprint = :fingerprint WHERE name = :channel
)
UPDATE alerts SET state = 'pending', attempts = attempts - 1, claimed_until = NULL, error = :error
WHERE id IN (SELECT each::bigint FROM jsonb_array_elements_text(:ids::jsonb) AS each) AND state = 'sending'
