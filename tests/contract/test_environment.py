"""The template sets what the code asks for, within the bounds the code puts on it, and nothing that nobody reads."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.rules.reading import of_type, target
from deploy.translated import Template, load, translate
from tests.contract.source import Setting, reachable, settings, shipped, texts

SOURCES = shipped()
TRANSLATED = translate(load())
FUNCTIONS = dict(of_type(TRANSLATED, "AWS::Lambda::Function"))
# Read by Powertools itself.
POWERTOOLS = "POWERTOOLS_"
# The door names the jobs and never runs them: what only a run reads is not asked for there.
NEVER_READ = {"ApiFunction": {"nightshift.delivery.settings"}}
# Only on one machine: on AWS databases come from their secrets.
LOCAL = {"DATABASE_URL", "ANALYTICS_DATABASE_URL"}


def _variables(name: str) -> dict[str, Any]:
    found: dict[str, Any] = FUNCTIONS[name]["Environment"]["Variables"]
    return found


def _modules(name: str) -> set[str]:
    return reachable(FUNCTIONS[name]["Handler"].rpartition(".")[0], SOURCES) - NEVER_READ.get(name, set())


def _declared(name: str) -> list[Setting]:
    return [setting for module in sorted(_modules(name)) for setting in settings(SOURCES[module])]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_must_have_is_set(name: str) -> None:
    required = {setting.name for setting in _declared(name) if setting.required}

    assert required <= set(_variables(name))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_is_set_that_the_function_never_reads(name: str) -> None:
    read = {text for module in _modules(name) for text in texts(SOURCES[module])}
    set_for_nothing = {each for each in _variables(name) if each not in read and not each.startswith(POWERTOOLS)}

    assert set_for_nothing == set()


def test_every_setting_can_be_changed_by_who_deploys() -> None:
    declared = {setting.name for name in FUNCTIONS for setting in _declared(name)}
    available = {variable for name in FUNCTIONS for variable in _variables(name)}

    assert declared - available == LOCAL


def test_loopback_addresses_stay_closed_on_aws() -> None:
    assert _variables("ProductChecksFunction")["CHECK_ALLOW_LOOPBACK"] == "false"


def _numbers() -> list[tuple[str, Setting, str]]:
    """Each variable that is a number in the code and a parameter in the template."""
    return [
        (name, setting, parameter)
        for name in FUNCTIONS
        for setting in _declared(name)
        if setting.minimum is not None and (parameter := target(_variables(name).get(setting.name)))
    ]


@pytest.mark.parametrize(("name", "setting", "parameter"), _numbers())
def test_the_template_takes_no_number_that_the_code_refuses(
    written: Template, name: str, setting: Setting, parameter: str
) -> None:
    bounds = written["Parameters"][parameter]

    assert setting.minimum is not None
    assert setting.maximum is not None
    assert setting.minimum <= bounds["MinValue"] <= int(bounds["Default"]) <= bounds["MaxValue"] <= setting.maximum


def test_there_are_numbers_to_compare() -> None:
    assert {setting.name for _, setting, _ in _numbers()} >= {"MAX_PRODUCTS_PER_RUN", "CHECK_LOCK_TIMEOUT_SECONDS"}
