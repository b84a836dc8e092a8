"""Questions to a person, where there is one; elsewhere the same questions name what is missing."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.guide.parameters import Declared, ParametersError, check
from deploy.guide.words import GuideError


@dataclass(frozen=True)
class Person:
    """Whoever answers: `present` is False on CI and with YES=1."""

    present: bool
    read: Callable[[str], str] = input
    read_secret: Callable[[str], str] = getpass.getpass

    def answer(self, question: str) -> str:
        """Return what is typed, or nothing when nobody is there: every question has an answer that is nothing."""
        return self.read(f"{question}\n> ").strip() if self.present else ""

    def agrees(self, question: str, *, otherwise: bool) -> bool:
        """Return whether the answer is yes; `otherwise` is the answer of nobody."""
        if not self.present:
            return otherwise
        return self.read(f"{question} [y/N] ").strip().lower() in ("y", "yes")


QUESTIONS: Mapping[str, str] = {
    "VpcSubnetIds": (
        "Private subnets from which the database is reached, with commas between (subnet-…,subnet-…).\n"
        "Nothing: no VPC; the database must then be reachable from the internet."
    ),
    "VpcSecurityGroupIds": "Security groups for the functions in these subnets, with commas between (sg-…).",
    "MailFrom": "Address that mails to shoppers come from (SES must have verified it). Nothing: no mails for now.",
    "ShopName": "What the shop is called in mails.",
    "ShopUrl": "Where the shop is (https://…), for the foot of mails.",
    "AlarmEmail": "Where alarms are mailed to. Nothing: they are only shown in CloudWatch.",
}
# Asked only where the other has an answer.
FOLLOWS: Mapping[str, str] = {"VpcSecurityGroupIds": "VpcSubnetIds", "ShopName": "MailFrom", "ShopUrl": "MailFrom"}


def complete(person: Person, known: Mapping[str, str], declared: Declared) -> dict[str, str]:
    """Return what is known with every question answered that it leaves open; what is known is not asked.

    Raises:
        GuideError: something has to be said and nobody is there to say it.
    """
    found = dict(known)
    for name, question in QUESTIONS.items():
        leader = FOLLOWS.get(name)
        wanted = found.get(leader) if leader else name not in found
        if wanted and not found.get(name):
            found[name] = _asked(person, name, question, declared, needed=leader)
    return found


def _asked(person: Person, name: str, question: str, declared: Declared, *, needed: str | None) -> str:
    if needed and not person.present:
        raise GuideError(missing(name, f"{needed} is set"))
    while True:
        value = person.answer(question).replace(" ", "") if name.startswith("Vpc") else person.answer(question)
        problem = _problem(name, value, declared) or (
            f"{name} is needed, because {needed} is set" if needed and not value else ""
        )
        if not problem:
            return value
        print(f"  {problem}")


def _problem(name: str, value: str, declared: Declared) -> str:
    try:
        check({name: value}, declared)
    except ParametersError as error:
        return str(error)
    return ""


def missing(name: str, because: str) -> str:
    """Return the sentence that stands in for a question."""
    return f"{name} is not known, and nobody is here to ask, but {because}: make deploy PARAMETERS='{name}=…'"


def as_list(value: Any) -> list[str]:
    """Return the parts of a CommaDelimitedList."""
    return [part.strip() for part in str(value or "").split(",") if part.strip()]
