"""Questions are asked once, again after a wrong answer, and of nobody where nobody is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from deploy.guide.asking import QUESTIONS, Person, complete
from deploy.guide.words import GuideError
from deploy.translated import load

DECLARED = load()["Parameters"]


class Answering:
    """Gives the answers in turn, and remembers what it was asked."""

    def __init__(self, *answers: str) -> None:
        self._answers = iter(answers)
        self.asked: list[str] = []

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        return next(self._answers)


def _complete(answers: Sequence[str], **known: str) -> tuple[dict[str, str], list[str]]:
    reading = Answering(*answers)
    return complete(Person(present=True, read=reading), known, DECLARED), reading.asked


def test_without_a_vpc_and_mail_three_questions_are_enough() -> None:
    found, asked = _complete(["", "", ""])

    assert found == {"VpcSubnetIds": "", "MailFrom": "", "AlarmEmail": ""}
    assert len(asked) == 3


def test_one_answer_leads_to_the_questions_that_follow_from_it() -> None:
    given = ["subnet-1, subnet-2", "sg-1", "news@shop.example", "A shop", "https://shop.example", "ops@shop.example"]

    found, asked = _complete(given)

    assert found["VpcSubnetIds"] == "subnet-1,subnet-2"
    assert found["ShopName"] == "A shop"
    assert len(asked) == len(QUESTIONS)


def test_what_is_known_is_not_asked_even_if_it_is_nothing() -> None:
    found, asked = _complete([], VpcSubnetIds="", MailFrom="", AlarmEmail="ops@shop.example", LogLevel="DEBUG")

    assert asked == []
    assert found["LogLevel"] == "DEBUG"


def test_a_wrong_answer_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    found, asked = _complete(["", "news", "news@shop.example", "", "A shop", "https://shop.example", ""])

    assert found["MailFrom"] == "news@shop.example"
    assert len(asked) == 7
    said = capsys.readouterr().out
    assert "bare mail address" in said
    assert "ShopName is needed, because MailFrom is set" in said


def test_nobody_is_asked_and_nothing_is_meant() -> None:
    found = complete(Person(present=False), {}, DECLARED)

    assert found == {"VpcSubnetIds": "", "MailFrom": "", "AlarmEmail": ""}


def test_what_nobody_has_said_is_named() -> None:
    with pytest.raises(GuideError, match=r"ShopName is not known(.|\n)*PARAMETERS='ShopName=…'"):
        complete(Person(present=False), {"MailFrom": "news@shop.example"}, DECLARED)


@pytest.mark.parametrize(("typed", "agreed"), [("y", True), ("Yes", True), ("", False), ("no", False)])
def test_only_a_yes_is_a_yes(typed: str, agreed: bool) -> None:
    assert Person(present=True, read=Answering(typed)).agrees("Remove it?", otherwise=True) is agreed


@pytest.mark.parametrize("otherwise", [True, False])
def test_nobody_agrees_as_was_settled(otherwise: bool) -> None:
    assert Person(present=False).agrees("Remove it?", otherwise=otherwise) is otherwise
