-- name: claim
-- A turn takes milliseconds: who has not come to theirs after a second comes again later.
SET LOCAL lock_timeout = '1s'; SELECT claim_puppet_jobs(:processor, :batch, :batch_size, :max_concurrent, :per_user, :stuck_after_s) AS claim

-- name: exchange
SET LOCAL lock_timeout = '1s'; SELECT exchange_puppet_jobs(:processor, :results, :batch, :batch_size, :max_concurrent, :per_user, :stuck_after_s) AS exchange

-- name: give_back
UPDATE puppet_jobs
SET status = 'pending', attempts = attempts - 1, claim_token = NULL, processor_id = NULL, batch_id = NULL,
    claimed_at = NULL, heartbeat_at = NULL
WHERE status = 'running' AND claim_token IN (SELECT t::uuid FROM jsonb_array_elements_text(:tokens) AS t)
RETURNING id

-- name: complete
SELECT complete_puppet_jobs(:processor, :results) AS refused

-- name: rescue
SELECT * FROM rescue_puppet_jobs(:stuck_after_s)

-- name: register
INSERT INTO puppet_cron_processor_state (processor_id, run_id, status) VALUES (:processor, :run, 'running')
ON CONFLICT (processor_id) DO UPDATE
SET run_id = EXCLUDED.run_id, status = 'running', started_at = now(), heartbeat_at = now(), stopped_at = NULL

-- name: heartbeat
WITH said AS (
    SELECT t::uuid AS token FROM jsonb_array_elements_text(:tokens) AS t
), alive AS (
    UPDATE puppet_cron_processor_state SET heartbeat_at = now(), status = 'running' WHERE processor_id = :processor
), held AS (
    UPDATE puppet_jobs AS j SET heartbeat_at = now() FROM said
    WHERE j.status IN ('running', 'waiting') AND j.claim_token = said.token
    RETURNING j.claim_token AS token
)
SELECT token AS lost FROM said WHERE token NOT IN (SELECT token FROM held)

-- name: stop
-- What is known of turns an hour ago puts nobody anywhere any more.
DELETE FROM puppet_turns WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM puppet_turns WHERE at < now() - interval '1 day' LIMIT 1000 FOR UPDATE SKIP LOCKED));
UPDATE puppet_cron_processor_state SET status = 'stopped', stopped_at = now() WHERE processor_id = :processor
