"""PUPPET_EXECUTORS: everything that is wrong with it is said at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nightshift.errors import SettingsError
from puppet.settings import load_settings

GIVEN = {"PUPPET_WORKER_SECRET_REF": "secretsmanager:x", "PUBLIC_URL": "https://door.example"}


def _load(executors: Any, **others: str) -> Any:
    text = executors if isinstance(executors, str) else json.dumps(executors)
    return load_settings({**GIVEN, "PUPPET_EXECUTORS": text, **others})[1]


def _problems(executors: Any, **others: str) -> str:
    with pytest.raises(SettingsError) as refused:
        _load(executors, **others)
    return "\n".join(refused.value.problems)


def test_nobody_is_named_at_first() -> None:
    assert load_settings({})[1] == {}


def test_workers_and_functions_are_read() -> None:
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:export:live"
    targets = _load(
        {
            "send_invite": {"url": "https://Worker.example/jobs?v=1", "invite": True, "timeoutSeconds": 2.5},
            "export": {"lambda": arn, "callbackSeconds": 3600},
        }
    )

    invite, export = targets["send_invite"], targets["export"]
    assert (invite.worker.url, invite.function, invite.timeout_s, invite.is_invite) == (
        "https://worker.example/jobs?v=1", None, 2.5, True,
    )  # fmt: skip
    assert (export.worker, export.function, export.timeout_s, export.callback_s) == (None, arn, None, 3600)


@pytest.mark.parametrize("text", ["[]", "nonsense", "7", '{"a": ', "[" * 100_000])
def test_it_must_be_a_json_object(text: str) -> None:
    assert "must be a JSON object" in _problems(text)


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("https://worker.example", 'must be {"url": …} or {"lambda": …}'),
        ({}, "either url or lambda"),
        ({"url": "https://a.example", "lambda": "f"}, "either url or lambda"),
        ({"url": "http://worker.example"}, "must begin with https://"),
        ({"url": "http://127.0.0.1:80"}, "must begin with https://"),
        ({"url": "https://user:pass@worker.example"}, "must not carry a user name"),
        ({"url": 7}, "must be an address"),
        ({"lambda": "a function"}, "name or the ARN"),
        ({"lambda": "f", "timeoutSeconds": 601}, "timeoutSeconds must be a number from 1 to 600"),
        ({"lambda": "f", "timeoutSeconds": True}, "timeoutSeconds must be a number"),
        ({"lambda": "f", "callbackSeconds": "soon"}, "callbackSeconds must be a number"),
        ({"lambda": "f", "invite": "yes"}, "invite must be true or false"),
        ({"lambda": "f", "timeout": 3}, "timeout is not known (known: url, lambda"),
    ],
)
def test_each_mistake_is_named_with_its_job_type(entry: Any, word: str) -> None:
    problems = _problems({"send_invite": entry})

    assert word in problems
    assert "send_invite" in problems


def test_all_of_them_are_said_at_once() -> None:
    problems = _problems(
        {"a": {"url": "http://x.example"}, "b": {}}, PUPPET_WORKER_SECRET_REF="", PUBLIC_URL=""
    ).splitlines()

    assert len(problems) == 4


def test_a_type_that_is_given_twice_is_a_mistake() -> None:
    assert "a is given twice" in _problems('{"a": {"lambda": "f"}, "a": {"lambda": "g"}}')


def test_no_password_of_an_address_is_shown() -> None:
    assert "hunter2" not in _problems({"a": {"url": "https://user:hunter2@worker.example"}})


def test_this_machine_is_for_the_local_system_alone() -> None:
    local = {"a": {"url": "http://127.0.0.1:8081/jobs"}}

    assert _load(local, PUPPET_ALLOW_LOOPBACK="true")["a"].worker.port == 8081
    assert "https" in _problems({"a": {"url": "http://10.0.0.1/"}}, PUPPET_ALLOW_LOOPBACK="true")
