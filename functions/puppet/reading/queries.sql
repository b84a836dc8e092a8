-- name: configuration
SELECT enabled, settings, version, updated_at, updated_by FROM job_settings WHERE job = :subject

-- name: set_enabled
-- A row where something has changed. Processing is on where nothing is stored, so that starting it then changes nothing.
WITH changed AS (
    INSERT INTO job_settings AS known (job, enabled, updated_by)
    SELECT :subject, :enabled, :who
    WHERE NOT :enabled OR EXISTS (SELECT FROM job_settings WHERE job = :subject)
    ON CONFLICT (job) DO UPDATE
        SET enabled = excluded.enabled, version = known.version + 1, updated_at = now(), updated_by = excluded.updated_by
        WHERE known.enabled <> excluded.enabled
    RETURNING known.enabled
)
INSERT INTO audit_log (who, action, subject, details, request_id)
SELECT :who, :action, :subject,
       jsonb_build_object('before', jsonb_build_object('enabled', NOT enabled),
                          'after', jsonb_build_object('enabled', enabled)),
       :request_id
FROM changed
RETURNING at

-- name: store_settings
-- No row: the version that was seen is not the present one any more.
WITH changed AS (
    INSERT INTO job_settings AS known (job, settings, version, updated_by)
    VALUES (:subject, :settings::jsonb, :seen + 1, :who)
    ON CONFLICT (job) DO UPDATE
        SET settings = excluded.settings, version = known.version + 1, updated_at = now(),
            updated_by = excluded.updated_by
        WHERE known.version = :seen
    RETURNING version
), said AS (
    INSERT INTO audit_log (who, action, subject, details, request_id)
    SELECT :who, :action, :subject, jsonb_build_object('before', :before::jsonb, 'after', :after::jsonb), :request_id
    FROM changed
)
SELECT version FROM changed

-- name: history
-- What was done to the processor; that runs were started is no change of it.
SELECT at, who, action, details FROM audit_log
WHERE subject = :subject AND action IN ('puppet-start', 'puppet-stop', 'puppet-reset-stuck-jobs', 'puppet-config')
ORDER BY at DESC, id DESC
LIMIT :rows

-- name: last_switch
-- Who started or stopped processing last.
SELECT at, who FROM audit_log
WHERE subject = :subject AND action IN ('puppet-start', 'puppet-stop')
ORDER BY at DESC, id DESC
LIMIT 1

-- name: metrics
-- One pass over the asked span by index; all figures are of the same rows. What counts as an attempt: work that was begun
-- and came to an end, a good or a bad one. A skipped duplicate and a result that came too late are neither.
WITH logged AS MATERIALIZED (
    SELECT outcome, error_type, will_retry, waited_ms, duration_ms, processor_id, batch_id, started_at, finished_at,
           outcome IN ('success', 'failed', 'timeout', 'stuck') AS is_attempt,
           outcome IN ('failed', 'timeout', 'stuck') AS is_bad
    FROM puppet_job_execution_logs
    WHERE finished_at >= :begin AND finished_at < :until
      AND (:job_type::text IS NULL OR job_type = :job_type)
      AND (:user_id::text IS NULL OR user_id = :user_id)
), totals AS (
    SELECT count(*) FILTER (WHERE is_attempt) AS attempts,
           count(*) FILTER (WHERE outcome = 'success') AS succeeded,
           count(*) FILTER (WHERE outcome = 'failed') AS failed,
           count(*) FILTER (WHERE outcome = 'timeout') AS timed_out,
           count(*) FILTER (WHERE outcome = 'stuck') AS stuck,
           count(*) FILTER (WHERE outcome = 'duplicate') AS duplicates,
           count(*) FILTER (WHERE outcome = 'refused') AS refused,
           count(*) FILTER (WHERE is_bad AND will_retry) AS retried,
           count(*) FILTER (WHERE is_bad AND NOT will_retry) AS given_up,
           count(DISTINCT batch_id) AS batches,
           min(finished_at) AS first_at, max(finished_at) AS last_at,
           round(avg(duration_ms) FILTER (WHERE is_attempt AND outcome <> 'stuck'), 1)::float8 AS duration_average,
           percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY duration_ms)
               FILTER (WHERE is_attempt AND outcome <> 'stuck') AS duration_percentiles,
           max(duration_ms) FILTER (WHERE is_attempt AND outcome <> 'stuck') AS duration_longest,
           round(avg(waited_ms) FILTER (WHERE is_attempt), 1)::float8 AS waited_average,
           percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY waited_ms)
               FILTER (WHERE is_attempt) AS waited_percentiles,
           max(waited_ms) FILTER (WHERE is_attempt) AS waited_longest
    FROM logged
), errors AS (
    SELECT coalesce(error_type, 'unknown') AS error_type, count(*) AS count
    FROM logged WHERE is_bad
    GROUP BY 1
), processors AS (
    SELECT processor_id, count(*) FILTER (WHERE is_attempt) AS attempts,
           count(*) FILTER (WHERE outcome = 'success') AS succeeded, count(*) FILTER (WHERE is_bad) AS failed,
           round(avg(duration_ms) FILTER (WHERE is_attempt AND outcome <> 'stuck'), 1)::float8 AS duration_average,
           max(finished_at) AS last_at
    FROM logged WHERE processor_id <> ''
    GROUP BY 1
    ORDER BY last_at DESC, processor_id
    LIMIT :processors
), batches AS (
    SELECT batch_id, min(processor_id) AS processor_id, count(*) AS jobs,
           count(*) FILTER (WHERE outcome = 'success') AS succeeded, count(*) FILTER (WHERE is_bad) AS failed,
           count(*) FILTER (WHERE outcome = 'duplicate') AS duplicates,
           min(started_at) AS first_at, max(finished_at) AS last_at
    FROM logged WHERE batch_id IS NOT NULL
    GROUP BY 1
    ORDER BY last_at DESC, batch_id
    LIMIT :batches
)
SELECT (SELECT to_jsonb(totals) FROM totals) AS totals,
       (SELECT coalesce(jsonb_agg(to_jsonb(errors) ORDER BY count DESC, error_type), '[]') FROM errors) AS errors,
       (SELECT coalesce(jsonb_agg(to_jsonb(processors) ORDER BY last_at DESC, processor_id), '[]') FROM processors)
           AS processors,
       (SELECT coalesce(jsonb_agg(to_jsonb(batches) ORDER BY last_at DESC, batch_id), '[]') FROM batches) AS batches

