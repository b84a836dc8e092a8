-- name: fill_runs
-- So many runs that have ended, the newest a minute ago, of these jobs in turn; one in twenty failed.
INSERT INTO job_runs (id, job, lock, trigger, slot, status, who, fence, created_at, started_at, finished_at, duration_ms,
                      processed, error_class, error)
SELECT gen_random_uuid(), name, name, 'schedule', at, CASE WHEN g % 20 = 0 THEN 'failed' ELSE 'succeeded' END,
       'schedule run of ' || name, NULL, at, at, at + interval '2 seconds', 2000, g % 100,
       CASE WHEN g % 20 = 0 THEN 'JobFailed' END, CASE WHEN g % 20 = 0 THEN 'the shop did not answer' END
FROM generate_series(1, :runs) AS g,
     LATERAL (SELECT (:jobs::text[])[1 + g % cardinality(:jobs::text[])] AS name, now() - g * interval '1 minute' AS at) AS run
