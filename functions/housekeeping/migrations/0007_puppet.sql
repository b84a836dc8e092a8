-- Puppet jobs: what the shop's software wants done. A job is due when
-- status = 'pending' AND scheduled_at <= now() AND final_status IS NULL.

CREATE TABLE puppet_jobs (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id           text NOT NULL CHECK (user_id <> ''),
    job_type          text NOT NULL CHECK (job_type <> ''),
    payload           jsonb NOT NULL DEFAULT '{}',
    -- Higher comes first.
    priority          smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
    -- Of jobs that share a group, one is in flight at a time.
    concurrency_group text,
    status            text NOT NULL DEFAULT 'pending'
                      CHECK (status IN ('pending', 'running', 'waiting', 'completed', 'failed')),
    final_status      text CHECK (final_status IN ('success', 'failed', 'timeout', 'duplicate', 'cancelled')),
    scheduled_at      timestamptz NOT NULL DEFAULT now(),
    -- How often it was begun, and how often it may be begun again after that.
    attempts          smallint NOT NULL DEFAULT 0,
    max_retries       smallint NOT NULL DEFAULT 3 CHECK (max_retries BETWEEN 0 AND 20),
    next_retry_at     timestamptz,
    -- Who carries it out: only whoever shows this token may write what became of it.
    claim_token       uuid,
    processor_id      text,
    batch_id          uuid,
    claimed_at        timestamptz,
    -- How long it had been due by then.
    waited_ms         bigint,
    heartbeat_at      timestamptz,
    -- Until when a worker that answers later may take.
    deadline_at       timestamptz,
    error_type        text,
    error             text,
    result            jsonb,
    created_at        timestamptz NOT NULL DEFAULT now(),
    finished_at       timestamptz
);

-- One row an attempt, for history, metrics and insights.
CREATE TABLE puppet_job_execution_logs (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    job_id       uuid NOT NULL,
    -- The claim it belongs to: a claim ends once, so a result that is reported twice is written once.
    claim_token  uuid NOT NULL,
    user_id      text NOT NULL,
    job_type     text NOT NULL,
    attempt      smallint NOT NULL,
    processor_id text NOT NULL,
    -- NULL where it is not known: of a refused result only the job is.
    batch_id     uuid,
    -- success, failed, timeout, duplicate; stuck: nothing was heard of it; refused: a late result of a lost claim.
    outcome      text NOT NULL
                 CHECK (outcome IN ('success', 'failed', 'timeout', 'duplicate', 'stuck', 'refused')),
    error_type   text,
    error        text,
    will_retry   boolean NOT NULL DEFAULT false,
    waited_ms    bigint NOT NULL DEFAULT 0,
    duration_ms  bigint NOT NULL DEFAULT 0,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (claim_token, outcome)
);
CREATE INDEX puppet_logs_by_time ON puppet_job_execution_logs (finished_at);
CREATE INDEX puppet_logs_by_type ON puppet_job_execution_logs (job_type, finished_at);
CREATE INDEX puppet_logs_by_user ON puppet_job_execution_logs (user_id, finished_at);

-- A row for each processor.
CREATE TABLE puppet_cron_processor_state (
    processor_id   text PRIMARY KEY,
    run_id         uuid,
    status         text NOT NULL CHECK (status IN ('running', 'stopped', 'lost')),
    started_at     timestamptz NOT NULL DEFAULT now(),
    heartbeat_at   timestamptz NOT NULL DEFAULT now(),
    stopped_at     timestamptz,
    batches        bigint NOT NULL DEFAULT 0,
    processed      bigint NOT NULL DEFAULT 0,
    succeeded      bigint NOT NULL DEFAULT 0,
    -- Attempts that failed or timed out, also those that are tried again.
    failed         bigint NOT NULL DEFAULT 0
);

CREATE TABLE invite_attempts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      text NOT NULL,
    profile      text NOT NULL,
    job_id       uuid NOT NULL,
    attempted_at timestamptz NOT NULL DEFAULT now(),
    response     text,
    responded_at timestamptz
);
CREATE INDEX invite_attempts_of_user ON invite_attempts (user_id, profile, attempted_at DESC);

-- The last attempt for each profile. Whoever makes or moves this row may invite, nobody else:
-- INSERT … ON CONFLICT (user_id, profile) DO UPDATE … WHERE attempted_at < now() - <cooldown> RETURNING …
CREATE TABLE invite_cooldowns (
    user_id      text NOT NULL,
    profile      text NOT NULL,
    attempted_at timestamptz NOT NULL DEFAULT now(),
    job_id       uuid NOT NULL,
    PRIMARY KEY (user_id, profile)
);

-- ---- Claims --------------------------------------------------------------------------------------------------------

CREATE INDEX puppet_jobs_pending ON puppet_jobs (user_id, priority DESC, scheduled_at)
    WHERE status = 'pending' AND final_status IS NULL;
