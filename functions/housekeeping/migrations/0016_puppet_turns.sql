-- Puppet jobs: whose turn it is. Within a turn and a priority the line goes by place: a user's place is the time of the
-- last turn, and whoever had none for an hour stands where a turn an hour before the job was due would have put them.
-- So a newcomer stands before everybody who had a turn within the hour, however many have a backlog; and nobody who
-- becomes due more than an hour after somebody's last turn comes before them, however many newcomers there are.

-- When each user had a turn last. Written by claims alone, which come one by one; what is older than an hour says
-- nothing any more.
CREATE TABLE puppet_turns (
    user_id text PRIMARY KEY,
    at      timestamptz NOT NULL
) WITH (
    fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_cost_delay = 0);

CREATE FUNCTION puppet_place(due_at timestamptz, last_turn timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$ SELECT greatest(due_at - interval '1 hour', last_turn) $$;

-- A lane where its user was served stands by the turn (`next_at`), all others by when their first job is due. Where a
-- lane stands is a bound: who comes to it looks up the user's last turn.
DROP FUNCTION puppet_line(boolean, integer);
ALTER TABLE puppet_lanes DROP COLUMN moved_at, ADD COLUMN served boolean NOT NULL DEFAULT false;
CREATE INDEX puppet_lanes_in_line ON puppet_lanes (grouped, served, priority DESC, next_at);
CREATE INDEX puppet_lanes_due ON puppet_lanes (grouped, next_at) WHERE NOT served;

-- Jobs by their lanes, the oldest first. By a number instead of texts: to find a lane's first job all entries of a page
-- are compared. Two lanes may share a number, so whoever looks here compares the columns as well.
CREATE FUNCTION puppet_lane_key(user_id text, concurrency_group text, priority smallint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT hashtextextended(user_id, hashtextextended(coalesce(concurrency_group, ''), priority::bigint))
$$;
DROP INDEX puppet_jobs_pending;
CREATE INDEX puppet_jobs_pending ON puppet_jobs (puppet_lane_key(user_id, concurrency_group, priority), scheduled_at)
    WHERE status = 'pending' AND final_status IS NULL;

-- Shares a lane that is there, or moves one to where it is needed, or adds one.
CREATE OR REPLACE FUNCTION open_puppet_lanes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH needed AS (
        SELECT j.user_id, coalesce(j.concurrency_group, '') AS lane_group, j.priority, min(j.scheduled_at) AS due_at
        FROM new_jobs AS j WHERE j.status = 'pending' AND j.final_status IS NULL
        GROUP BY 1, 2, 3
    ), missing AS MATERIALIZED (
        SELECT n.* FROM needed AS n WHERE NOT EXISTS (
            SELECT 1 FROM puppet_lanes AS l
            WHERE l.user_id = n.user_id AND l.concurrency_group = n.lane_group AND l.priority = n.priority
              AND l.since <= n.due_at AND (l.served OR l.next_at <= greatest(n.due_at, now()))
            LIMIT 1 FOR KEY SHARE)
    ), moved AS (
        UPDATE puppet_lanes AS l
        SET since = least(l.since, m.due_at), next_at = CASE WHEN l.served THEN l.next_at ELSE least(l.next_at, m.due_at) END
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

-- The same for one job.
CREATE OR REPLACE FUNCTION open_puppet_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM puppet_lanes AS l
    WHERE l.user_id = new.user_id AND l.concurrency_group = coalesce(new.concurrency_group, '')
      AND l.priority = new.priority AND l.since <= new.scheduled_at
      AND (l.served OR l.next_at <= greatest(new.scheduled_at, now()))
    LIMIT 1 FOR KEY SHARE;
    IF FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE puppet_lanes AS l
    SET since = least(l.since, new.scheduled_at),
        next_at = CASE WHEN l.served THEN l.next_at ELSE least(l.next_at, new.scheduled_at) END
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

-- The first `size` lanes of a line: by priority, then by where they stand. Those that were served are due.
CREATE FUNCTION puppet_line(with_group boolean, was_served boolean, size integer) RETURNS TABLE (
    lane tid, user_id text, concurrency_group text, priority smallint, since timestamptz, next_at timestamptz,
    served boolean
) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE levels AS (
        (SELECT l.priority, l.next_at FROM puppet_lanes AS l
         WHERE l.grouped = with_group AND l.served = was_served ORDER BY l.priority DESC, l.next_at LIMIT 1)
        UNION ALL
        SELECT below.* FROM levels CROSS JOIN LATERAL (
            SELECT l.priority, l.next_at FROM puppet_lanes AS l
            WHERE l.grouped = with_group AND l.served = was_served AND l.priority < levels.priority
            ORDER BY l.priority DESC, l.next_at LIMIT 1
        ) AS below
    )
    SELECT due.* FROM levels CROSS JOIN LATERAL (
        SELECT l.ctid, l.user_id, l.concurrency_group, l.priority, l.since, l.next_at, l.served FROM puppet_lanes AS l
        WHERE l.grouped = with_group AND l.served = was_served AND l.priority = levels.priority
          AND (was_served OR l.next_at <= now())
        ORDER BY l.next_at LIMIT size
    ) AS due
    WHERE was_served OR levels.next_at <= now()
    LIMIT size
$$;

-- Gives lanes the place of their next job, or removes those that have none. Lanes that are shared by somebody who has
-- not committed yet go to the end of the line instead.
CREATE OR REPLACE FUNCTION move_puppet_lanes(lanes tid[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan'
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    own tid[];
BEGIN
    SELECT array_agg(o.ctid) INTO own
    FROM (SELECT l.ctid FROM puppet_lanes AS l WHERE l.ctid = ANY (lanes) FOR UPDATE SKIP LOCKED) AS o;
    -- In a new statement, whose snapshot is newer than the locks: what was added before them is seen here.
    WITH heads AS MATERIALIZED (
        SELECT l.ctid AS lane, (
            SELECT j.scheduled_at FROM puppet_jobs AS j
            WHERE puppet_lane_key(j.user_id, j.concurrency_group, j.priority)
                = puppet_lane_key(l.user_id, l.concurrency_group, l.priority)
              AND j.user_id = l.user_id AND coalesce(j.concurrency_group, '') = l.concurrency_group
              AND j.priority = l.priority AND j.status = 'pending' AND j.final_status IS NULL
              AND j.scheduled_at >= l.since
            ORDER BY j.scheduled_at LIMIT 1
        ) AS due_at, (SELECT t.at FROM puppet_turns AS t WHERE t.user_id = l.user_id) AS last_turn,
        row_number() OVER (PARTITION BY l.user_id, l.concurrency_group, l.priority ORDER BY l.since) AS copy
        FROM puppet_lanes AS l WHERE l.ctid = ANY (own)
    ), spare AS (
        DELETE FROM puppet_lanes AS l USING heads AS h WHERE l.ctid = h.lane AND (h.due_at IS NULL OR h.copy > 1)
    ), places AS (
        SELECT h.lane, h.due_at, h.last_turn,
               h.due_at <= now() AND coalesce(puppet_place(h.due_at, h.last_turn) = h.last_turn, false) AS served
        FROM heads AS h WHERE h.due_at IS NOT NULL AND h.copy = 1
    )
    UPDATE puppet_lanes AS l
    SET since = p.due_at, served = p.served, next_at = CASE WHEN p.served THEN p.last_turn ELSE p.due_at END
    FROM places AS p WHERE l.ctid = p.lane;
    IF cardinality(lanes) > coalesce(cardinality(own), 0) THEN
        UPDATE puppet_lanes AS l SET next_at = now(), served = true
        WHERE l.ctid = ANY (ARRAY(
            SELECT o.ctid FROM puppet_lanes AS o WHERE o.ctid = ANY (lanes) AND (own IS NULL OR o.ctid <> ALL (own))
            FOR NO KEY UPDATE SKIP LOCKED));
    END IF;
END
$$;

-- Lets lanes that go on stand by their users' last turns. Nobody who shares them is in the way, because their beginning
-- stays.
CREATE FUNCTION pass_puppet_lanes(lanes tid[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = 'force_generic_plan'
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
    UPDATE puppet_lanes AS l SET next_at = t.at, served = true
    FROM puppet_turns AS t
    WHERE t.user_id = l.user_id AND l.ctid = ANY (ARRAY(
        SELECT o.ctid FROM puppet_lanes AS o WHERE o.ctid = ANY (lanes) FOR NO KEY UPDATE SKIP LOCKED));
END
$$;
