-- The store of puppet jobs once more: places instead of ages, lanes that move only where the line is long, and fewer
-- rows looked at for each job.

-- Chooses due jobs and locks them: everyone's next job before anyone's one after that, what is in flight counted as
-- turns that were had (`busy`: {user: jobs}); within a turn by priority, then by place, then age. Looks at the first
-- `size` lanes of each line, at some of each of `users` and `groups`, and in each at `depth` jobs, or more where that
-- cannot fill the room. Answers the jobs in their order; the lanes to move: those that are exhausted, double or `stale`
-- (their jobs were cancelled or put off), and of those that go on all where it is to be `thorough`; the lanes to pass, in
-- lines that are longer than what was seen, and how many of them stand further in front than they may (`behind`); and
-- whether a longer line (`is_cut`) or a deeper look (`is_shallow`) might bring other jobs.
DROP FUNCTION choose_puppet_jobs(integer, integer, jsonb, jsonb, integer, integer, text[], text[]);
CREATE FUNCTION choose_puppet_jobs(
    room integer, per_user integer, busy jsonb, busy_groups jsonb, size integer, depth integer,
    users text[], groups text[], thorough boolean,
    OUT jobs tid[], OUT lanes tid[], OUT passing tid[], OUT stale bigint, OUT behind bigint,
    OUT is_cut boolean, OUT is_shallow boolean
) LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan'
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
    WITH fresh AS MATERIALIZED (
        -- Where few are due that were not served, they are found without a look at each priority.
        SELECT due.* FROM (VALUES (false), (true)) AS kind (grouped) CROSS JOIN LATERAL (
            SELECT l.ctid AS lane, l.* FROM puppet_lanes AS l
            WHERE l.grouped = kind.grouped AND NOT l.served AND l.next_at <= now() ORDER BY l.next_at LIMIT least(size, 32)
        ) AS due
    ), many AS MATERIALIZED (
        SELECT count(*) FILTER (WHERE NOT f.grouped) >= least(size, 32) AS singles,
               count(*) FILTER (WHERE f.grouped) >= least(size, 32) AS grouped FROM fresh AS f
    ), line AS MATERIALIZED (
        SELECT l.*, coalesce((busy -> l.user_id)::integer, 0) AS held,
               row_number() OVER (PARTITION BY l.user_id, l.concurrency_group, l.priority ORDER BY l.since) AS copy,
               count(*) OVER (PARTITION BY l.user_id, l.concurrency_group, l.priority) AS copies
        FROM (
            SELECT f.lane, f.user_id, f.concurrency_group, f.priority, f.since, f.next_at, f.served, true AS is_in_line
            FROM fresh AS f CROSS JOIN many AS m WHERE NOT CASE WHEN f.grouped THEN m.grouped ELSE m.singles END
            UNION ALL
            SELECT *, true FROM puppet_line(false, false, size) WHERE (SELECT m.singles FROM many AS m)
            UNION ALL
            SELECT *, true FROM puppet_line(true, false, size) WHERE (SELECT m.grouped FROM many AS m)
            UNION ALL
            SELECT *, true FROM puppet_line(false, true, size)
            UNION ALL
            SELECT *, true FROM puppet_line(true, true, size)
            UNION ALL
            SELECT a.lane, a.user_id, a.concurrency_group, a.priority, a.since, a.next_at, a.served, false
            FROM (SELECT unnest(users) AS name) AS u CROSS JOIN LATERAL (
                SELECT l.ctid AS lane, l.* FROM puppet_lanes AS l WHERE l.user_id = u.name LIMIT 2
            ) AS a
            WHERE a.served OR a.next_at <= now()
            UNION ALL
            SELECT a.lane, a.user_id, a.concurrency_group, a.priority, a.since, a.next_at, a.served, false
            FROM (SELECT unnest(groups) AS name) AS g CROSS JOIN LATERAL (
                SELECT l.ctid AS lane, l.* FROM puppet_lanes AS l WHERE l.grouped AND l.concurrency_group = g.name
                ORDER BY l.priority DESC, l.next_at LIMIT 2
            ) AS a
            WHERE a.served OR a.next_at <= now()
        ) AS l
    ), open AS MATERIALIZED (
        SELECT l.*, (SELECT t.at FROM puppet_turns AS t WHERE t.user_id = l.user_id) AS last_turn
        FROM line AS l WHERE l.copy = 1 AND l.held < per_user AND NOT busy_groups ? l.concurrency_group
    ), reach AS MATERIALIZED (
        -- Up to which turn everybody's jobs are looked at.
        SELECT least(per_user, min(o.held) + greatest(depth, ceil(room::numeric / count(*))))::integer AS turns
        FROM open AS o HAVING count(*) > 0
    ), heads AS MATERIALIZED (
        -- One more than may be taken, to know whether the lane goes on; of a group only the first.
        SELECT o.lane, o.user_id, o.concurrency_group, o.priority, o.held, o.last_turn, r.turns - o.held AS looked_at,
               j.ctid AS job, j.scheduled_at
        FROM reach AS r CROSS JOIN open AS o LEFT JOIN LATERAL (
            SELECT p.ctid, p.scheduled_at FROM puppet_jobs AS p
            WHERE puppet_lane_key(p.user_id, p.concurrency_group, p.priority)
                = puppet_lane_key(o.user_id, o.concurrency_group, o.priority)
              AND p.user_id = o.user_id AND coalesce(p.concurrency_group, '') = o.concurrency_group
              AND p.priority = o.priority AND p.status = 'pending' AND p.final_status IS NULL
              AND p.scheduled_at >= o.since AND p.scheduled_at <= now()
            ORDER BY p.scheduled_at LIMIT CASE o.concurrency_group WHEN '' THEN r.turns - o.held + 1 ELSE 1 END
        ) AS j ON true
        WHERE o.held < r.turns
    ), candidates AS (
        SELECT * FROM heads AS h WHERE h.job IS NOT NULL AND h.concurrency_group = ''
        UNION ALL
        (SELECT DISTINCT ON (h.concurrency_group) * FROM heads AS h WHERE h.job IS NOT NULL AND h.concurrency_group <> ''
         ORDER BY h.concurrency_group, h.held, h.priority DESC, puppet_place(h.scheduled_at, h.last_turn), h.scheduled_at)
    ), turns AS (
        SELECT c.job, c.lane, c.priority, c.scheduled_at, puppet_place(c.scheduled_at, c.last_turn) AS place,
               c.held + row_number() OVER (PARTITION BY c.user_id ORDER BY c.priority DESC, c.scheduled_at) AS turn
        FROM candidates AS c
    ), chosen AS MATERIALIZED (
        -- Whoever has a row locked is about to change it: it is passed over, not waited for.
        SELECT j.ctid AS job, t.lane, t.turn, t.priority, t.place
        FROM reach AS r CROSS JOIN turns AS t JOIN puppet_jobs AS j ON j.ctid = t.job
        WHERE t.turn <= r.turns AND j.status = 'pending' AND j.final_status IS NULL
        ORDER BY t.turn, t.priority DESC, t.place, t.scheduled_at LIMIT room
        FOR NO KEY UPDATE OF j SKIP LOCKED
    ), ends AS MATERIALIZED (
        -- The last that was seen of lines that go on.
        SELECT last.priority, last.place FROM (
            SELECT l.concurrency_group <> '' AS grouped, l.served FROM line AS l
            WHERE l.is_in_line GROUP BY 1, 2 HAVING count(*) >= size
        ) AS kind CROSS JOIN LATERAL (
            SELECT l.priority, CASE WHEN l.served THEN l.next_at ELSE puppet_place(l.next_at, NULL) END AS place
            FROM line AS l
            WHERE l.is_in_line AND (l.concurrency_group <> '') = kind.grouped AND l.served = kind.served
            ORDER BY l.priority, l.next_at DESC LIMIT 1
        ) AS last
    ), ahead AS MATERIALIZED (
        SELECT o.lane FROM open AS o
        WHERE o.copies = 1 AND o.concurrency_group = ''
          AND o.last_turn > CASE WHEN o.served THEN o.next_at ELSE puppet_place(o.next_at, NULL) END
          AND EXISTS (SELECT 1 FROM ends)
    ), drawn AS MATERIALIZED (
        SELECT l.lane, sum(l.seen) > sum(l.taken) AS goes_on
        FROM (SELECT h.lane, 1 AS seen, 0 AS taken FROM heads AS h WHERE h.job IS NOT NULL
              UNION ALL SELECT c.lane, 0, 1 FROM chosen AS c) AS l
        GROUP BY l.lane HAVING sum(l.taken) > 0
    )
    SELECT (SELECT array_agg(c.job) FROM chosen AS c),
           ARRAY(SELECT d.lane FROM drawn AS d WHERE thorough OR NOT d.goes_on
                 UNION ALL SELECT h.lane FROM heads AS h WHERE h.job IS NULL
                 UNION ALL SELECT l.lane FROM line AS l WHERE l.copies > 1),
           ARRAY(SELECT d.lane FROM drawn AS d WHERE d.goes_on AND NOT thorough AND EXISTS (SELECT 1 FROM ends)
                 UNION ALL SELECT a.lane FROM ahead AS a),
           (SELECT count(*) FROM heads AS h WHERE h.job IS NULL),
           (SELECT count(*) FROM ahead),
           EXISTS (
               SELECT 1 FROM ends AS e WHERE (SELECT count(*) < room OR max(c.turn) > 1 FROM chosen AS c) OR EXISTS (
                   SELECT 1 FROM chosen AS c WHERE (-c.priority, c.place) > (-e.priority, e.place))),
           (SELECT r.turns < per_user FROM reach AS r)
           AND (EXISTS (SELECT 1 FROM open AS o CROSS JOIN reach AS r WHERE o.held >= r.turns)
                OR EXISTS (SELECT 1 FROM heads AS h GROUP BY h.user_id, h.looked_at HAVING count(h.job) > h.looked_at))
    INTO jobs, lanes, passing, stale, behind, is_cut, is_shallow;