-- name: insights
-- One pass over the asked span, as for the metrics. Days and hours are those of clocks in the asked zone: a day on which
-- they change has 23 or 25 hours.
WITH logged AS MATERIALIZED (
    SELECT job_type, user_id, attempt, outcome, error_type, error, will_retry, waited_ms, duration_ms, finished_at,
           finished_at AT TIME ZONE :zone AS ended, started_at AT TIME ZONE :zone AS begun,
           outcome IN ('success', 'failed', 'timeout', 'stuck') AS is_attempt,
           outcome IN ('failed', 'timeout', 'stuck') AS is_bad
    FROM puppet_job_execution_logs
    WHERE finished_at >= :begin AND finished_at < :until
      AND (:job_type::text IS NULL OR job_type = :job_type)
      AND (:user_id::text IS NULL OR user_id = :user_id)
), totals AS (
    SELECT count(*) FILTER (WHERE is_attempt) AS attempts,
           count(*) FILTER (WHERE outcome = 'success') AS succeeded,
           count(*) FILTER (WHERE is_bad) AS failed,
           count(*) FILTER (WHERE outcome = 'timeout') AS timed_out,
           count(*) FILTER (WHERE outcome = 'stuck') AS stuck,
           count(*) FILTER (WHERE outcome = 'duplicate') AS duplicates,
           count(*) FILTER (WHERE is_bad AND NOT will_retry) AS given_up,
           count(*) FILTER (WHERE is_bad AND error_type = 'rate_limit') AS rate_limited,
           count(*) FILTER (WHERE is_bad AND error_type = 'authentication') AS unauthenticated,
           count(DISTINCT user_id) FILTER (WHERE is_bad AND error_type = 'authentication') AS unauthenticated_users,
           count(*) FILTER (WHERE is_attempt AND attempt > 1) AS repeated,
           count(*) FILTER (WHERE outcome = 'success' AND attempt > 1) AS repeated_succeeded,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE outcome = 'success')
               AS success_duration_p95,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY waited_ms) FILTER (WHERE is_attempt) AS waited_p95
    FROM logged
), days AS (
    -- Also the days on which nothing ended.
    SELECT day::date AS date, count(*) FILTER (WHERE is_attempt) AS attempts,
           count(*) FILTER (WHERE outcome = 'success') AS succeeded, count(*) FILTER (WHERE is_bad) AS failed,
           count(*) FILTER (WHERE is_bad AND NOT will_retry) AS given_up,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE is_attempt AND outcome <> 'stuck')
               AS duration_p95,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY waited_ms) FILTER (WHERE is_attempt) AS waited_p95
    FROM generate_series(date_trunc('day', :begin::timestamptz AT TIME ZONE :zone),
                         (:until::timestamptz - interval '1 microsecond') AT TIME ZONE :zone, interval '1 day') AS day
    LEFT JOIN logged ON logged.ended::date = day::date
    GROUP BY 1
), types AS (
    SELECT job_type, count(*) FILTER (WHERE is_attempt) AS attempts,
           count(*) FILTER (WHERE outcome = 'success') AS succeeded, count(*) FILTER (WHERE is_bad) AS failed,
           count(*) FILTER (WHERE is_bad AND NOT will_retry) AS given_up,
           round(avg(duration_ms) FILTER (WHERE is_attempt AND outcome <> 'stuck'), 1)::float8 AS duration_average,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) FILTER (WHERE is_attempt AND outcome <> 'stuck')
               AS duration_p95
    FROM logged
    GROUP BY 1
    ORDER BY attempts DESC, job_type
    LIMIT :rows
), users AS (
    SELECT user_id, count(*) FILTER (WHERE is_attempt) AS attempts,
           count(*) FILTER (WHERE outcome = 'success') AS succeeded, count(*) FILTER (WHERE is_bad) AS failed,
           count(*) FILTER (WHERE is_bad AND NOT will_retry) AS given_up,
           count(*) FILTER (WHERE is_bad AND error_type = 'authentication') AS unauthenticated,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY waited_ms) FILTER (WHERE is_attempt) AS waited_p95
    FROM logged
    GROUP BY 1
    ORDER BY attempts DESC, user_id
    LIMIT :rows
), patterns AS (
    -- Messages that differ only in numbers and ids are one pattern.
    SELECT coalesce(error_type, 'unknown') AS error_type, job_type,
           regexp_replace(left(coalesce(error, ''), 200), '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|\d+', '#', 'g')
               AS pattern,
           count(*) AS count, count(DISTINCT user_id) AS users,
           min(finished_at) AS first_at, max(finished_at) AS last_at
    FROM logged WHERE is_bad
    GROUP BY 1, 2, 3
    ORDER BY count DESC, last_at DESC, error_type, job_type, pattern
    LIMIT :rows
), hours AS (
    SELECT hour, count(*) FILTER (WHERE is_attempt) AS attempts, count(*) FILTER (WHERE is_bad) AS failed,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY waited_ms) FILTER (WHERE is_attempt) AS waited_p95
    FROM generate_series(0, 23) AS hour
    LEFT JOIN logged ON extract(hour FROM logged.begun) = hour
    GROUP BY 1
)
SELECT (SELECT to_jsonb(totals) FROM totals) AS totals,
       (SELECT coalesce(jsonb_agg(to_jsonb(days) ORDER BY date), '[]') FROM days) AS days,
       (SELECT coalesce(jsonb_agg(to_jsonb(types) ORDER BY attempts DESC, job_type), '[]') FROM types) AS types,
       (SELECT coalesce(jsonb_agg(to_jsonb(users) ORDER BY attempts DESC, user_id), '[]') FROM users) AS users,
       (SELECT coalesce(jsonb_agg(to_jsonb(patterns) ORDER BY count DESC, last_at DESC, error_type, job_type, pattern),
                        '[]') FROM patterns) AS patterns,
       (SELECT jsonb_agg(to_jsonb(hours) ORDER BY hour) FROM hours) AS hours,
       (SELECT min(finished_at) FROM puppet_job_execution_logs) AS kept_since

