"""Every fuzzer of `make fuzz`, for a moment and always with the same inputs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz import mails, pages, readers, statements, words
from tests.fuzz.target import Target
from tests.support.databases import DatabaseServer

TARGETS = (*pages.TARGETS, *readers.TARGETS, *mails.TARGETS, *words.TARGETS)


def hold(target: Target) -> None:
    def check(value: Any) -> None:
        target.check(value)

    shortly = settings(
        max_examples=target.short, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)
    )
    shortly(given(target.inputs)(check))()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_it_holds_for_a_moment(target: Target) -> None:
    hold(target)


def test_what_goes_into_a_statement_comes_back(database_server: DatabaseServer) -> None:
    with statements.targets(database_server) as targets:
        for target in targets:
            hold(target)
