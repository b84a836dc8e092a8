-- name: find_run
SELECT * FROM job_runs WHERE id = :id

-- name: list_runs
-- One page of a job's history, newest first, from behind the cursor on.
SELECT * FROM job_runs
WHERE job = :job
  AND (:status::text IS NULL OR status = :status)
  AND (:trigger::text IS NULL OR trigger = :trigger)
  AND (:before_at::timestamptz IS NULL OR (created_at, id) < (:before_at::timestamptz, :before_id::uuid))
ORDER BY created_at DESC, id DESC
LIMIT :rows

-- name: jobs_of_runs
SELECT id, job FROM job_runs WHERE id IN (SELECT wanted::uuid FROM jsonb_array_elements_text(:runs::jsonb) AS wanted)

-- name: audit
-- One page of the audit log, newest first, from behind the cursor on.
SELECT id, at, who, action, subject, details, request_id FROM audit_log
WHERE (:subject::text IS NULL OR subject = :subject)
  AND (:action::text IS NULL OR action = :action)
  AND (:who::text IS NULL OR who = :who)
  AND (:since::timestamptz IS NULL OR at >= :since::timestamptz)
  AND (:before_at::timestamptz IS NULL OR (at, id) < (:before_at::timestamptz, :before_id::bigint))
ORDER BY at DESC, id DESC
LIMIT :rows

-- name: claim_key
-- No row: somebody has it. A claim without an answer is abandoned after a minute; an answer is kept for a day.
INSERT INTO idempotency_keys AS known (scope, key, fingerprint)
VALUES (:scope, :key, :fingerprint)
ON CONFLICT (scope, key) DO UPDATE
SET fingerprint = excluded.fingerprint, status = NULL, headers = NULL, body = NULL, created_at = now()
WHERE (known.status IS NULL AND known.fingerprint = excluded.fingerprint AND known.created_at < now() - interval '1 minute')
   OR known.created_at < now() - interval '1 day'
RETURNING created_at

-- name: find_key
SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE scope = :scope AND key = :key

-- name: keep_answer
UPDATE idempotency_keys SET status = :status, headers = :headers, body = :body
WHERE scope = :scope AND key = :key AND created_at = :claimed_at AND status IS NULL

-- name: free_key
DELETE FROM idempotency_keys WHERE scope = :scope AND key = :key AND created_at = :claimed_at AND status IS NULL