-- name: queue
-- Counts that stop at a cap: the first of those that are due, in the order of their time, and those that come later. The
-- index is over an expression, so that no claim is ever planned over it.
WITH line AS MATERIALIZED (
    SELECT user_id, job_type, attempts, scheduled_at
    FROM puppet_jobs
    WHERE status = 'pending' AND final_status IS NULL
      AND (scheduled_at AT TIME ZONE 'UTC') <= (now() AT TIME ZONE 'UTC')
    ORDER BY scheduled_at AT TIME ZONE 'UTC'
    LIMIT :cap + 1
), later AS (
    SELECT scheduled_at
    FROM puppet_jobs
    WHERE status = 'pending' AND final_status IS NULL
      AND (scheduled_at AT TIME ZONE 'UTC') > (now() AT TIME ZONE 'UTC')
    ORDER BY scheduled_at AT TIME ZONE 'UTC'
    LIMIT :cap + 1
), flying AS MATERIALIZED (
    SELECT user_id, job_type, status, processor_id, claimed_at, heartbeat_at
    FROM puppet_jobs
    WHERE status IN ('running', 'waiting')
    LIMIT :cap + 1
), ended AS (
    SELECT final_status
    FROM puppet_jobs
    WHERE final_status IS NOT NULL AND coalesce(finished_at, created_at) >= now() - interval '1 hour'
    LIMIT :cap + 1
), open_jobs AS (
    SELECT user_id, job_type, 1 AS due, 0 AS in_flight FROM line
    UNION ALL
    SELECT user_id, job_type, 0, 1 FROM flying
), users AS (
    SELECT user_id, sum(due) AS due, sum(in_flight) AS in_flight FROM open_jobs
    GROUP BY 1 ORDER BY due DESC, in_flight DESC, user_id LIMIT :rows
), types AS (
    SELECT job_type, sum(due) AS due, sum(in_flight) AS in_flight FROM open_jobs
    GROUP BY 1 ORDER BY due DESC, in_flight DESC, job_type LIMIT :rows
), processors AS (
    SELECT processor_id, count(*) FILTER (WHERE status = 'running') AS running,
           count(*) FILTER (WHERE status = 'waiting') AS waiting,
           extract(epoch FROM now() - min(claimed_at))::float8 AS longest_s,
           extract(epoch FROM now() - min(heartbeat_at) FILTER (WHERE status = 'running'))::float8 AS silent_s
    FROM flying
    GROUP BY 1
)
SELECT now() AS at,
       (SELECT count(*) FROM line) AS due,
       (SELECT count(*) FILTER (WHERE attempts > 0) FROM line) AS due_again,
       (SELECT min(scheduled_at) FROM line) AS oldest_at,
       (SELECT count(*) FROM later) AS later,
       (SELECT min(scheduled_at) FROM later) AS next_at,
       (SELECT count(*) FILTER (WHERE status = 'running') FROM flying) AS running,
       (SELECT count(*) FILTER (WHERE status = 'waiting') FROM flying) AS waiting,
       (SELECT jsonb_object_agg(final_status, count) FROM (SELECT final_status, count(*) FROM ended GROUP BY 1) AS e)
           AS ended,
       (SELECT coalesce(jsonb_agg(to_jsonb(users) ORDER BY due DESC, in_flight DESC, user_id), '[]') FROM users) AS users,
       (SELECT coalesce(jsonb_agg(to_jsonb(types) ORDER BY due DESC, in_flight DESC, job_type), '[]') FROM types) AS types,
       (SELECT coalesce(jsonb_agg(to_jsonb(processors) ORDER BY processor_id), '[]') FROM processors) AS processors

