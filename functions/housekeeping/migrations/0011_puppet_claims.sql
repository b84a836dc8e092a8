-- The store of puppet jobs: how they are claimed, and how their results are written. One call is one statement for
-- whoever calls, and several for PostgreSQL, each with a snapshot of its own.

-- ---- Claims --------------------------------------------------------------------------------------------------------

-- The next 8 users and 8 groups by name, round and round.
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
        FROM names AS n WHERE n.place < 8 AND n.name IS NOT NULL
    )
    SELECT coalesce(array_agg(n.name ORDER BY n.place), '{}') INTO users
    FROM names AS n WHERE n.place > 0 AND n.name IS NOT NULL;
    WITH RECURSIVE names AS (
        SELECT 0 AS place, last.after_group AS name
        UNION ALL
        SELECT n.place + 1, (SELECT l.concurrency_group FROM puppet_lanes AS l WHERE l.grouped AND l.concurrency_group > n.name
                             ORDER BY l.concurrency_group LIMIT 1)
        FROM names AS n WHERE n.place < 8 AND n.name IS NOT NULL
    )
    SELECT coalesce(array_agg(n.name ORDER BY n.place), '{}') INTO groups
    FROM names AS n WHERE n.place > 0 AND n.name IS NOT NULL;
    UPDATE puppet_rounds SET after_user = coalesce(users[8], ''), after_group = coalesce(groups[8], '');
END
$$;

-- Chooses due jobs and locks them: everyone's next job before anyone's one after that, what is in flight counted as
-- turns that were had (`busy`: {user: jobs}); within a turn by priority, then age. Looks at the first `size` lanes, at some
-- of each of `users` and `groups`, and in each at `depth` jobs, or more where that cannot fill the room. Answers the jobs
-- in their order, the lanes to move, how many of these are `stale` (their jobs were cancelled or put off), and whether a
-- longer line (`is_cut`) or a deeper look (`is_shallow`) might bring others.
CREATE FUNCTION choose_puppet_jobs(
    room integer, per_user integer, busy jsonb, busy_groups jsonb, size integer, depth integer,
    users text[], groups text[],
    OUT jobs tid[], OUT lanes tid[], OUT stale bigint, OUT is_cut boolean, OUT is_shallow boolean
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
            SELECT a.lane, a.user_id, a.concurrency_group, a.priority, a.since, a.next_at, a.moved_at
            FROM (SELECT unnest(users) AS name) AS u CROSS JOIN LATERAL (
                SELECT l.ctid AS lane, l.* FROM puppet_lanes AS l WHERE l.user_id = u.name LIMIT 2
            ) AS a
            WHERE a.next_at <= now()
            UNION ALL
            SELECT a.lane, a.user_id, a.concurrency_group, a.priority, a.since, a.next_at, a.moved_at
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
        SELECT j.ctid AS job, t.lane, t.turn, t.priority, t.scheduled_at
        FROM reach AS r CROSS JOIN turns AS t JOIN puppet_jobs AS j ON j.ctid = t.job
        WHERE t.turn <= r.turns AND j.status = 'pending' AND j.final_status IS NULL
        ORDER BY t.turn, t.priority DESC, t.scheduled_at, t.moved_at LIMIT room
        FOR NO KEY UPDATE OF j SKIP LOCKED
    ), edge AS (
        -- The last that was seen of a line that goes on.
        SELECT last.priority, last.next_at FROM (VALUES (false), (true)) AS kind (grouped) CROSS JOIN LATERAL (
            SELECT l.priority, l.next_at, count(*) OVER () AS lanes FROM line AS l
            WHERE (l.concurrency_group <> '') = kind.grouped ORDER BY l.priority, l.next_at DESC LIMIT 1
        ) AS last
        WHERE last.lanes >= size
    )
    SELECT (SELECT array_agg(c.job) FROM chosen AS c),
           ARRAY(SELECT DISTINCT c.lane FROM chosen AS c UNION ALL SELECT h.lane FROM heads AS h WHERE h.job IS NULL
                 UNION ALL SELECT l.lane FROM line AS l WHERE l.copy > 1),
           (SELECT count(*) FROM heads AS h WHERE h.job IS NULL),
           EXISTS (
               SELECT 1 FROM edge AS e WHERE (SELECT count(*) < room OR max(c.turn) > 1 FROM chosen AS c) OR EXISTS (
                   SELECT 1 FROM chosen AS c
                   WHERE (-c.priority, c.scheduled_at) > (-e.priority, e.next_at))),
           (SELECT r.turns < per_user FROM reach AS r)
           AND (EXISTS (SELECT 1 FROM open AS o CROSS JOIN reach AS r WHERE o.held >= r.turns)
                OR EXISTS (SELECT 1 FROM heads AS h WHERE h.concurrency_group = ''
                           GROUP BY h.lane, h.looked_at HAVING count(h.job) = h.looked_at))
    INTO jobs, lanes, stale, is_cut, is_shallow;