CREATE INDEX puppet_jobs_in_flight ON puppet_jobs (user_id) WHERE status IN ('running', 'waiting');

-- Takes due jobs for a processor, within limits that hold over all processors together.
CREATE FUNCTION claim_puppet_jobs(
    processor text, batch uuid, batch_size integer, max_concurrent integer, per_user integer
) RETURNS SETOF puppet_jobs LANGUAGE plpgsql AS $$
BEGIN
    -- Claimers come one by one, until the end of their transaction. What is in flight is counted in the statement
    -- after this one: its snapshot is newer than the lock.
    PERFORM pg_advisory_xact_lock(hashtext('puppet-claim'));
    RETURN QUERY
    WITH busy AS (
        SELECT j.user_id, count(*) AS jobs FROM puppet_jobs AS j WHERE j.status IN ('running', 'waiting') GROUP BY 1
    ), due AS (
        SELECT j.id, j.priority, j.scheduled_at,
               coalesce(b.jobs, 0)
               + row_number() OVER (PARTITION BY j.user_id ORDER BY j.priority DESC, j.scheduled_at, j.id) AS turn
        FROM puppet_jobs AS j LEFT JOIN busy AS b USING (user_id)
        WHERE j.status = 'pending' AND j.final_status IS NULL AND j.scheduled_at <= now()
          AND (j.concurrency_group IS NULL OR NOT EXISTS (
              SELECT 1 FROM puppet_jobs AS o
              WHERE o.concurrency_group = j.concurrency_group
                AND (o.status IN ('running', 'waiting') OR o.status = 'pending' AND o.final_status IS NULL
                     AND (-o.priority, o.scheduled_at, o.id) < (-j.priority, j.scheduled_at, j.id)
                     AND o.scheduled_at <= now())))
    ), chosen AS (
        SELECT d.id FROM due AS d WHERE d.turn <= per_user
        ORDER BY d.turn, d.priority DESC, d.scheduled_at, d.id
        LIMIT greatest(0, least(batch_size, max_concurrent - (SELECT sum(jobs) FROM busy)))
    )
    UPDATE puppet_jobs AS j
    SET status = 'running', attempts = j.attempts + 1, claim_token = gen_random_uuid(), processor_id = processor,
        batch_id = batch, claimed_at = now(), heartbeat_at = now(),
        waited_ms = extract(epoch FROM now() - j.scheduled_at) * 1000
    FROM chosen AS c WHERE j.id = c.id
    RETURNING j.*;
END
$$;

-- ---- Results -------------------------------------------------------------------------------------------------------

