"""What was answered is kept for each environment, and what a file cannot mean is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.guide import answers
from deploy.guide.answers import Answers, AnswersError
from deploy.translated import ROOT, load

DECLARED = load()["Parameters"]


def test_the_project_has_two_environments_with_names_of_their_own() -> None:
    dev, prod = answers.settings(ROOT, "dev"), answers.settings(ROOT, "prod")

    assert dev["stack_name"] != prod["stack_name"]
    assert answers.project_parameters(dev, DECLARED) == {"LogRetentionDays": "7"}
    assert answers.project_parameters(prod, DECLARED) == {"LogRetentionDays": "90"}


def test_an_unknown_environment_names_the_known_ones() -> None:
    with pytest.raises(AnswersError, match="no environment 'test': it has dev, prod"):
        answers.settings(ROOT, "test")


def test_answers_come_back_for_their_environment_alone(tmp_path: Path) -> None:
    given = Answers("123456789012", "eu-central-1", "nightshift-dev", {"MailFrom": ""})

    answers.keep(tmp_path, "dev", given)

    assert answers.load(tmp_path, "dev") == given
    assert answers.load(tmp_path, "prod") == Answers()


def test_forgotten_answers_are_gone(tmp_path: Path) -> None:
    answers.keep(tmp_path, "dev", Answers("1"))

    answers.forget(tmp_path, "dev")
    answers.forget(tmp_path, "dev")

    assert answers.load(tmp_path, "dev") == Answers()


@pytest.mark.parametrize("text", ["{", "[]", '{"town": "here"}'])
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / ".deploy").mkdir()
    (tmp_path / ".deploy" / "dev.json").write_text(text)

    with pytest.raises(AnswersError, match=r"[.]deploy/dev[.]json cannot be read"):
        answers.load(tmp_path, "dev")


def test_answers_are_none_of_the_repositorys() -> None:
    assert f"{answers.FOLDER}/" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("name", ["", "9-lives", "under_score", "x" * 41])
def test_a_stack_needs_a_name_that_functions_can_carry(name: str) -> None:
    with pytest.raises(AnswersError, match="40 at most"):
        answers.check_stack(name)


def test_the_longest_name_still_leaves_room_for_that_of_a_function() -> None:
    longest = "x" * 40
    names = [
        each["Properties"]["FunctionName"]["Fn::Sub"].replace("${AWS::StackName}", answers.check_stack(longest))
        for each in load()["Resources"].values()
        if each["Type"] == "AWS::Serverless::Function"
    ]

    assert max(map(len, names)) <= 64
