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