-- Writes what became of attempts, where their claim still holds, and answers the jobs whose claim does not.
CREATE FUNCTION complete_puppet_jobs(processor text, results jsonb) RETURNS TABLE (refused uuid)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH said AS (
        SELECT * FROM jsonb_to_recordset(results) AS r (
            job_id uuid, token uuid, outcome text, error_type text, error text, retry_in_s double precision,
            result jsonb, duration_ms bigint, deadline_s double precision)
    ), done AS (
        UPDATE puppet_jobs AS j
        SET status = CASE WHEN s.outcome = 'waiting' THEN 'waiting'
                          WHEN s.outcome IN ('success', 'duplicate') THEN 'completed'
                          WHEN s.retry_in_s IS NULL OR j.attempts > j.max_retries OR j.final_status IS NOT NULL
                          THEN 'failed' ELSE 'pending' END,
            final_status = CASE WHEN j.final_status IS NOT NULL OR s.outcome = 'waiting' THEN j.final_status
                                WHEN s.outcome IN ('success', 'duplicate') THEN s.outcome
                                WHEN s.retry_in_s IS NULL OR j.attempts > j.max_retries THEN s.outcome END,
            scheduled_at = CASE WHEN s.outcome IN ('failed', 'timeout') AND s.retry_in_s IS NOT NULL
                                     AND j.attempts <= j.max_retries AND j.final_status IS NULL
                                THEN now() + make_interval(secs => s.retry_in_s) ELSE j.scheduled_at END,
            next_retry_at = CASE WHEN s.outcome IN ('failed', 'timeout') AND s.retry_in_s IS NOT NULL
                                      AND j.attempts <= j.max_retries AND j.final_status IS NULL
                                 THEN now() + make_interval(secs => s.retry_in_s) END,
            claim_token = CASE WHEN s.outcome = 'waiting' THEN j.claim_token END,
            deadline_at = CASE WHEN s.outcome = 'waiting' THEN now() + make_interval(secs => s.deadline_s) END,
            error_type = s.error_type, error = s.error, result = s.result,
            finished_at = CASE WHEN s.outcome IN ('success', 'duplicate') OR s.outcome <> 'waiting'
                                AND (s.retry_in_s IS NULL OR j.attempts > j.max_retries OR j.final_status IS NOT NULL)
                               THEN now() END
        FROM said AS s
        WHERE j.id = s.job_id AND j.claim_token = s.token AND j.status IN ('running', 'waiting')
        RETURNING j.id, s.token, j.user_id, j.job_type, j.attempts, j.processor_id, j.batch_id, s.outcome, s.error_type,
                  s.error, j.status, s.duration_ms, j.claimed_at, j.waited_ms
    ), logged AS (
        INSERT INTO puppet_job_execution_logs
            (job_id, claim_token, user_id, job_type, attempt, processor_id, batch_id, outcome, error_type, error,
             will_retry, waited_ms, duration_ms, started_at)
        SELECT d.id, d.token, d.user_id, d.job_type, d.attempts, d.processor_id, d.batch_id, d.outcome, d.error_type,
               d.error, d.status = 'pending', d.waited_ms, d.duration_ms, d.claimed_at
        FROM done AS d WHERE d.outcome <> 'waiting'
    ), counted AS (
        UPDATE puppet_cron_processor_state AS p
        SET processed = p.processed + d.all_of_them, succeeded = p.succeeded + d.good, failed = p.failed + d.bad,
            heartbeat_at = now()
        FROM (SELECT processor_id, count(*) AS all_of_them, count(*) FILTER (WHERE outcome IN ('success', 'duplicate')) AS good,
                     count(*) FILTER (WHERE outcome IN ('failed', 'timeout')) AS bad
              FROM done WHERE outcome <> 'waiting' GROUP BY 1) AS d
        WHERE p.processor_id = d.processor_id
    ), late AS (
        SELECT s.* FROM said AS s
        WHERE NOT EXISTS (SELECT 1 FROM done AS d WHERE d.token = s.token)
          AND NOT EXISTS (SELECT 1 FROM puppet_job_execution_logs AS l
                          WHERE l.claim_token = s.token AND l.outcome NOT IN ('stuck', 'refused'))
    ), noted AS (
        INSERT INTO puppet_job_execution_logs
            (job_id, claim_token, user_id, job_type, attempt, processor_id, outcome, error_type, error, duration_ms,
             started_at)
        SELECT l.job_id, l.token, j.user_id, j.job_type, j.attempts, processor, 'refused', l.error_type, l.error,
               l.duration_ms, now() - make_interval(secs => l.duration_ms / 1000.0)
        FROM late AS l JOIN puppet_jobs AS j ON j.id = l.job_id
        ON CONFLICT DO NOTHING
    )
    SELECT l.job_id FROM late AS l;
END
$$;

-- Puts back what nobody works at any more, or fails it where its attempts are used up.
CREATE FUNCTION rescue_puppet_jobs(stuck_after_s integer) RETURNS TABLE (reset bigint, failed bigint)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH lost AS (
        SELECT j.id, j.claim_token AS token, CASE j.status WHEN 'waiting' THEN 'timeout' ELSE 'stuck' END AS outcome,
               CASE j.status WHEN 'waiting' THEN 'the worker did not call back in time'
                             ELSE format('no sign of life for %s s', stuck_after_s) END AS error
        FROM puppet_jobs AS j
        WHERE j.status = 'running' AND j.heartbeat_at < now() - make_interval(secs => stuck_after_s)
           OR j.status = 'waiting' AND j.deadline_at < now()
        FOR UPDATE SKIP LOCKED
    ), freed AS (
        UPDATE puppet_jobs AS j
        SET status = CASE WHEN j.attempts <= j.max_retries AND j.final_status IS NULL THEN 'pending' ELSE 'failed' END,
            final_status = CASE WHEN j.attempts > j.max_retries AND j.final_status IS NULL THEN 'timeout'
                                ELSE j.final_status END,
            finished_at = CASE WHEN j.attempts > j.max_retries OR j.final_status IS NOT NULL THEN now() END,
            claim_token = NULL, deadline_at = NULL, error_type = 'timeout', error = l.error
        FROM lost AS l WHERE j.id = l.id
        RETURNING j.*, l.token, l.outcome
    ), logged AS (
        INSERT INTO puppet_job_execution_logs
            (job_id, claim_token, user_id, job_type, attempt, processor_id, batch_id, outcome, error_type, error,
             will_retry, waited_ms, duration_ms, started_at)
        SELECT f.id, f.token, f.user_id, f.job_type, f.attempts, f.processor_id, f.batch_id, f.outcome, 'timeout', f.error,
               f.status = 'pending', f.waited_ms, extract(epoch FROM now() - f.claimed_at) * 1000, f.claimed_at
        FROM freed AS f
        ON CONFLICT DO NOTHING
    )
    SELECT count(*) FILTER (WHERE f.status = 'pending'), count(*) FILTER (WHERE f.status = 'failed') FROM freed AS f;
END
$$;
