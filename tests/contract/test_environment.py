"""The template sets what the code asks for, within the bounds the code puts on it, and nothing that nobody reads."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.rules.reading import of_type, target
from deploy.translated import Template, load
from tests.contract.source import Setting, reachable, settings, shipped, texts

SOURCES = shipped()
NAMES = [name for name, _ in of_type(load(), "AWS::Serverless::Function")]
# Read by Powertools itself.
POWERTOOLS = "POWERTOOLS_"
# The door names the jobs and never runs them: what only a run reads is not asked for there.
NEVER_READ = {"ApiFunction": {"nightshift.delivery.settings"}}
# Only on one machine: on AWS databases come from their secrets.
LOCAL = {"DATABASE_URL", "ANALYTICS_DATABASE_URL"}


@pytest.fixture(scope="module")
def functions(translated: Template) -> dict[str, dict[str, Any]]:
    """As AWS would get them, with what the template says of all of them."""
    return dict(of_type(translated, "AWS::Lambda::Function"))


def _variables(function: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = function["Environment"]["Variables"]
    return found


def _modules(name: str, functions: dict[str, dict[str, Any]]) -> set[str]:
    return reachable(functions[name]["Handler"].rpartition(".")[0], SOURCES) - NEVER_READ.get(name, set())


def _declared(name: str, functions: dict[str, dict[str, Any]]) -> list[Setting]:
    return [setting for module in sorted(_modules(name, functions)) for setting in settings(SOURCES[module])]


def test_every_function_is_looked_at(functions: dict[str, dict[str, Any]]) -> None:
    assert set(functions) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_function_must_have_is_set(name: str, functions: dict[str, dict[str, Any]]) -> None:
    required = {setting.name for setting in _declared(name, functions) if setting.required}

    assert required <= set(_variables(functions[name]))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_set_that_the_function_never_reads(name: str, functions: dict[str, dict[str, Any]]) -> None:
    read = {text for module in _modules(name, functions) for text in texts(SOURCES[module])}
    variables = _variables(functions[name])
    set_for_nothing = {each for each in variables if each not in read and not each.startswith(POWERTOOLS)}

    assert set_for_nothing == set()


def test_every_setting_can_be_changed_by_who_deploys(functions: dict[str, dict[str, Any]]) -> None:
    declared = {setting.name for name in functions for setting in _declared(name, functions)}
    available = {variable for function in functions.values() for variable in _variables(function)}

    assert declared - available == LOCAL


def test_loopback_addresses_stay_closed_on_aws(functions: dict[str, dict[str, Any]]) -> None:
    assert _variables(functions["ProductChecksFunction"])["CHECK_ALLOW_LOOPBACK"] == "false"


def _numbers(name: str, functions: dict[str, dict[str, Any]]) -> dict[str, tuple[Setting, str]]:
    """Each variable that is a number in the code and a parameter in the template."""
    variables = _variables(functions[name])
    return {
        setting.name: (setting, parameter)
        for setting in _declared(name, functions)
        if setting.minimum is not None and (parameter := target(variables.get(setting.name)))
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_template_takes_no_number_that_the_code_refuses(
    written: Template, functions: dict[str, dict[str, Any]], name: str
) -> None:
    for setting, parameter in _numbers(name, functions).values():
        bounds = written["Parameters"][parameter]
        least, most, usual = bounds["MinValue"], bounds["MaxValue"], int(bounds["Default"])
        assert setting.minimum is not None
        assert setting.maximum is not None
        assert setting.minimum <= least <= usual <= most <= setting.maximum, setting.name


def test_there_are_numbers_to_compare(functions: dict[str, dict[str, Any]]) -> None:
    found = {setting for name in functions for setting in _numbers(name, functions)}

    assert found >= {"MAX_PRODUCTS_PER_RUN", "CHECK_LOCK_TIMEOUT_SECONDS"}
