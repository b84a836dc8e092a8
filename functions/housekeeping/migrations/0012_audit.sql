-- The audit log is read in pages by time: of everything, of one subject, and of some actions on it, which must be found
-- among the many starts of a job. Each entry leads to the request that did it.

ALTER TABLE audit_log ADD COLUMN request_id text;
CREATE INDEX audit_log_by_time ON audit_log (at DESC, id DESC);
CREATE INDEX audit_log_of_subject_by_time ON audit_log (subject, at DESC, id DESC);
CREATE INDEX audit_log_of_action ON audit_log (subject, action, at DESC, id DESC);
DROP INDEX audit_log_of_subject;
