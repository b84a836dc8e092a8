"""Jobs and schedules in words."""

from __future__ import annotations

import pytest

from nightshift.schedule import parse
from nightshift.wording import schedule_in_words, title


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("rate(1 minute)", "every minute"),
        ("rate(30 minutes)", "every 30 minutes"),
        ("rate(1 hours)", "every hour"),
        ("rate(2 days)", "every 2 days"),
        ("cron(* * * * ? *)", "every minute"),
        ("cron(0 * * * ? *)", "every hour, on the hour"),
        ("cron(15 * * * ? *)", "every hour, 15 minutes past"),
        ("cron(0/30 * * * ? *)", "every 30 minutes"),
        ("cron(*/5 * * * ? *)", "every 5 minutes"),
        # Not of one length: the last of an hour is shorter.
        ("cron(0/25 * * * ? *)", "cron(0/25 * * * ? *)"),
        ("cron(0 2 * * ? *)", "every day at 02:00"),
        ("cron(5 14 ? * * *)", "every day at 14:05"),
        ("cron(0 3 ? * SUN *)", "every Sunday at 03:00"),
        ("cron(0 3 ? * 1 *)", "every Sunday at 03:00"),
        ("cron(0 3 ? * MON-FRI *)", "cron(0 3 ? * MON-FRI *)"),
        ("cron(0 3 1 * ? *)", "on day 1 of every month at 03:00"),
        ("cron(0 3 L * ? *)", "cron(0 3 L * ? *)"),
        ("cron(0 3 * 5 ? *)", "cron(0 3 * 5 ? *)"),
        ("cron(0 2,14 * * ? *)", "cron(0 2,14 * * ? *)"),
        ("cron(0 2 * * ? 2027)", "cron(0 2 * * ? 2027)"),
    ],
)
def test_a_schedule_in_words(expression: str, words: str) -> None:
    assert schedule_in_words(parse(expression)) == words


def test_a_job_in_words() -> None:
    assert title("warmup-ai-explanations") == "Warmup AI explanations"
    assert title("retention") == "Retention"
