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

-- What is due of a user, group and priority, the oldest first; and what is in flight, which is little. Both stay small,
-- however long the history grows.
CREATE INDEX puppet_jobs_pending
    ON puppet_jobs (user_id, (coalesce(concurrency_group, '')), priority, scheduled_at)
    WHERE status = 'pending' AND final_status IS NULL;
CREATE INDEX puppet_jobs_in_flight ON puppet_jobs ((coalesce(claimed_at, 'infinity')))
    WHERE status IN ('running', 'waiting');

-- When the oldest job in flight was claimed, in microseconds: what lies before it in the index is not read, were it the
-- dead entries of a day that somebody's old snapshot keeps. A sequence is a variable without versions of its own.
CREATE SEQUENCE puppet_flight_since MINVALUE 0 START 0;

-- A job is written three times, and its dead versions go when the page is next looked at: with room for one more in
-- the page, the table ends smaller than without. Vacuum comes by the number of jobs, not by the length of the history.
ALTER TABLE puppet_jobs SET (
    fillfactor = 60, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_threshold = 5000, autovacuum_analyze_scale_factor = 0.02);

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
) WITH (fillfactor = 50);

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

-- ---- Lanes ---------------------------------------------------------------------------------------------------------

-- Where a claim finds what is due: a row for each user, group and priority with pending jobs, so that a user with
-- 900,000 of them is one step to pass, and 100,000 users with something for tomorrow are none. (Two rows for the same
-- jobs do no harm; the next claim that meets them makes them one.)
-- Every pending job has a lane that begins no later than the job (`since`) and comes up no later than the job is due
-- (`next_at`). Who adds a job keeps that true by adding a lane, or by sharing one (FOR KEY SHARE) until the commit; a
-- claim moves or removes a lane only where nobody shares it. So no job is lost that a claim could not see yet.
CREATE TABLE puppet_lanes (
    user_id           text NOT NULL,
    -- '' for jobs without one.
    concurrency_group text NOT NULL,
    grouped           boolean NOT NULL GENERATED ALWAYS AS (concurrency_group <> '') STORED,
    priority          smallint NOT NULL,
    since             timestamptz NOT NULL,
    -- Its place in line: when its first job is due; of equals, whoever has waited longest since the last turn.
    next_at           timestamptz NOT NULL,
    moved_at          timestamptz NOT NULL DEFAULT '-infinity'
) WITH (
    fillfactor = 60, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 0);
CREATE INDEX puppet_lanes_in_line ON puppet_lanes (grouped, priority DESC, next_at, moved_at);
CREATE INDEX puppet_lanes_of_user ON puppet_lanes (user_id, concurrency_group, priority);
CREATE INDEX puppet_lanes_of_group ON puppet_lanes (concurrency_group, priority DESC, next_at) WHERE grouped;

-- Where a claim looks when those who may not run now fill the front of the line: at other users and other groups by
-- their names, each time from where it ended.
CREATE TABLE puppet_rounds (
    is_single   boolean PRIMARY KEY DEFAULT true CHECK (is_single),
    after_user  text NOT NULL DEFAULT '',
    after_group text NOT NULL DEFAULT ''
);
INSERT INTO puppet_rounds DEFAULT VALUES;

-- Shares a lane that is there, or moves one to where it is needed, or adds one.
CREATE FUNCTION open_puppet_lanes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH needed AS (
        SELECT j.user_id, coalesce(j.concurrency_group, '') AS lane_group, j.priority, min(j.scheduled_at) AS due_at
        FROM new_jobs AS j WHERE j.status = 'pending' AND j.final_status IS NULL
        GROUP BY 1, 2, 3
    ), missing AS MATERIALIZED (
        SELECT n.* FROM needed AS n WHERE NOT EXISTS (
            SELECT 1 FROM puppet_lanes AS l
            WHERE l.user_id = n.user_id AND l.concurrency_group = n.lane_group AND l.priority = n.priority
              AND l.since <= n.due_at AND l.next_at <= greatest(n.due_at, now())
            LIMIT 1 FOR KEY SHARE)
    ), moved AS (
        UPDATE puppet_lanes AS l SET since = least(l.since, m.due_at), next_at = least(l.next_at, m.due_at)
        FROM missing AS m CROSS JOIN LATERAL (
            SELECT o.ctid FROM puppet_lanes AS o
            WHERE o.user_id = m.user_id AND o.concurrency_group = m.lane_group AND o.priority = m.priority
            LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        ) AS own
        WHERE l.ctid = own.ctid
        RETURNING l.user_id, l.concurrency_group, l.priority
    )
    INSERT INTO puppet_lanes (user_id, concurrency_group, priority, since, next_at)
    SELECT m.user_id, m.lane_group, m.priority, m.due_at, m.due_at FROM missing AS m
    WHERE (m.user_id, m.lane_group, m.priority) NOT IN (SELECT * FROM moved);
    RETURN NULL;
END
$$;
CREATE TRIGGER puppet_jobs_arrive AFTER INSERT ON puppet_jobs REFERENCING NEW TABLE AS new_jobs
    FOR EACH STATEMENT EXECUTE FUNCTION open_puppet_lanes();

