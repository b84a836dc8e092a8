-- name: cancel_leftovers
UPDATE puppet_jobs
SET status = 'failed', final_status = 'cancelled', finished_at = now(), claim_token = NULL
WHERE final_status IS NULL AND :people::jsonb ? user_id

-- name: put_jobs
INSERT INTO puppet_jobs (user_id, job_type, payload, max_retries, scheduled_at)
SELECT s."user", s.type, s.payload, s.max_retries, now() - interval '1 minute' + make_interval(secs => s.place)
FROM jsonb_to_recordset(:jobs::jsonb) AS s("user" text, type text, payload jsonb, max_retries smallint, place integer)

-- name: summary
-- What has become of the jobs of the day that were begun.
SELECT what, count(*) AS count, jsonb_agg(job_type || coalesce(' (' || error_type || ')', '') ORDER BY scheduled_at) AS examples
FROM (SELECT *, coalesce(final_status, CASE WHEN next_retry_at IS NOT NULL THEN 'tried again later' ELSE status END) AS what
      FROM puppet_jobs
      WHERE attempts > 0 AND created_at = (SELECT max(created_at) FROM puppet_jobs WHERE :people::jsonb ? user_id)) AS j
GROUP BY what ORDER BY count(*) DESC, what
