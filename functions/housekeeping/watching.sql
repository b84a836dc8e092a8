-- name: open_runs
SELECT id::text AS id, job, lock, status, fence, limit_s,
       extract(epoch FROM now() - coalesce(started_at, created_at))::float8 AS age_s
FROM job_runs WHERE status IN ('queued', 'running')

-- name: watched
-- What is known of each job. A few index look-ups a job.
SELECT wanted.job, said.paused_at IS NOT NULL AS is_paused, said.resumed_at, found.schedule, found.watched_from, found.state,
       newest.status, newest.ended_at
FROM jsonb_array_elements_text(:jobs::jsonb) AS wanted(job)
LEFT JOIN LATERAL (
    SELECT status, CASE WHEN status IN ('queued', 'running', 'lost') THEN coalesce(started_at, created_at)
                ELSE coalesce(finished_at, created_at) END AS ended_at
    FROM job_runs
    WHERE job = wanted.job AND status <> 'skipped' AND (is_whole OR trigger = 'schedule')
    ORDER BY created_at DESC, id DESC LIMIT 1
) AS newest ON TRUE
LEFT JOIN job_settings AS said ON said.job = wanted.job
LEFT JOIN job_states AS found ON found.job = wanted.job

-- name: lose_runs
-- Only what is still as it was seen: a run that has ended meanwhile, or has gone on under another fence, is not dead.
UPDATE job_runs AS r
SET status = 'lost', finished_at = now(), error_class = 'Lost', error = dead.reason
FROM jsonb_to_recordset(:dead::jsonb) AS dead(id uuid, fence bigint, reason text)
WHERE r.id = dead.id AND r.status IN ('queued', 'running') AND r.fence IS NOT DISTINCT FROM dead.fence
RETURNING r.id, r.job, r.error, r.processed, r.failed, r.started_at, r.created_at, r.who

-- name: record_states
INSERT INTO job_states AS known (job, schedule, state, since, reason)
SELECT f.job, f.schedule, f.state, coalesce(f.since, CASE WHEN f.state IS NOT NULL THEN now() END), f.reason
FROM jsonb_to_recordset(:found::jsonb) AS f(job text, schedule text, state text, since timestamptz, reason text)
ORDER BY f.job
ON CONFLICT (job) DO UPDATE
SET schedule = excluded.schedule,
    watched_from = CASE WHEN known.schedule = excluded.schedule THEN known.watched_from ELSE excluded.watched_from END,
    since = CASE WHEN known.state = excluded.state THEN known.since ELSE excluded.since END,
    state = excluded.state, reason = excluded.reason, looked_at = excluded.looked_at

-- name: silence
-- Of a job that somebody has paused or switched off, nobody needs to be told: its alert closes without a message.
UPDATE alert_states SET is_open = FALSE, in_row = 0, since = now(), changes = '{}', flaps_since = NULL
WHERE key IN (SELECT 'job:' || job FROM jsonb_array_elements_text(:jobs::jsonb) AS job)
  AND (is_open OR in_row > 0 OR flaps_since IS NOT NULL)
