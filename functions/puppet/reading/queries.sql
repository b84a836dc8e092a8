-- name: configuration
SELECT enabled, settings, version, updated_at, updated_by FROM job_settings WHERE job = :subject
