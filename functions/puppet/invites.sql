-- name: reserve
-- Whoever makes or moves the one row of a person and a profile may invite. Of several jobs for it in one batch, that is the
-- one whose row it is already (an earlier attempt), else the first. In one order, so that two processors cannot wait for
-- each other.
WITH asked AS (
    SELECT DISTINCT ON (s.user_id, s.profile) s.job_id, s.user_id, s.profile
    FROM jsonb_to_recordset(:invites::jsonb) AS s(job_id uuid, user_id text, profile text, place integer)
    ORDER BY s.user_id, s.profile, s.job_id IS NOT DISTINCT FROM (
        SELECT c.job_id FROM invite_cooldowns AS c WHERE c.user_id = s.user_id AND c.profile = s.profile) DESC, s.place
), reserved AS (
    INSERT INTO invite_cooldowns AS c (user_id, profile, job_id)
    SELECT user_id, profile, job_id FROM asked ORDER BY user_id, profile
    ON CONFLICT (user_id, profile) DO UPDATE SET attempted_at = now(), job_id = excluded.job_id
    WHERE c.job_id = excluded.job_id OR c.attempted_at < now() - make_interval(days => :cooldown_days)
    RETURNING user_id, profile, job_id
), noted AS (
    INSERT INTO invite_attempts (user_id, profile, job_id) SELECT user_id, profile, job_id FROM reserved
)
SELECT job_id FROM reserved

-- name: note
INSERT INTO invite_attempts (user_id, profile, job_id)
SELECT user_id, profile, job_id FROM jsonb_to_recordset(:invites::jsonb) AS s(job_id uuid, user_id text, profile text)

-- name: respond
-- What became of the last attempt. An invite that certainly did not go out stands in nobody's way.
WITH said AS (
    SELECT * FROM jsonb_to_recordset(:responses::jsonb)
                  AS s(job_id uuid, user_id text, profile text, response text, releases boolean)
), last AS MATERIALIZED (
    SELECT i.id, s.response
    FROM said AS s
    CROSS JOIN LATERAL (
        SELECT id FROM invite_attempts
        WHERE user_id = s.user_id AND profile = s.profile AND job_id = s.job_id
        ORDER BY attempted_at DESC, id DESC LIMIT 1
    ) AS i
), answered AS (
    -- Said twice, here and below: without the list, the planner may read the table as a whole to find a few rows.
    UPDATE invite_attempts AS a SET response = l.response, responded_at = now()
    FROM last AS l
    WHERE a.id = l.id AND a.id = ANY (ARRAY(SELECT id FROM last))
)
DELETE FROM invite_cooldowns AS c USING said AS s
WHERE s.releases AND c.user_id = s.user_id AND c.profile = s.profile AND c.job_id = s.job_id
  AND c.user_id = ANY (ARRAY(SELECT user_id FROM said))

-- name: invited_by
-- Whom a job has invited, where it has.
SELECT user_id, payload FROM puppet_jobs WHERE id = :job_id
