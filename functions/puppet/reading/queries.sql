-- name: configuration
SELECT enabled, settings, version, updated_at, updated_by FROM job_settings WHERE job = :subject

-- name: set_enabled
-- A row where something has changed. Processing is on where nothing is stored, so that starting it then changes nothing.
WITH changed AS (
    INSERT INTO job_settings AS known (job, enabled, updated_by)
    SELECT :subject, :enabled, :who
    WHERE NOT :enabled OR EXISTS (SELECT FROM job_settings WHERE job = :subject)
    ON CONFLICT (job) DO UPDATE
        SET enabled = excluded.enabled, version = known.version + 1, updated_at = now(), updated_by = excluded.updated_by
        WHERE known.enabled <> excluded.enabled
    RETURNING known.enabled
)
INSERT INTO audit_log (who, action, subject, details)
SELECT :who, :action, :subject,
       jsonb_build_object('before', jsonb_build_object('enabled', NOT enabled),
                          'after', jsonb_build_object('enabled', enabled))
FROM changed
RETURNING at

-- name: store_settings
-- No row: the version that was seen is not the present one any more.
WITH changed AS (
    INSERT INTO job_settings AS known (job, settings, version, updated_by)
    VALUES (:subject, :settings::jsonb, :seen + 1, :who)
    ON CONFLICT (job) DO UPDATE
        SET settings = excluded.settings, version = known.version + 1, updated_at = now(),
            updated_by = excluded.updated_by
        WHERE known.version = :seen
    RETURNING version
), said AS (
    INSERT INTO audit_log (who, action, subject, details)
    SELECT :who, :action, :subject, jsonb_build_object('before', :before::jsonb, 'after', :after::jsonb)
    FROM changed
)
SELECT version FROM changed

-- name: history
SELECT at, who, action, details FROM audit_log WHERE subject = :subject ORDER BY id DESC LIMIT :rows

-- name: last_switch
-- Who started or stopped processing last.
SELECT at, who FROM audit_log
WHERE subject = :subject AND action IN ('puppet-start', 'puppet-stop')
ORDER BY id DESC
LIMIT 1

-- name: record_action
INSERT INTO audit_log (who, action, subject, details) VALUES (:who, :action, :subject, :details)
