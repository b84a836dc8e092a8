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
-- (`next_at`). Who adds a job keeps that true by adding a lane, or by sharing one FOR KEY SHARE until the commit; a
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

CREATE FUNCTION open_puppet_lanes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO puppet_lanes (user_id, concurrency_group, priority, since, next_at)
    SELECT n.user_id, n.lane_group, n.priority, n.due_at, n.due_at
    FROM (
        SELECT j.user_id, coalesce(j.concurrency_group, '') AS lane_group, j.priority, min(j.scheduled_at) AS due_at
        FROM new_jobs AS j WHERE j.status = 'pending' AND j.final_status IS NULL
        GROUP BY 1, 2, 3
    ) AS n
    WHERE NOT EXISTS (
        SELECT 1 FROM puppet_lanes AS l
        WHERE l.user_id = n.user_id AND l.concurrency_group = n.lane_group AND l.priority = n.priority
          AND l.since <= n.due_at AND l.next_at <= greatest(n.due_at, now())
        LIMIT 1 FOR KEY SHARE
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER puppet_jobs_arrive AFTER INSERT ON puppet_jobs REFERENCING NEW TABLE AS new_jobs
    FOR EACH STATEMENT EXECUTE FUNCTION open_puppet_lanes();

CREATE FUNCTION open_puppet_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM puppet_lanes AS l
    WHERE l.user_id = new.user_id AND l.concurrency_group = coalesce(new.concurrency_group, '')
      AND l.priority = new.priority AND l.since <= new.scheduled_at AND l.next_at <= greatest(new.scheduled_at, now())
    LIMIT 1 FOR KEY SHARE;
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
    lane tid, user_id text, concurrency_group text, priority smallint, since timestamptz, moved_at timestamptz
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
        SELECT l.ctid, l.user_id, l.concurrency_group, l.priority, l.since, l.moved_at FROM puppet_lanes AS l
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
        WHERE l.ctid = ANY (lanes) AND (own IS NULL OR l.ctid <> ALL (own));
    END IF;
END
$$;

-- ---- Claims --------------------------------------------------------------------------------------------------------

CREATE INDEX puppet_jobs_pending
    ON puppet_jobs (user_id, (coalesce(concurrency_group, '')), priority, scheduled_at)
    WHERE status = 'pending' AND final_status IS NULL;
CREATE INDEX puppet_jobs_in_flight ON puppet_jobs (user_id) WHERE status IN ('running', 'waiting');

-- The next 12 users and 12 groups by name, round and round.
CREATE FUNCTION next_puppet_round(OUT users text[], OUT groups text[]) LANGUAGE plpgsql
SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET jit = off AS $$
DECLARE
    last puppet_rounds;
BEGIN
    SELECT * INTO last FROM puppet_rounds;
    WITH RECURSIVE names AS (
        SELECT 0 AS place, last.after_user AS name
        UNION ALL
        SELECT n.place + 1, (SELECT l.user_id FROM puppet_lanes AS l WHERE l.user_id > n.name ORDER BY l.user_id LIMIT 1)
        FROM names AS n WHERE n.place < 12 AND n.name IS NOT NULL
    )
    SELECT coalesce(array_agg(n.name ORDER BY n.place), '{}') INTO users
    FROM names AS n WHERE n.place > 0 AND n.name IS NOT NULL;
    WITH RECURSIVE names AS (
        SELECT 0 AS place, last.after_group AS name
        UNION ALL
        SELECT n.place + 1, (SELECT l.concurrency_group FROM puppet_lanes AS l WHERE l.grouped AND l.concurrency_group > n.name
                             ORDER BY l.concurrency_group LIMIT 1)
        FROM names AS n WHERE n.place < 12 AND n.name IS NOT NULL
    )
    SELECT coalesce(array_agg(n.name ORDER BY n.place), '{}') INTO groups
    FROM names AS n WHERE n.place > 0 AND n.name IS NOT NULL;
    UPDATE puppet_rounds SET after_user = coalesce(users[12], ''), after_group = coalesce(groups[12], '');
END
$$;

-- Chooses due jobs and locks them: everyone's next job before anyone's one after that, what is in flight counted as
-- turns that were had (`busy`: {user: jobs}); within a turn by priority, then age. Looks at the first `size` lanes, at some
-- of each of `users` and `groups`, and in each at `depth` jobs, or more where that cannot fill the room. Answers the jobs
-- in their order, the lanes to move, and what a longer line (`is_cut`) or a deeper look (`is_shallow`) might add.
CREATE FUNCTION choose_puppet_jobs(
    room integer, per_user integer, busy jsonb, busy_groups jsonb, size integer, depth integer,
    users text[], groups text[],
    OUT jobs tid[], OUT lanes tid[], OUT last_turn bigint, OUT is_cut boolean, OUT is_shallow boolean
) LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET jit = off AS $$
BEGIN
    WITH line AS MATERIALIZED (
        SELECT l.*, coalesce((busy -> l.user_id)::integer, 0) AS held,
               row_number() OVER (PARTITION BY l.user_id, l.concurrency_group, l.priority ORDER BY l.since) AS copy
        FROM (
            SELECT * FROM puppet_line(false, size)
            UNION ALL
            SELECT * FROM puppet_line(true, size)
            UNION ALL
            SELECT a.lane, a.user_id, a.concurrency_group, a.priority, a.since, a.moved_at
            FROM (SELECT unnest(users) AS name) AS u CROSS JOIN LATERAL (
                SELECT l.ctid AS lane, l.* FROM puppet_lanes AS l WHERE l.user_id = u.name LIMIT 2
            ) AS a
            WHERE a.next_at <= now()
            UNION ALL
            SELECT a.lane, a.user_id, a.concurrency_group, a.priority, a.since, a.moved_at
            FROM (SELECT unnest(groups) AS name) AS g CROSS JOIN LATERAL (
                SELECT l.ctid AS lane, l.* FROM puppet_lanes AS l WHERE l.grouped AND l.concurrency_group = g.name
                ORDER BY l.priority DESC, l.next_at LIMIT 2
            ) AS a
            WHERE a.next_at <= now()
        ) AS l
    ), open AS MATERIALIZED (
        SELECT * FROM line AS l WHERE l.copy = 1 AND l.held < per_user AND NOT busy_groups ? l.concurrency_group
    ), reach AS MATERIALIZED (
        -- Up to which turn everybody's jobs are looked at.
        SELECT least(per_user, min(o.held) + greatest(depth, ceil(room::numeric / count(*))))::integer AS turns
        FROM open AS o HAVING count(*) > 0
    ), heads AS MATERIALIZED (
        SELECT o.*, r.turns - o.held AS looked_at, j.ctid AS job, j.scheduled_at
        FROM reach AS r CROSS JOIN open AS o LEFT JOIN LATERAL (
            SELECT p.ctid, p.scheduled_at FROM puppet_jobs AS p
            WHERE p.user_id = o.user_id AND coalesce(p.concurrency_group, '') = o.concurrency_group
              AND p.priority = o.priority AND p.status = 'pending' AND p.final_status IS NULL
              AND p.scheduled_at >= o.since AND p.scheduled_at <= now()
            ORDER BY p.scheduled_at LIMIT CASE o.concurrency_group WHEN '' THEN r.turns - o.held ELSE 1 END
        ) AS j ON true
        WHERE o.held < r.turns
    ), candidates AS (
        SELECT * FROM heads AS h WHERE h.job IS NOT NULL AND h.concurrency_group = ''
        UNION ALL
        -- Of a group only the first.
        (SELECT DISTINCT ON (h.concurrency_group) * FROM heads AS h WHERE h.job IS NOT NULL AND h.concurrency_group <> ''
         ORDER BY h.concurrency_group, h.held, h.priority DESC, h.scheduled_at, h.moved_at)
    ), turns AS (
        SELECT c.*, c.held + row_number() OVER (
            PARTITION BY c.user_id ORDER BY c.priority DESC, c.scheduled_at) AS turn
        FROM candidates AS c
    ), chosen AS MATERIALIZED (
        -- Whoever has a row locked is about to change it: it is passed over, not waited for.
        SELECT j.ctid AS job, t.lane, t.turn
        FROM reach AS r CROSS JOIN turns AS t JOIN puppet_jobs AS j ON j.ctid = t.job
        WHERE t.turn <= r.turns AND j.status = 'pending' AND j.final_status IS NULL
        ORDER BY t.turn, t.priority DESC, t.scheduled_at, t.moved_at LIMIT room
        FOR NO KEY UPDATE OF j SKIP LOCKED
    )
    SELECT (SELECT array_agg(c.job) FROM chosen AS c),
           ARRAY(SELECT DISTINCT c.lane FROM chosen AS c UNION ALL SELECT h.lane FROM heads AS h WHERE h.job IS NULL
                 UNION ALL SELECT l.lane FROM line AS l WHERE l.copy > 1),
           (SELECT max(c.turn) FROM chosen AS c),
           (SELECT count(*) FILTER (WHERE l.concurrency_group = '') >= size
                OR count(*) FILTER (WHERE l.concurrency_group <> '') >= size FROM line AS l),
           (SELECT r.turns < per_user FROM reach AS r)
           AND (EXISTS (SELECT 1 FROM open AS o CROSS JOIN reach AS r WHERE o.held >= r.turns)
                OR EXISTS (SELECT 1 FROM heads AS h WHERE h.concurrency_group = ''
                           GROUP BY h.lane, h.looked_at HAVING count(h.job) = h.looked_at))
    INTO jobs, lanes, last_turn, is_cut, is_shallow;
END
$$;

-- Whether nobody works at a job in flight any more.
CREATE FUNCTION is_abandoned(status text, heartbeat_at timestamptz, deadline_at timestamptz, stuck_after_s integer)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE status WHEN 'running' THEN heartbeat_at < now() - make_interval(secs => stuck_after_s)
                       WHEN 'waiting' THEN deadline_at < now() ELSE false END
$$;

-- Takes due jobs for a processor, within limits that hold over all processors together; abandoned ones are put back
-- first. Answers {"room": how many could have been taken, "jobs": [ids, users, types, payloads, attempts, retries, tokens,
-- times, waited ms, groups]}, each of these a list, the most urgent job first, or null.
CREATE FUNCTION claim_puppet_jobs(
    processor text, batch uuid, batch_size integer, max_concurrent integer, per_user integer, stuck_after_s integer
) RETURNS json LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET jit = off AS $$
DECLARE
    room        integer;
    users_busy  integer;
    busy        jsonb;
    busy_groups jsonb;
    choice      record;
    size        integer;
    depth       integer := 1;
    others      record;
    lacking     boolean;
    moment      timestamptz;
    stamp       text;
    secret      text;
    answer      json;
BEGIN
    -- First of all: who writes results for this processor takes its row before any lane as well.
    UPDATE puppet_cron_processor_state AS p SET heartbeat_at = now() WHERE p.processor_id = processor;
    -- Claimers come one by one, until their transactions end. What is in flight is counted in statements after this one,
    -- whose snapshots are newer than the lock.
    PERFORM pg_advisory_xact_lock(hashtext('puppet_jobs'), 1);
    IF EXISTS (SELECT 1 FROM puppet_jobs AS j WHERE j.status IN ('running', 'waiting')
               AND is_abandoned(j.status, j.heartbeat_at, j.deadline_at, stuck_after_s)) THEN
        PERFORM rescue_puppet_jobs(stuck_after_s);
    END IF;
    WITH flight AS MATERIALIZED (
        SELECT j.user_id, j.concurrency_group FROM puppet_jobs AS j WHERE j.status IN ('running', 'waiting')
    ), by_user AS MATERIALIZED (
        SELECT f.user_id, count(*) AS jobs FROM flight AS f GROUP BY f.user_id
    )
    SELECT least(batch_size, max_concurrent - (SELECT count(*) FROM flight)), (SELECT count(*) FROM by_user),
           (SELECT coalesce(jsonb_object_agg(b.user_id, b.jobs), '{}') FROM by_user AS b),
           (SELECT coalesce(jsonb_object_agg(f.concurrency_group, true), '{}') FROM flight AS f
            WHERE f.concurrency_group IS NOT NULL)
    INTO room, users_busy, busy, busy_groups;
    IF room <= 0 THEN
        RETURN '{"room": 0, "jobs": [null]}';
    END IF;
    moment := clock_timestamp();
    size := room + users_busy;
    SELECT NULL::text[] AS users, NULL::text[] AS groups INTO others;
    LOOP
        choice := choose_puppet_jobs(room, per_user, busy, busy_groups, size, depth, others.users, others.groups);
        lacking := coalesce(cardinality(choice.jobs), 0) < room;
        IF choice.is_cut AND (lacking OR choice.last_turn > 1) AND others.users IS NULL THEN
            size := size * 4;
            others := next_puppet_round();
        ELSIF choice.is_shallow AND lacking THEN
            depth := depth * 4;
        ELSE
            EXIT;
        END IF;
    END LOOP;
    -- The tokens are UUIDs of version 7, made of the time, so that the log's index grows at its end, and of one random
    -- secret: a random number for each takes longer than all else.
    stamp := lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7';
    secret := gen_random_uuid()::text;
    WITH taken AS (
        UPDATE puppet_jobs AS j
        SET status = 'running', attempts = j.attempts + 1,
            claim_token = (stamp || overlay(left(encode(sha256((secret || j.id)::bytea), 'hex'), 19)
                                            PLACING 'a' FROM 4 FOR 1))::uuid,
            processor_id = processor, batch_id = batch, claimed_at = moment, heartbeat_at = moment, deadline_at = NULL,
            waited_ms = greatest(0, date_part('epoch', moment - j.scheduled_at) * 1000)
        FROM unnest(choice.jobs) WITH ORDINALITY AS c (job, place) WHERE j.ctid = c.job
        RETURNING j.*, c.place
    )
    -- Column by column: that is much quicker, here and for whoever reads it.
    SELECT json_build_object('room', room, 'jobs', json_build_array(
        array_agg(t.id), array_agg(t.user_id), array_agg(t.job_type), array_agg(t.payload), array_agg(t.attempts),
        array_agg(t.max_retries), array_agg(t.claim_token), array_agg(t.scheduled_at), array_agg(t.waited_ms),
        array_agg(t.concurrency_group)))
    INTO answer FROM (SELECT * FROM taken ORDER BY place) AS t;
    UPDATE puppet_cron_processor_state AS p SET batches = p.batches + 1
    WHERE p.processor_id = processor AND choice.jobs IS NOT NULL;
    PERFORM move_puppet_lanes(choice.lanes);
    RETURN answer;
END
$$;

-- ---- Results -------------------------------------------------------------------------------------------------------

-- What an outcome makes of a job: final, or pending again where it says when and the job has attempts left.
CREATE FUNCTION status_after(outcome text, retry_in_s double precision, job puppet_jobs) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN outcome = 'waiting' THEN 'waiting'
                WHEN outcome IN ('success', 'duplicate') THEN 'completed'
                WHEN retry_in_s IS NULL OR job.attempts > job.max_retries OR job.final_status IS NOT NULL THEN 'failed'
                ELSE 'pending' END
$$;

-- Writes what became of attempts, where their claim still holds, and answers the jobs whose claim does not: those
-- results are logged as refused. What was written before (the answer was lost) is neither written again nor refused.
CREATE FUNCTION complete_puppet_jobs(processor text, results jsonb) RETURNS SETOF uuid
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan' SET enable_seqscan = off SET jit = off AS $$
DECLARE
    written integer;
BEGIN
    WITH said AS (
        SELECT * FROM jsonb_to_recordset(results) AS r (
            job_id uuid, token uuid, outcome text, error_type text, error text, retry_in_s double precision,
            result jsonb, duration_ms bigint, deadline_s double precision)
    ), done AS (
        UPDATE puppet_jobs AS j
        SET status = status_after(s.outcome, s.retry_in_s, j),
            final_status = CASE WHEN status_after(s.outcome, s.retry_in_s, j) IN ('completed', 'failed')
                                THEN coalesce(j.final_status, s.outcome) ELSE j.final_status END,
            scheduled_at = CASE status_after(s.outcome, s.retry_in_s, j) WHEN 'pending'
                                THEN now() + make_interval(secs => s.retry_in_s) ELSE j.scheduled_at END,
            next_retry_at = CASE status_after(s.outcome, s.retry_in_s, j) WHEN 'pending'
                                 THEN now() + make_interval(secs => s.retry_in_s) END,
            finished_at = CASE WHEN status_after(s.outcome, s.retry_in_s, j) IN ('completed', 'failed') THEN now() END,
            claim_token = CASE s.outcome WHEN 'waiting' THEN s.token END,
            deadline_at = CASE s.outcome WHEN 'waiting' THEN now() + make_interval(secs => coalesce(s.deadline_s, 3600)) END,
            error_type = s.error_type, error = s.error, result = s.result
        FROM said AS s
        WHERE j.id = s.job_id AND j.claim_token = s.token AND j.status IN ('running', 'waiting')
        RETURNING j.*, s.token, s.outcome, s.duration_ms
    ), logged AS (
        INSERT INTO puppet_job_execution_logs
            (job_id, claim_token, user_id, job_type, attempt, processor_id, batch_id, outcome, error_type, error,
             will_retry, waited_ms, duration_ms, started_at)
        SELECT d.id, d.token, d.user_id, d.job_type, d.attempts, d.processor_id, d.batch_id, d.outcome, d.error_type,
               d.error, d.status = 'pending', d.waited_ms, d.duration_ms, d.claimed_at
        FROM done AS d WHERE d.outcome <> 'waiting'
    ), counted AS (
        UPDATE puppet_cron_processor_state AS p
        SET processed = p.processed + d.processed, succeeded = p.succeeded + d.succeeded, failed = p.failed + d.failed
        FROM (
            SELECT d.processor_id, count(*) AS processed,
                   count(*) FILTER (WHERE d.status = 'completed') AS succeeded,
                   count(*) FILTER (WHERE d.status <> 'completed') AS failed
            FROM done AS d WHERE d.outcome <> 'waiting' GROUP BY d.processor_id
        ) AS d
        WHERE p.processor_id = d.processor_id
    )
    SELECT count(*) INTO written FROM done;
    IF written = jsonb_array_length(results) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH late AS (
        SELECT s.* FROM jsonb_to_recordset(results) AS s (
            job_id uuid, token uuid, outcome text, error_type text, error text, duration_ms bigint)
        WHERE NOT EXISTS (SELECT 1 FROM puppet_job_execution_logs AS l
                          WHERE l.claim_token = s.token
                            -- The same again, or a worker that called back before its 202 was written.
                            AND (l.outcome = s.outcome
                                 OR s.outcome = 'waiting' AND l.outcome NOT IN ('stuck', 'refused')))
          AND NOT EXISTS (SELECT 1 FROM puppet_jobs AS j
                          WHERE j.id = s.job_id AND j.claim_token = s.token AND s.outcome = 'waiting')
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
        WHERE j.status IN ('running', 'waiting')
          AND is_abandoned(j.status, j.heartbeat_at, j.deadline_at, stuck_after_s)
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