END
$$;

-- Takes due jobs for a processor, within limits that hold over all processors together; abandoned ones are put back
-- first. Answers {"room": how many could have been taken, "again": whether more lanes were stale than one call clears,
-- "jobs": [ids, users, types, payloads, attempts, retries, tokens, times, waited ms, groups]}, each of these a list, the
-- most urgent job first, or null.
CREATE OR REPLACE FUNCTION claim_puppet_jobs(
    processor text, batch uuid, batch_size integer, max_concurrent integer, per_user integer, stuck_after_s integer
) RETURNS json LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan'
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
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
    number      bigint;
    stamp       text;
    secret      text;
    answer      json;
BEGIN
    -- First of all: who writes results for this processor takes its row before any lane as well.
    UPDATE puppet_cron_processor_state AS p SET heartbeat_at = now() WHERE p.processor_id = processor
    RETURNING p.batches INTO number;
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
        -- Now and then the beginnings of lanes follow what was taken, so that few dead entries are passed over.
        choice := choose_puppet_jobs(
            room, per_user, busy, busy_groups, size, depth, others.users, others.groups, coalesce(number, 0) % 8 = 0);
        lacking := coalesce(cardinality(choice.jobs), 0) < room;
        IF choice.is_cut AND others.users IS NULL THEN
            size := greatest(size * 4, 40);
            others := next_puppet_round();
        ELSIF choice.is_cut AND choice.stale + choice.behind > 0 AND cleared < 16 THEN
            IF choice.stale > 0 THEN
                PERFORM move_puppet_lanes(choice.lanes);
            END IF;
            PERFORM pass_puppet_lanes(choice.passing);
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
        RETURNING j.id, j.user_id, j.job_type, j.payload, j.attempts, j.max_retries, j.claim_token, j.scheduled_at,
                  j.waited_ms, j.concurrency_group, c.place
    ), served AS (
        -- One after the other, so that those who came last in this claim come last again.
        INSERT INTO puppet_turns AS t (user_id, at)
        SELECT n.user_id, moment + max(n.place) * interval '1 us' FROM taken AS n GROUP BY n.user_id
        ON CONFLICT (user_id) DO UPDATE SET at = EXCLUDED.at
    )
    -- Column by column: that is much quicker, here and for whoever reads it.
    SELECT json_build_object('room', room, 'again', choice.is_cut AND choice.stale > 0, 'jobs', json_build_array(
        array_agg(t.id), array_agg(t.user_id), array_agg(t.job_type), array_agg(t.payload), array_agg(t.attempts),
        array_agg(t.max_retries), array_agg(t.claim_token), array_agg(t.scheduled_at), array_agg(t.waited_ms),
        array_agg(t.concurrency_group)))
    INTO answer FROM (SELECT * FROM taken ORDER BY place) AS t;
    IF choice.jobs IS NOT NULL THEN
        UPDATE puppet_cron_processor_state AS p SET batches = p.batches + 1 WHERE p.processor_id = processor;
    END IF;
    IF cardinality(choice.lanes) > 0 THEN
        PERFORM move_puppet_lanes(choice.lanes);
    END IF;
    IF cardinality(choice.passing) > 0 THEN
        PERFORM pass_puppet_lanes(choice.passing);
    END IF;
    RETURN answer;
