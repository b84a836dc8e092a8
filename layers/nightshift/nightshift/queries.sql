-- name: lose_superseded
-- Runs of this lock that an older holder began and never ended: the holder died or was frozen.
UPDATE job_runs
SET status = 'lost', finished_at = now(), error_class = 'Lost',
    error = 'the run was never ended; a newer one has taken its lock'
WHERE lock = :lock AND status IN ('queued', 'running') AND fence < :fence AND id <> :id

-- name: lose_outlived
-- Runs without a fence, of a job that is not exclusive or from when the lock table could not be asked.
UPDATE job_runs
SET status = 'lost', finished_at = now(), error_class = 'Lost', error = 'the run was never ended within its time'
WHERE lock = :lock AND status IN ('queued', 'running') AND fence IS NULL AND id <> :id
  AND coalesce(started_at, created_at) < now() - make_interval(secs => :at_most_s)

-- name: queue_run
INSERT INTO job_runs (id, job, lock, trigger, slot, status, who, params, fence)
VALUES (:id, :job, :lock, :trigger, :slot, 'queued', :who, :params, :fence)

-- name: start_run
-- A run that was queued at the door, or goes on after a hand-over, keeps its row and its first start. The scheduled run of a
-- paused job ends here, as one that never began; any other is told that the job is paused.
INSERT INTO job_runs AS known (id, job, lock, trigger, slot, status, who, params, fence, part, request_id, limit_s, is_whole,
                               started_at, finished_at, duration_ms, error_class, error)
SELECT :id::uuid, :job, :lock, :trigger, :slot::timestamptz, CASE WHEN pause.skips THEN 'skipped' ELSE 'running' END, :who,
       :params::jsonb, :fence::bigint, :part, :request_id, :at_most_s, :is_whole, CASE WHEN NOT pause.skips THEN now() END,
       CASE WHEN pause.skips THEN now() END, CASE WHEN pause.skips THEN 0 END, CASE WHEN pause.skips THEN 'paused' END,
       CASE WHEN pause.skips THEN pause.said END
FROM (
    SELECT coalesce(bool_or(s.paused_at IS NOT NULL AND :trigger = 'schedule' AND :part = 1), FALSE) AS skips,
           max(concat('paused by ', s.paused_by, ': ' || s.pause_reason)) FILTER (WHERE s.paused_at IS NOT NULL) AS said
    FROM job_settings AS s WHERE s.job = :job
) AS pause
ON CONFLICT (id) DO UPDATE
SET status = 'running', fence = excluded.fence, part = excluded.part, request_id = excluded.request_id,
    limit_s = excluded.limit_s, is_whole = excluded.is_whole, started_at = coalesce(known.started_at, excluded.started_at)
WHERE known.status IN ('queued', 'running')
RETURNING extract(epoch FROM now() - started_at)::float8 AS running_for_s, status,
          (SELECT concat('paused by ', s.paused_by, ': ' || s.pause_reason)
           FROM job_settings AS s WHERE s.job = :job AND s.paused_at IS NOT NULL) AS paused

-- name: progress_run
UPDATE job_runs
SET processed = processed + :processed, failed = failed + :failed,
    errors = jsonb_path_query_array(errors || :errors::jsonb, '$[0 to 9]'), metadata = metadata || :metadata::jsonb
WHERE id = :id

-- name: finish_run
-- A worker that lost its lease shares the id with whoever went on with the run: it may only end what is still its own.
WITH ended AS (
    UPDATE job_runs
    SET status = :status, finished_at = now(),
        duration_ms = (extract(epoch FROM now() - coalesce(started_at, created_at)) * 1000)::bigint,
        processed = processed + :processed, failed = failed + :failed,
        errors = jsonb_path_query_array(errors || :errors::jsonb, '$[0 to 9]'),
        metadata = metadata || :metadata::jsonb, error_class = :error_class, error = :error
    WHERE id = :id AND status IN ('queued', 'running') AND (:fence::bigint IS NULL OR fence = :fence)
    RETURNING *
)
SELECT processed, failed, errors, metadata, duration_ms, CASE WHEN :after::integer IS NULL THEN FALSE ELSE
       note_run_end(ROW(ended.*)::job_runs, :title, :is_critical, :after, :changes, :within::interval) END AS has_news
FROM ended

-- name: record_unstarted
-- A run that never began: skipped because the lock or the slot was taken, or failed because something it needs was out of reach.
WITH ended AS (
    INSERT INTO job_runs (id, job, lock, trigger, slot, status, who, params, finished_at, duration_ms, error_class, error)
    VALUES (:id, :job, :lock, :trigger, :slot, :status, :who, :params, now(), 0, :error_class, :error)
    ON CONFLICT (id) DO UPDATE
    SET status = excluded.status, finished_at = excluded.finished_at, error_class = excluded.error_class,
        error = excluded.error
    WHERE job_runs.status = 'queued'
    RETURNING *
)
SELECT CASE WHEN :after::integer IS NULL THEN FALSE ELSE
       note_run_end(ROW(ended.*)::job_runs, :title, :is_critical, :after, :changes, :within::interval) END AS has_news
FROM ended
