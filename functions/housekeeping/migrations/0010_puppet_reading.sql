-- What the reading routes of the puppet jobs find by index.

-- The queue in the order of its time: how old it is, and its first ten thousand. Over an expression that only those
-- questions use, so that no claim is ever planned over it.
CREATE INDEX puppet_jobs_by_time ON puppet_jobs ((scheduled_at AT TIME ZONE 'UTC'))
    WHERE status = 'pending' AND final_status IS NULL;

-- What was done to one thing, newest first.
CREATE INDEX audit_log_of_subject ON audit_log (subject, id DESC);
