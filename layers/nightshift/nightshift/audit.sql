-- name: entry
INSERT INTO audit_log (who, action, subject, details, request_id)
VALUES (:who, :action, :subject, :details, :request_id)
