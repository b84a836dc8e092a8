"""What may be removed, table by table: the one place that says so. What is not named here stays.

Prices and stock that were seen, what was told to whom (`wishlist_notifications`), mails of which nobody knows whether
they arrived, addresses that want no mail and fences are kept: something relies on each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Rule:
    """Rows of a table that go once they are old.

    Attributes:
        age: by which moment a row is old, a column of `t`; an index must begin with it.
        days: the setting that holds the limit, or the limit itself.
        only: which of the old rows may go, a condition on `t`; OFFSET 0 keeps a look-up for each row from becoming a
            join that reads the other table as a whole.
    """

    table: str
    age: str
    days: str | int
    only: str = "TRUE"
    batch: int = 1000


# A row goes before what it points to.
RULES: Final = (
    Rule("puppet_job_execution_logs", "t.finished_at", "execution_logs"),
    Rule("puppet_jobs", "coalesce(t.finished_at, t.created_at)", "puppet_jobs", "t.final_status IS NOT NULL"),
    Rule("invite_attempts", "t.attempted_at", "invite_attempts"),
    # They keep the same person from being invited again: never before the cooldown is over that operators have stored,
    # however long it is against the limit above. (The deployed one is compared with that when the settings are read.)
    Rule(
        "invite_cooldowns",
        "t.attempted_at",
        "invite_attempts",
        "t.attempted_at < now() - interval '1 day' * coalesce((SELECT"
        " CASE jsonb_typeof(s.settings -> 'inviteCooldownDays') WHEN 'number'"
        " THEN least(3650, (s.settings ->> 'inviteCooldownDays')::numeric) END"
        " FROM job_settings AS s WHERE s.job = 'puppet-jobs'), 0)",
    ),
    # One for each invocation; by its start, because the heartbeat moves.
    Rule("puppet_cron_processor_state", "t.started_at", 7, "t.status <> 'running'"),
    Rule("check_runs", "t.started_at", "runs"),
    # Those that were told or given up. Their keys are made of numbers that never come again.
    Rule("notifications", "t.created_at", "notifications", "t.status IN ('sent', 'failed', 'suppressed')"),
    # The daily cap counts by day, in the shop's zone.
    Rule(
        "mails",
        "t.claimed_at",
        "notifications",
        "t.state IN ('sent', 'refused', 'failed', 'freed', 'empty') AND coalesce(t.day < current_date - 2, TRUE)"
        " AND NOT EXISTS (SELECT FROM notifications AS n WHERE n.mail_id = t.id OFFSET 0)",
    ),
    Rule("inventory_reservations", "t.ended_at", "reservations", "t.status <> 'active'"),
    # The door keeps an answer for a day.
    Rule("idempotency_keys", "t.created_at", 2),
    Rule("alerts", "t.created_at", "runs", "t.state NOT IN ('pending', 'sending')"),
    # Who switched the processor of puppet jobs last is shown, however long ago that was.
    Rule(
        "audit_log",
        "t.at",
        365,
        "(t.action NOT IN ('puppet-start', 'puppet-stop') OR EXISTS (SELECT FROM audit_log AS n"
        " WHERE n.subject = t.subject AND n.action IN ('puppet-start', 'puppet-stop') AND n.at > t.at OFFSET 0))",
    ),
    # The newest slot of a job tells when it ran last.
    Rule(
        "job_slots",
        "t.at",
        "runs",
        "EXISTS (SELECT FROM job_slots AS n WHERE n.job = t.job AND n.slot > t.slot OFFSET 0)",
    ),
    # The newest hundred runs of a job stay, however old, and ticks that were skipped are none of them.
    Rule(
        "job_runs",
        "t.created_at",
        "runs",
        "t.status NOT IN ('queued', 'running') AND (t.status = 'skipped' OR t.created_at < ("
        "SELECT n.created_at FROM job_runs AS n WHERE n.job = t.job AND n.status <> 'skipped'"
        " ORDER BY n.created_at DESC, n.id DESC OFFSET 99 LIMIT 1))"
        " AND NOT EXISTS (SELECT FROM mails AS m WHERE m.run_id = t.id AND m.state IN ('claimed', 'sending') OFFSET 0)",
    ),
)
