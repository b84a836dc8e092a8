-- name: attempt
-- Whether the claim that a worker got its job under still holds, and since when it has it.
SELECT status IN ('running', 'waiting') AND claim_token = :token::uuid AS holds,
       greatest(0, extract(epoch FROM now() - coalesce(claimed_at, now())) * 1000)::bigint AS took_ms
FROM puppet_jobs WHERE id = :job_id
