-- name: overview
-- Of each job: its newest run (a tick that was skipped is none), the newest tick that was skipped since, since when its runs
-- fail, what operators and the watchdog said of it, and when last a run ended that did all of its work. A few index look-ups
-- a job.
SELECT wanted.job AS name, newest.*, extract(epoch FROM now() - newest.created_at)::float8 AS age_s,
       skip.created_at AS skipped_at, skip.error AS skip_detail,
       -- Within CASE, because nothing of it may be counted for the jobs that are well.
       CASE WHEN newest.status IN ('failed', 'lost') THEN (
           SELECT created_at FROM job_runs
           WHERE job = wanted.job AND status IN ('failed', 'lost') AND created_at > coalesce(good.created_at, '-infinity')
           ORDER BY created_at, id LIMIT 1
       ) END AS failing_since,
       CASE WHEN newest.status IN ('failed', 'lost') THEN (
           SELECT count(*) FROM (
               SELECT FROM job_runs
               WHERE job = wanted.job AND status IN ('failed', 'lost') AND created_at > coalesce(good.created_at, '-infinity')
               ORDER BY created_at DESC, id DESC LIMIT :most_failures
           ) AS counted
       ) END AS failures,
       said.paused_at, said.paused_by, said.pause_reason, said.resumed_at,
       found.schedule AS watched_schedule, found.watched_from, found.state AS found, found.since AS found_since,
       found.reason AS found_reason, whole.ended_at AS whole_ended_at
FROM jsonb_array_elements_text(:jobs::jsonb) AS wanted(job)
LEFT JOIN LATERAL (
    SELECT * FROM job_runs WHERE job = wanted.job AND status <> 'skipped' ORDER BY created_at DESC, id DESC LIMIT 1
) AS newest ON TRUE
LEFT JOIN LATERAL (
    SELECT created_at, error FROM job_runs
    WHERE job = wanted.job AND status = 'skipped' AND error_class IN ('held', 'cooling', 'paused')
      AND created_at > coalesce(newest.finished_at, newest.created_at, '-infinity')
    ORDER BY created_at DESC, id DESC LIMIT 1
) AS skip ON TRUE
LEFT JOIN LATERAL (
    SELECT created_at FROM job_runs
    WHERE newest.status IN ('failed', 'lost') AND job = wanted.job AND status = 'succeeded'
    ORDER BY created_at DESC, id DESC LIMIT 1
) AS good ON TRUE
LEFT JOIN LATERAL (
    SELECT CASE WHEN status IN ('queued', 'running', 'lost') THEN coalesce(started_at, created_at)
                ELSE coalesce(finished_at, created_at) END AS ended_at
    FROM job_runs
    WHERE job = wanted.job AND status <> 'skipped' AND (is_whole OR trigger = 'schedule')
    ORDER BY created_at DESC, id DESC LIMIT 1
) AS whole ON TRUE
LEFT JOIN job_settings AS said ON said.job = wanted.job
LEFT JOIN job_states AS found ON found.job = wanted.job

-- name: pause
-- Who paused first, and why, stays. A row only where something has changed: what there was before and is now.
INSERT INTO job_settings AS known (job, version, updated_by, paused_at, paused_by, pause_reason)
VALUES (:job, 0, :who, now(), :who, :reason)
ON CONFLICT (job) DO UPDATE
    SET paused_at = excluded.paused_at, paused_by = excluded.paused_by, pause_reason = excluded.pause_reason
    WHERE known.paused_at IS NULL
RETURNING paused_at, paused_by, pause_reason

-- name: resume
UPDATE job_settings SET paused_at = NULL, paused_by = NULL, pause_reason = NULL, resumed_at = now()
WHERE job = :job AND paused_at IS NOT NULL
RETURNING resumed_at

-- name: paused
-- Held until the transaction ends, so that what is written to the audit log is what was there.
SELECT paused_at, paused_by, pause_reason FROM job_settings WHERE job = :job AND paused_at IS NOT NULL FOR UPDATE