-- The same for one job.
CREATE FUNCTION open_puppet_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM puppet_lanes AS l
    WHERE l.user_id = new.user_id AND l.concurrency_group = coalesce(new.concurrency_group, '')
      AND l.priority = new.priority AND l.since <= new.scheduled_at AND l.next_at <= greatest(new.scheduled_at, now())
    LIMIT 1 FOR KEY SHARE;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE puppet_lanes AS l SET since = least(l.since, new.scheduled_at), next_at = least(l.next_at, new.scheduled_at)
    WHERE l.ctid = (
        SELECT o.ctid FROM puppet_lanes AS o
        WHERE o.user_id = new.user_id AND o.concurrency_group = coalesce(new.concurrency_group, '')
          AND o.priority = new.priority
        LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO puppet_lanes (user_id, concurrency_group, priority, since, next_at)
        VALUES (new.user_id, coalesce(new.concurrency_group, ''), new.priority, new.scheduled_at, new.scheduled_at);
    END IF;
    RETURN NULL;
END
$$;
-- A retry, a job that is put back or put forward. Claims and completions pass without a call.
CREATE TRIGGER puppet_jobs_return
    AFTER UPDATE OF status, final_status, scheduled_at, priority, user_id, concurrency_group ON puppet_jobs FOR EACH ROW
    WHEN (new.status = 'pending' AND new.final_status IS NULL
        AND (old.status <> 'pending' OR old.final_status IS NOT NULL OR new.scheduled_at < old.scheduled_at
             OR (old.user_id, old.priority, old.concurrency_group)
                IS DISTINCT FROM (new.user_id, new.priority, new.concurrency_group)))
    EXECUTE FUNCTION open_puppet_lane();

-- The first `size` lanes that are due, with or without a group: by priority, then by place.
CREATE FUNCTION puppet_line(with_group boolean, size integer) RETURNS TABLE (
    lane tid, user_id text, concurrency_group text, priority smallint, since timestamptz, next_at timestamptz,
    moved_at timestamptz
) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE levels AS (
        (SELECT l.priority, l.next_at FROM puppet_lanes AS l
         WHERE l.grouped = with_group ORDER BY l.priority DESC, l.next_at LIMIT 1)
        UNION ALL
        SELECT below.* FROM levels CROSS JOIN LATERAL (
            SELECT l.priority, l.next_at FROM puppet_lanes AS l
            WHERE l.grouped = with_group AND l.priority < levels.priority
            ORDER BY l.priority DESC, l.next_at LIMIT 1
        ) AS below
    )
    SELECT due.* FROM levels CROSS JOIN LATERAL (
        SELECT l.ctid, l.user_id, l.concurrency_group, l.priority, l.since, l.next_at, l.moved_at FROM puppet_lanes AS l
        WHERE l.grouped = with_group AND l.priority = levels.priority AND l.next_at <= now()
        ORDER BY l.next_at, l.moved_at LIMIT size
    ) AS due
    WHERE levels.next_at <= now()
    LIMIT size
$$;

-- Gives lanes the place of their next job, or removes those that have none. Lanes that are shared by somebody who has
-- not committed yet go to the end of the line instead.
CREATE FUNCTION move_puppet_lanes(lanes tid[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET jit = off AS $$
DECLARE
    own tid[];
BEGIN
    SELECT array_agg(o.ctid) INTO own
    FROM (SELECT l.ctid FROM puppet_lanes AS l WHERE l.ctid = ANY (lanes) FOR UPDATE SKIP LOCKED) AS o;
    -- In a new statement, whose snapshot is newer than the locks: what was added before them is seen here.
    WITH heads AS MATERIALIZED (
        SELECT l.ctid AS lane, (
            SELECT j.scheduled_at FROM puppet_jobs AS j
            WHERE j.user_id = l.user_id AND coalesce(j.concurrency_group, '') = l.concurrency_group
              AND j.priority = l.priority AND j.status = 'pending' AND j.final_status IS NULL
              AND j.scheduled_at >= l.since
            ORDER BY j.scheduled_at LIMIT 1
        ) AS due_at, row_number() OVER (PARTITION BY l.user_id, l.concurrency_group, l.priority ORDER BY l.since) AS copy
        FROM puppet_lanes AS l WHERE l.ctid = ANY (own)
    ), spare AS (
        DELETE FROM puppet_lanes AS l USING heads AS h WHERE l.ctid = h.lane AND (h.due_at IS NULL OR h.copy > 1)
    )
    UPDATE puppet_lanes AS l SET since = h.due_at, next_at = h.due_at, moved_at = now()
    FROM heads AS h WHERE l.ctid = h.lane AND h.due_at IS NOT NULL AND h.copy = 1;
    IF cardinality(lanes) > coalesce(cardinality(own), 0) THEN
        UPDATE puppet_lanes AS l SET next_at = now(), moved_at = now()
        WHERE l.ctid = ANY (ARRAY(
            SELECT o.ctid FROM puppet_lanes AS o WHERE o.ctid = ANY (lanes) AND (own IS NULL OR o.ctid <> ALL (own))
            FOR NO KEY UPDATE SKIP LOCKED));
    END IF;
END
$$;
