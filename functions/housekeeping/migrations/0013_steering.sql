-- What operators and the watchdog know of a job: whether it is paused, since when its schedule is watched, what is wrong.

-- A paused job's scheduled runs are skipped. What was expected before it was resumed is not missed.
ALTER TABLE job_settings
    ADD COLUMN paused_at    timestamptz,
    ADD COLUMN paused_by    text,
    ADD COLUMN pause_reason text,
    ADD COLUMN resumed_at   timestamptz;

-- How long the run may take in all, for who judges it from outside; and whether it does what a scheduled run would do:
-- one that was asked for a part of the work does not stand in for one that was missed.
ALTER TABLE job_runs
    ADD COLUMN limit_s  integer,
    ADD COLUMN is_whole boolean NOT NULL DEFAULT false;

-- One row a job, written by the watchdog.
CREATE TABLE job_states (
    job          text PRIMARY KEY,
    -- The schedule as it was last seen deployed, empty where it is off, and since when: no run was due before.
    schedule     text NOT NULL DEFAULT '',
    watched_from timestamptz NOT NULL DEFAULT now(),
    -- NULL: nothing is wrong that the records of runs would not tell.
    state        text CHECK (state IN ('late', 'stuck')),
    since        timestamptz,
    reason       text,
    looked_at    timestamptz NOT NULL DEFAULT now()
);
