"""Nothing is lost, nothing is told twice without need, Slack is not hurried, and its webhook stays secret."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from nightshift.alerts import send
from nightshift.alerts.outbox import ATTEMPTS, Outbox
from nightshift.alerts.sending import Sending
from nightshift.alerts.settings import load_settings
from nightshift.alerts.texts import MAX_GROUP
from nightshift.errors import ConfigurationError, SettingsError
from tests.integration.alerts.conftest import PROBE, Watch
from tests.support.aws import Aws
from tests.support.runs import running
from tests.support.slack import TOKEN, Answer

SETTINGS = {"ENABLE_SLACK_ALERTS": "true", "SLACK_WEBHOOK_REF": "secretsmanager:slack-webhook"}


def test_right_after_a_message_others_are_gathered(watch: Watch) -> None:
    watch.bad("probe:a")
    watch.send()
    watch.later("10 seconds")
    watch.bad("probe:b")
    assert watch.send().sent == 0
    watch.later("15 seconds")
    watch.bad("probe:c")
    assert watch.send().sent == 0
    watch.later("5 seconds")
    assert watch.send().sent == 2
    assert watch.slack.asked == 2


def test_many_go_out_in_full_groups_a_second_apart(watch: Watch) -> None:
    for number in range(2 * MAX_GROUP + 2):
        watch.bad(f"probe:{number}")
    waits: list[float] = []

    def sleep(wait_s: float) -> None:
        waits.append(wait_s)
        assert len(watch.slack.taken) == len(waits)
        watch.later("1 second")

    sent = Sending(watch.run, load_settings(SETTINGS), sleep=sleep).carry_out(10.0)

    assert [len(message["blocks"]) for message in watch.slack.taken] == [2 * MAX_GROUP] * 2
    assert all(0 < wait_s <= 1 for wait_s in waits)
    assert sent.sent == 2 * MAX_GROUP
    # The last two wait for company.
    watch.later("30 seconds")
    assert watch.send().sent == 2


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Answer(429, "rate_limited", {"Retry-After": "90"}), 90),
        (Answer(429, "rate_limited"), 60),
        (Answer(500, "rollup_error"), 60),
        (Answer(503, "", {"Retry-After": "5"}), 5),
    ],
)
def test_where_slack_asks_for_patience_it_gets_it(watch: Watch, answer: Answer, wait: int) -> None:
    watch.bad()
    watch.slack.answers.append(answer)

    sent = watch.send()
    assert sent.problem.startswith(f"1 alerts not sent: HTTP {answer.status}")
    watch.later(f"{wait - 2} seconds")
    assert (watch.send().sent, watch.slack.asked) == (0, 1)
    watch.later("2 seconds")
    assert (watch.send().sent, watch.slack.asked) == (1, 2)
    assert watch.states == [("opened", "sent")]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, "no_service"),
        Answer(403, "invalid_token"),
        Answer(400, "invalid_token"),
        Answer(410, "channel_is_archived"),
        Answer(302, "", {"Location": "https://elsewhere.example/"}),
    ],
    ids=lambda answer: f"{answer.status} {answer.body}",
)
def test_a_webhook_that_is_gone_is_not_asked_again_until_there_is_another(
    watch: Watch, aws: Aws, answer: Answer
) -> None:
    watch.bad()
    watch.slack.answers.append(answer)
    assert "nothing more is sent there" in watch.send().problem
    watch.later("1 hour")
    watch.well()
    said = watch.send().problem
    assert "the Slack webhook takes no messages any more" in said
    assert f"HTTP {answer.status}" in said
    assert watch.slack.asked == 1

    aws.client("secretsmanager").put_secret_value(SecretId="slack-webhook", SecretString=watch.slack.url + " ")
    assert watch.send().sent == 0, "the same address in other clothes"
    watch.slack.url = watch.slack.url.replace("127.0.0.1", "localhost")
    aws.client("secretsmanager").put_secret_value(SecretId="slack-webhook", SecretString=watch.slack.url)
    watch.run.platform.secrets._cache.clear()
    assert watch.send().sent == 2
    assert watch.sql("SELECT disabled_at, reason, fingerprint FROM alert_channels") == [[None, None, None]]


def test_what_may_have_arrived_is_sent_once_more_and_no_oftener(watch: Watch) -> None:
    watch.bad()
    watch.slack.answers += [Answer(hangs_up=True)] * 3
    for _ in range(4):
        watch.send()
        watch.later("1 minute")

    assert watch.slack.asked == ATTEMPTS
    assert watch.states == [("opened", "doubtful")]
    assert watch.run.metrics["AlertsDoubtful"] == ("Count", 2)


@pytest.mark.parametrize("times", [1, 2])
def test_a_process_that_dies_while_sending_leaves_a_doubt(watch: Watch, times: int) -> None:
    watch.bad()
    for _ in range(times):
        Outbox(watch.run).prepare()
        Outbox(watch.run).claim("x")
        watch.later("61 seconds")
    sent = watch.send()

    assert sent.doubtful == 1
    assert sent.sent == (1 if times < ATTEMPTS else 0)
    assert watch.states == [("opened", "sent" if times < ATTEMPTS else "doubtful")]


def test_while_one_process_sends_no_other_does(watch: Watch) -> None:
    watch.bad("probe:a")
    Outbox(watch.run).claim("x")
    watch.bad("probe:b")
    watch.later("59 seconds")

    assert watch.send().sent == 0
    watch.later("2 seconds")
    assert watch.send().sent == 2


def test_two_processes_at_once_send_each_message_once(watch: Watch, postgres_url: str) -> None:
    for number in range(5):
        watch.bad(f"probe:{number}")
    barrier, sent = threading.Barrier(4), list[int]()

    def work() -> None:
        with running(PROBE, postgres_url) as run:
            run.platform._clients["secretsmanager"] = client
            barrier.wait()
            sent.append(send(run).sent)

    client = watch.run.platform.client("secretsmanager")
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(sent) == [0, 0, 0, 5]
    assert len(watch.slack.taken) == 1


def test_where_nobody_answers_it_waits(watch: Watch, aws: Aws) -> None:
    aws.client("secretsmanager").put_secret_value(
        SecretId="slack-webhook", SecretString=f"http://127.0.0.1:9/services/{TOKEN}"
    )
    watch.bad()

    assert watch.send().problem == "1 alerts not sent: Slack cannot be reached (ConnectError)"
    assert watch.states == [("opened", "pending")]


def test_what_slack_does_not_take_goes_out_as_plain_text_a_second_later(watch: Watch) -> None:
    watch.bad()
    watch.slack.answers.append(Answer(400, "invalid_blocks"))
    waits: list[float] = []

    assert Sending(watch.run, load_settings(SETTINGS), sleep=waits.append).carry_out(10.0).sent == 1
    assert waits == [1.0]
    assert watch.slack.taken == [{"text": "FAILING: The thing is broken", "unfurl_links": False, "unfurl_media": False}]


def test_what_slack_takes_in_no_form_is_given_up_and_counted(watch: Watch) -> None:
    watch.bad()
    watch.slack.answers += [Answer(400, "invalid_payload")] * 2
    for _ in range(2):
        Sending(watch.run, load_settings(SETTINGS), sleep=lambda _: watch.later("1 second")).carry_out(10.0)
        watch.later("1 minute")

    assert watch.slack.asked == 2
    assert watch.states == [("opened", "failed")]
    assert watch.run.metrics["AlertsNotSent"] == ("Count", 2.0)


def test_news_of_yesterday_is_no_news(watch: Watch) -> None:
    watch.bad("probe:a")
    watch.later("24 hours 1 second")
    watch.bad("probe:b")

    # What is still bad is told again all the same.
    watch.send()
    assert watch.states == [("opened", "dropped"), ("opened", "sent"), ("reminder", "sent")]


def test_what_anybody_says_is_shown_as_it_is(watch: Watch) -> None:
    watch.bad(title="<!channel> & <https://evil.example|click>\n*x*", error="a<b>\x00\ud800&amp;" * 400, empty="")

    assert watch.send().sent == 1
    section = watch.slack.taken[0]["blocks"][0]
    assert "&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt; *x*" in section["text"]["text"]
    assert section["fields"][1]["text"] == "*empty*\n-"


@pytest.mark.parametrize(
    "value", ["ftp://hooks.example/x", "http://hooks.example/services/x", "hooks.slack.com/x", "x"]
)
def test_a_secret_that_holds_no_address_is_refused_and_not_shown(watch: Watch, aws: Aws, value: str) -> None:
    aws.client("secretsmanager").put_secret_value(SecretId="slack-webhook", SecretString=value)
    watch.bad()

    with pytest.raises(ConfigurationError, match="must hold an https:// address") as caught:
        watch.send()
    assert value not in str(caught.value)
    assert watch.states == [("opened", "pending")]


def test_the_webhook_is_in_no_log_and_no_record(
    watch: Watch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    # botocore itself logs what it reads at this level, so the secret is read before.
    watch.run.platform.secrets.current(SETTINGS["SLACK_WEBHOOK_REF"])
    caplog.set_level(logging.DEBUG)
    said: list[Any] = []
    for number, answer in enumerate((Answer(), Answer(500), Answer(hangs_up=True), Answer(404, TOKEN.lower()))):
        watch.bad(f"probe:{number}")
        watch.slack.answers.append(answer)
        said.append(watch.send())
        watch.later("2 minutes")
    tables = [watch.sql(f"SELECT t::text FROM {name} AS t") for name in ("alerts", "alert_states", "alert_channels")]
    output = capfd.readouterr()

    assert watch.slack.asked == 4
    for text in (caplog.text, output.out, output.err, str(said), str(tables)):
        assert TOKEN.lower() not in text.lower()


def test_alerts_without_a_webhook_are_a_mistake(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_WEBHOOK_REF")

    with pytest.raises(SettingsError, match="SLACK_WEBHOOK_REF is missing"):
        watch.send()
