-- name: remove_batch
-- {table}, {age} and {only} come from the table of rules. Rows that somebody works on are left to the next run. Deleted
-- by their place, which the lock has just made sure of: by key, the planner may read a table as a whole to find a batch.
-- Onwards from the last row's age: the beginning of the index is full of what was just removed, until it is vacuumed.
-- By index, in its order and no further than the batch goes, whatever old statistics say: to sort what is old would be to
-- read all of it for each batch.
SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '5s';
SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off;
WITH old AS MATERIALIZED (
    SELECT t.ctid AS place, {age} AS age
    FROM {table} AS t
    WHERE {age} >= :after AND {age} < now() - make_interval(days => :days) AND {only}
    ORDER BY {age}
    LIMIT :size
    FOR UPDATE OF t SKIP LOCKED
), removed AS (
    DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT place FROM old)) RETURNING 1
)
SELECT (SELECT count(*) FROM removed) AS removed, count(*) AS found, max(age) AS last_age FROM old

-- name: removed_before
-- What earlier parts of the same run have removed.
SELECT coalesce(metadata -> 'removed', '{}') AS removed FROM job_runs WHERE id = :run_id::uuid
