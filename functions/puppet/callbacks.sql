-- name: job
-- Since when a worker has its job.
SELECT greatest(0, extract(epoch FROM now() - coalesce(claimed_at, now())) * 1000)::bigint AS took_ms
FROM puppet_jobs WHERE id = :job_id
