-- Retention finds what is old by index, and each index is written as seldom as can be: none has a column that changes
-- while a row is in use.

CREATE INDEX puppet_jobs_age ON puppet_jobs ((coalesce(finished_at, created_at))) WHERE final_status IS NOT NULL;
CREATE INDEX invite_attempts_age ON invite_attempts (attempted_at);
CREATE INDEX invite_cooldowns_age ON invite_cooldowns (attempted_at);
CREATE INDEX puppet_cron_processor_state_age ON puppet_cron_processor_state (started_at);
CREATE INDEX notifications_age ON notifications (created_at) WHERE status IN ('sent', 'failed', 'suppressed');
CREATE INDEX mails_age ON mails (claimed_at) WHERE state IN ('sent', 'refused', 'failed', 'freed', 'empty');
CREATE INDEX inventory_reservations_age ON inventory_reservations (ended_at) WHERE status <> 'active';
CREATE INDEX job_slots_age ON job_slots (at);
