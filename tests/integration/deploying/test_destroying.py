"""`make destroy` asks twice, and keeps what cannot be made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import destroy as command
from deploy.destroy import destroy
from deploy.guide import answers, database_secret
from deploy.guide.asking import Person
from deploy.guide.words import GuideError
from tests.integration.deploying.conftest import NOBODY, REGION, Account

# CloudFormation of moto takes many seconds to be loaded.
pytestmark = pytest.mark.long

STACK = "nightshift-dev"


def _typing(*typed: str) -> Person:
    given: Iterator[str] = iter(typed)
    return Person(present=True, read=lambda _: next(given))


@pytest.fixture(autouse=True)
def deployed(account: Account, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stack, made with this folder's answers."""
    monkeypatch.setattr("deploy.sam.ROOT", folder)
    monkeypatch.setitem(command._WAIT, "Delay", 0)
    account.stack(STACK, MailFrom="")
    answers.keep(folder, "dev", answers.Answers("123456789012", REGION, STACK, {}))


def _stacks(account: Account) -> list[str]:
    pages = account.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])
    return [each["StackName"] for each in pages["StackSummaries"]]


def _kept(account: Account) -> bool:
    return any(STACK in table for table in account.tables())


def test_the_stack_goes_and_its_locks_stay(account: Account, folder: Path) -> None:
    assert destroy({}, _typing("y", STACK)) == 0

    assert _stacks(account) == []
    assert _kept(account)
    assert answers.load(folder, "dev") == answers.Answers()


def test_everything_goes_when_that_is_said(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    session_secret = database_secret.create(_session(), STACK, "postgresql://a:b@db.example/shop")
    other = account.secret()

    assert destroy({"DATA": "delete"}, _typing("y", STACK)) == 0

    assert not _kept(account)
    manager = account.client("secretsmanager")
    assert "DeletedDate" in manager.describe_secret(SecretId=session_secret)
    assert "DeletedDate" not in manager.describe_secret(SecretId=other), "that one is not ours"


def _session() -> object:
    import boto3

    return boto3.Session(region_name=REGION)


@pytest.mark.parametrize("typed", [("n",), ("",), ("y", "nightshift"), ("y", "")])
def test_one_wrong_answer_leaves_everything(account: Account, typed: tuple[str, ...]) -> None:
    assert destroy({"DATA": "delete"}, _typing(*typed)) == 1

    assert _stacks(account) == [STACK]
    assert _kept(account)


@pytest.mark.parametrize("given", [{}, {"YES": "1"}, {"YES": "1", "CONFIRM": "nightshift"}, {"CONFIRM": STACK}])
def test_nobody_has_to_name_the_stack(account: Account, given: dict[str, str]) -> None:
    with pytest.raises(GuideError, match=f"make destroy YES=1 CONFIRM={STACK}"):
        destroy(given, NOBODY)

    assert _stacks(account) == [STACK]


def test_nobody_may_remove_a_stack_by_its_name(account: Account) -> None:
    assert destroy({"YES": "1", "CONFIRM": STACK}, NOBODY) == 0

    assert _stacks(account) == []


def test_a_stack_that_is_not_there_is_named() -> None:
    with pytest.raises(GuideError, match="There is no stack shop in account 123456789012"):
        destroy({"STACK": "shop"}, NOBODY)


def test_data_is_kept_or_deleted_and_nothing_else() -> None:
    with pytest.raises(GuideError, match="must be keep or delete"):
        destroy({"DATA": "yes"}, NOBODY)