END
$$;

-- What an outcome makes of a job: final, or pending again where it says when and the job has attempts left. By columns:
-- to hand over the row would cost more than all else.
DROP FUNCTION status_after(text, double precision, puppet_jobs);
CREATE FUNCTION status_after(
    outcome text, retry_in_s double precision, attempts smallint, max_retries smallint, final_status text
) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN outcome = 'waiting' THEN 'waiting'
                WHEN outcome IN ('success', 'duplicate') THEN 'completed'
                WHEN retry_in_s IS NULL OR attempts > max_retries OR final_status IS NOT NULL THEN 'failed'
                ELSE 'pending' END
$$;

-- Writes what became of attempts, where their claim still holds, and answers the jobs whose claim does not: those
-- results are logged as refused. What was written before (the answer was lost) is neither written again nor refused.
CREATE OR REPLACE FUNCTION complete_puppet_jobs(processor text, results jsonb) RETURNS SETOF uuid
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan'
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    written integer;
BEGIN
    WITH said AS (
        SELECT * FROM jsonb_to_recordset(results) AS r (
            job_id uuid, token uuid, outcome text, error_type text, error text, retry_in_s double precision,
            result jsonb, duration_ms bigint, deadline_s double precision)
    ), done AS (
        UPDATE puppet_jobs AS j
        SET status = status_after(s.outcome, s.retry_in_s, j.attempts, j.max_retries, j.final_status),
            final_status = CASE WHEN status_after(s.outcome, s.retry_in_s, j.attempts, j.max_retries, j.final_status)
                                     IN ('completed', 'failed')
                                THEN coalesce(j.final_status, s.outcome) ELSE j.final_status END,
            scheduled_at = CASE status_after(s.outcome, s.retry_in_s, j.attempts, j.max_retries, j.final_status)
                                WHEN 'pending' THEN now() + make_interval(secs => s.retry_in_s) ELSE j.scheduled_at END,
            next_retry_at = CASE status_after(s.outcome, s.retry_in_s, j.attempts, j.max_retries, j.final_status)
                                 WHEN 'pending' THEN now() + make_interval(secs => s.retry_in_s) END,
            finished_at = CASE WHEN status_after(s.outcome, s.retry_in_s, j.attempts, j.max_retries, j.final_status)
                                    IN ('completed', 'failed') THEN now() END,
            claim_token = CASE s.outcome WHEN 'waiting' THEN s.token END,
            deadline_at = CASE s.outcome WHEN 'waiting' THEN now() + make_interval(secs => coalesce(s.deadline_s, 3600)) END,
            error_type = s.error_type, error = s.error, result = s.result
        FROM said AS s
        -- By id: the index of what is in flight has the dead entries of everything that was.
        WHERE j.id = s.job_id AND j.claim_token = s.token AND j.status || '' IN ('running', 'waiting')
        RETURNING j.id, j.user_id, j.job_type, j.attempts, j.processor_id, j.batch_id, j.status, j.error_type, j.error,
                  j.waited_ms, j.claimed_at, s.token, s.outcome, s.duration_ms
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

-- Writes results, and takes what is due next: two steps in one transaction, each with snapshots of its own. First the
-- results, without waiting for other claimers; what they free is counted by the claim.
CREATE FUNCTION exchange_puppet_jobs(
    processor text, results jsonb, batch uuid, batch_size integer, max_concurrent integer, per_user integer,
    stuck_after_s integer
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
    refused uuid[];
BEGIN
    refused := ARRAY(SELECT complete_puppet_jobs(processor, results));
    RETURN json_build_object('refused', refused, 'claim', claim_puppet_jobs(
        processor, batch, batch_size, max_concurrent, per_user, stuck_after_s));
END
$$;