END
$$;

-- Whether nobody works at a job in flight any more.
CREATE FUNCTION is_abandoned(status text, heartbeat_at timestamptz, deadline_at timestamptz, stuck_after_s integer)
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE status WHEN 'running' THEN heartbeat_at < now() - make_interval(secs => stuck_after_s)
                       WHEN 'waiting' THEN deadline_at < now() ELSE false END
$$;

-- Takes due jobs for a processor, within limits that hold over all processors together; abandoned ones are put back
-- first. Answers {"room": how many could have been taken, "again": whether more lanes were stale than one call clears,
-- "jobs": [ids, users, types, payloads, attempts, retries, tokens, times, waited ms, groups]}, each of these a list, the
-- most urgent job first, or null.
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
    mark        timestamptz;
    moment      timestamptz;
    oldest      timestamptz;
    abandoned   boolean;
    rescued     boolean := false;
    cleared     integer := 0;
    stamp       text;
    secret      text;
    answer      json;
BEGIN
    -- First of all: who writes results for this processor takes its row before any lane as well.
    UPDATE puppet_cron_processor_state AS p SET heartbeat_at = now() WHERE p.processor_id = processor;
    -- Claimers come one by one, until their transactions end. What is in flight is counted in statements after this one,
    -- whose snapshots are newer than the lock.
    PERFORM pg_advisory_xact_lock(hashtext('puppet_jobs'), 1);
    SELECT 'epoch'::timestamptz + last_value * interval '1 microsecond' INTO mark FROM puppet_flight_since;
    LOOP
        WITH flight AS MATERIALIZED (
            SELECT j.user_id, j.concurrency_group, j.claimed_at,
                   is_abandoned(j.status, j.heartbeat_at, j.deadline_at, stuck_after_s) AS abandoned
            FROM puppet_jobs AS j
            WHERE j.status IN ('running', 'waiting') AND coalesce(j.claimed_at, 'infinity') >= mark
        ), by_user AS MATERIALIZED (
            SELECT f.user_id, count(*) AS jobs FROM flight AS f GROUP BY f.user_id
        )
        SELECT least(batch_size, max_concurrent - count(*)), min(f.claimed_at), coalesce(bool_or(f.abandoned), false),
               (SELECT count(*) FROM by_user),
               (SELECT coalesce(jsonb_object_agg(b.user_id, b.jobs), '{}') FROM by_user AS b),
               coalesce(jsonb_object_agg(f.concurrency_group, true) FILTER (WHERE f.concurrency_group IS NOT NULL), '{}')
        INTO room, oldest, abandoned, users_busy, busy, busy_groups FROM flight AS f;
        EXIT WHEN rescued OR NOT abandoned;
        PERFORM rescue_puppet_jobs(stuck_after_s);
        rescued := true;
    END LOOP;
    -- Never before the mark, even if the clock was put back.
    moment := greatest(clock_timestamp(), mark);
    PERFORM setval('puppet_flight_since', (extract(epoch FROM coalesce(oldest, moment)) * 1000000)::bigint);
    IF room <= 0 THEN
        RETURN '{"room": 0, "again": false, "jobs": [null]}';
    END IF;
    size := room + users_busy;
    SELECT NULL::text[] AS users, NULL::text[] AS groups INTO others;
    LOOP
        choice := choose_puppet_jobs(room, per_user, busy, busy_groups, size, depth, others.users, others.groups);
        lacking := coalesce(cardinality(choice.jobs), 0) < room;
        IF choice.is_cut AND others.users IS NULL THEN
            size := greatest(size * 8, 64);
            others := next_puppet_round();
        ELSIF choice.is_cut AND choice.stale > 0 AND cleared < 16 THEN
            PERFORM move_puppet_lanes(choice.lanes);
            cleared := cleared + 1;
            size := greatest(size, 256);
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
    SELECT json_build_object('room', room, 'again', choice.is_cut AND choice.stale > 0, 'jobs', json_build_array(
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
