-- The newest run of a job that was not skipped, and its newest good one, are looked up at each look at the jobs: a job that is
-- paused for weeks, or fails for weeks, has tens of thousands of others before them.
CREATE INDEX job_runs_not_skipped ON job_runs (job, created_at DESC, id DESC) WHERE status <> 'skipped';
CREATE INDEX job_runs_succeeded ON job_runs (job, created_at DESC, id DESC) WHERE status = 'succeeded';