-- name: backlog
-- How long the job that has been due longest has been due; NULL where none is.
SELECT extract(epoch FROM now() - (
    SELECT scheduled_at FROM puppet_jobs
    WHERE status = 'pending' AND final_status IS NULL
      AND (scheduled_at AT TIME ZONE 'UTC') <= (now() AT TIME ZONE 'UTC')
    ORDER BY scheduled_at AT TIME ZONE 'UTC'
    LIMIT 1
))::float8 AS oldest_s

-- name: stuck
-- Jobs in flight that should have been rescued by now: the next tick does it.
SELECT count(*) AS jobs FROM puppet_jobs
WHERE status IN ('running', 'waiting')
  AND is_abandoned(status, heartbeat_at + make_interval(secs => :grace_s),
                   deadline_at + make_interval(secs => :grace_s), :stuck_after_s)

-- name: signs_of_life
-- The last one of any processor, and the last run that did more than be skipped.
SELECT now() AS at,
       (SELECT max(heartbeat_at) FROM puppet_cron_processor_state) AS heartbeat_at,
       (SELECT created_at FROM job_runs WHERE job = :subject AND status <> 'skipped'
        ORDER BY created_at DESC, id DESC LIMIT 1) AS run_at

-- name: status
SELECT now() AS at,
       (SELECT coalesce(jsonb_agg(to_jsonb(p) ORDER BY p.started_at, p.processor_id), '[]') FROM (
           SELECT processor_id, run_id, started_at, heartbeat_at, batches, processed, succeeded, failed
           FROM puppet_cron_processor_state
           WHERE status = 'running'
           ORDER BY heartbeat_at DESC
           LIMIT :rows
       ) AS p) AS processors,
       (SELECT count(*) FROM puppet_jobs WHERE status IN ('running', 'waiting')) AS in_flight,
       (SELECT to_jsonb(r) FROM (
           SELECT id, status, created_at, started_at, finished_at, processed, failed, metadata FROM job_runs
           WHERE job = :subject AND status <> 'skipped'
           ORDER BY created_at DESC, id DESC
           LIMIT 1
       ) AS r) AS last_run
