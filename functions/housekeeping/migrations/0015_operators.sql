-- What is counted and listed of the notifications for operators: the few that went wrong, among the many that did not.
CREATE INDEX notifications_failed ON notifications (id) WHERE status = 'failed';
CREATE INDEX notifications_suppressed ON notifications (id) WHERE status = 'suppressed';
CREATE INDEX notifications_doubtful ON notifications (id) WHERE reason = 'doubtful';
