"""What `make deploy` finds out, asks and keeps before it builds: against an account of AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.guide import answers
from deploy.guide.__main__ import prepare
from deploy.guide.asking import Person
from deploy.guide.words import OURS, GuideError, explained
from tests.integration.deploying.conftest import NOBODY, REGION, Account, with_database

URL = "postgresql://shop:planted-word@db.example/shop"


def _typing(*typed: str, secret: str = "") -> Person:
    given: Iterator[str] = iter(typed)
    return Person(present=True, read=lambda _: next(given), read_secret=lambda _: secret)


def _kept(folder: Path, environment: str = "dev") -> dict[str, str]:
    return answers.load(folder, environment).parameters


def test_a_new_stack_gets_its_answers_and_the_projects(account: Account, folder: Path) -> None:
    arn = account.secret()

    plan = prepare(folder, {"ENV": "prod"}, _typing(arn, "", "", "ops@shop.example"))

    assert plan.answers.stack == "nightshift"
    assert plan.answers.parameters["DatabaseSecretArn"] == arn
    assert plan.answers.parameters["LogRetentionDays"] == "90"
    assert _kept(folder, "prod")["AlarmEmail"] == "ops@shop.example"
    assert "LogRetentionDays" not in _kept(folder, "prod"), "samconfig.toml says it, and may say another"


def test_a_second_call_asks_nothing(account: Account, folder: Path) -> None:
    first = prepare(folder, {}, _typing(account.secret(), "", "", ""))

    second = prepare(folder, {}, _typing())

    assert second.answers == first.answers


def test_nobody_is_asked_where_everything_is_said(account: Account, folder: Path) -> None:
    plan = prepare(folder, {"PARAMETERS": f"DatabaseSecretArn={account.secret()} LogLevel=DEBUG"}, NOBODY)

    assert plan.answers.parameters["LogLevel"] == "DEBUG"


def test_what_is_said_now_wins_over_what_was_said_before(account: Account, folder: Path) -> None:
    prepare(folder, {"PARAMETERS": f"DatabaseSecretArn={account.secret()} LogLevel=DEBUG"}, NOBODY)

    plan = prepare(folder, {"PARAMETERS": "LogLevel=ERROR LogRetentionDays=1"}, NOBODY)

    assert (plan.answers.parameters["LogLevel"], plan.answers.parameters["LogRetentionDays"]) == ("ERROR", "1")


def test_what_the_stack_was_given_is_not_asked_again(account: Account, folder: Path) -> None:
    account.stack("nightshift-dev", DatabaseSecretArn=account.secret(), MailFrom="", AlarmEmail="ops@shop.example")

    plan = prepare(folder, {}, NOBODY)

    assert plan.answers.parameters["AlarmEmail"] == "ops@shop.example"


def test_a_secret_is_made_from_a_url_and_shown_nowhere(
    account: Account, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = prepare(folder, {}, _typing("", "", "", "", secret=URL))

    arn = plan.answers.parameters["DatabaseSecretArn"]
    held = json.loads(account.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert (held["host"], held["password"]) == ("db.example", "planted-word")
    shown = capsys.readouterr()
    files = "".join(file.read_text() for file in (folder / answers.FOLDER).iterdir())
    assert "planted-word" not in shown.out + shown.err + files


def test_a_secret_made_twice_is_one_secret(account: Account, folder: Path) -> None:
    first = prepare(folder, {}, _typing("", "", "", "", secret=URL)).answers.parameters["DatabaseSecretArn"]
    answers.forget(folder, "dev")

    second = prepare(folder, {}, _typing("", "", "", "", secret=URL)).answers.parameters["DatabaseSecretArn"]

    assert first == second


def test_the_answers_of_another_account_are_not_used_by_mistake(account: Account, folder: Path) -> None:
    answers.keep(folder, "dev", answers.Answers("999999999999", REGION, "nightshift-dev", {}))

    with pytest.raises(GuideError, match="deployed to account 999999999999"):
        prepare(folder, {}, NOBODY)


WRONG: list[tuple[Callable[[Account], dict[str, str]], str]] = [
    (lambda _: {}, "DatabaseSecretArn is not known"),
    (lambda _: {"ENV": "test"}, "no environment 'test'"),
    (lambda _: {"STACK": "under_score"}, "no name for this stack"),
    (lambda _: {"PARAMETERS": "Databse=x"}, "There is no parameter Databse"),
    (lambda account: with_database(account.secret(host="")), "must be JSON with host, port"),
    (lambda _: with_database(f"arn:aws:secretsmanager:{REGION}:123456789012:secret:gone-AbCdEf"), "There is no secret"),
    (
        lambda account: with_database(account.secret(host="shop.abc.us-east-1.rds.amazonaws.com")),
        "curl -o functions/certificates/rds.pem",
    ),
    (
        lambda account: with_database(account.secret()) | {"PARAMETERS": "MailFrom=a@b.example"},
        "DatabaseSecretArn is not",
    ),
]


@pytest.mark.parametrize(("given", "complaint"), WRONG)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_kept(
    account: Account, folder: Path, given: Callable[[Account], dict[str, str]], complaint: str
) -> None:
    with pytest.raises(OURS) as refusal:
        prepare(folder, given(account), NOBODY)

    assert complaint in explained(refusal.value)
    assert _kept(folder) == {}


def test_a_stack_whose_first_deployment_failed_is_told_from_others(
    account: Account, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.stack("nightshift-dev", DatabaseSecretArn=account.secret())
    monkeypatch.setattr("deploy.guide.account.find_stack", _in_state("ROLLBACK_COMPLETE"))

    with pytest.raises(GuideError, match="ROLLBACK_COMPLETE: the first deployment failed"):
        prepare(folder, {}, NOBODY)


def _in_state(status: str) -> Callable[[Any, str], Any]:
    """Moto brings no stack into such a state."""
    from deploy.guide.account import Stack

    return lambda _session, name: Stack(name, status)


@pytest.mark.parametrize("begun", [False, True])
def test_a_sender_that_ses_has_not_verified_is_told(
    account: Account, folder: Path, begun: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    if begun:
        account.client("sesv2").create_email_identity(EmailIdentity="shop.example")
    mail = "MailFrom=news@shop.example ShopName=Shop ShopUrl=https://shop.example"

    prepare(folder, {"PARAMETERS": f"{with_database(account.secret())['PARAMETERS']} {mail}"}, NOBODY)

    assert "SES has verified neither" in capsys.readouterr().out
