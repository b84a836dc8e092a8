-- What every job shares: its runs, the fence that keeps a late writer out, the slots that are done.

CREATE TABLE job_runs (
    id           uuid PRIMARY KEY,
    job          text NOT NULL,
    lock         text NOT NULL,
    trigger      text NOT NULL CHECK (trigger IN ('schedule', 'http', 'manual')),
    slot         timestamptz,
    status       text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'skipped', 'lost')),
    who          text NOT NULL,
    params       jsonb NOT NULL DEFAULT '{}',
    fence        bigint,
    part         integer NOT NULL DEFAULT 1,
    request_id   text,
    created_at   timestamptz NOT NULL DEFAULT now(),
    started_at   timestamptz,
    finished_at  timestamptz,
    duration_ms  bigint,
    processed    bigint NOT NULL DEFAULT 0,
    failed       bigint NOT NULL DEFAULT 0,
    errors       jsonb NOT NULL DEFAULT '[]',
    metadata     jsonb NOT NULL DEFAULT '{}',
    error_class  text,
    error        text
);
CREATE INDEX job_runs_history ON job_runs (job, created_at DESC, id DESC);
CREATE INDEX job_runs_recent ON job_runs (created_at DESC, id DESC);
CREATE INDEX job_runs_open ON job_runs (lock, fence) WHERE status IN ('queued', 'running');

CREATE TABLE job_fence (
    job    text PRIMARY KEY,
    fence  bigint NOT NULL,
    holder text NOT NULL,
    at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE job_slots (
    job   text NOT NULL,
    slot  timestamptz NOT NULL,
    fence bigint NOT NULL,
    at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, slot)
);

-- Steering by operators: one row a job, changed under its version (If-Match).
CREATE TABLE job_settings (
    job        text PRIMARY KEY,
    enabled    boolean NOT NULL DEFAULT true,
    settings   jsonb NOT NULL DEFAULT '{}',
    version    bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text NOT NULL
);

CREATE TABLE audit_log (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    who     text NOT NULL,
    action  text NOT NULL,
    subject text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}'
);

-- What a POST with an Idempotency-Key was answered, so that its repetition is answered the same.
CREATE TABLE idempotency_keys (
    scope       text NOT NULL,
    key         text NOT NULL,
    fingerprint text NOT NULL,
    status      integer,
    headers     jsonb,
    body        jsonb,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Makes each lease the newest of its name, and returns the names for which it is. A name that is not returned is stale.
-- Names are taken in one order, so that two claims of several names cannot deadlock.
CREATE FUNCTION claim_fences(claimed jsonb) RETURNS SETOF text LANGUAGE sql VOLATILE AS $$
    INSERT INTO job_fence AS known (job, fence, holder, at)
    SELECT c.job, c.fence, c.holder, now()
    FROM jsonb_to_recordset(claimed) AS c(job text, fence bigint, holder text)
    ORDER BY c.job
    ON CONFLICT (job) DO UPDATE
        SET fence = excluded.fence, holder = excluded.holder, at = excluded.at
        WHERE known.fence < excluded.fence OR (known.fence = excluded.fence AND known.holder = excluded.holder)
    RETURNING known.job
$$;

CREATE FUNCTION claim_fence(lock_name text, lock_fence bigint, lock_holder text) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM claim_fences(jsonb_build_array(
        jsonb_build_object('job', lock_name, 'fence', lock_fence, 'holder', lock_holder)));
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a newer holder has claimed %', lock_name USING ERRCODE = 'NS001';
    END IF;
END
$$;

-- FOR SHARE, not a plain SELECT and not FOR KEY SHARE: only this makes a newer claim wait until the writer is done, and makes
-- the writer see a claim that came first.
CREATE FUNCTION hold_fences(held jsonb) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    alive integer;
BEGIN
    SELECT count(*) INTO alive FROM (
        SELECT 1
        FROM job_fence AS f
        JOIN jsonb_to_recordset(held) AS h(job text, fence bigint) ON f.job = h.job AND f.fence = h.fence
        ORDER BY f.job
        FOR SHARE OF f
    ) AS locked;
    IF alive < jsonb_array_length(held) THEN
        RAISE EXCEPTION 'a newer holder has claimed the fence' USING ERRCODE = 'NS001';
    END IF;
END
$$;

CREATE FUNCTION finish_slot(lock_name text, slot_ms bigint, lock_fence bigint) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO job_slots (job, slot, fence)
    VALUES (lock_name, to_timestamp(slot_ms / 1000.0), lock_fence)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another run has finished this slot of %', lock_name USING ERRCODE = 'NS002';
    END IF;
END
$$;
