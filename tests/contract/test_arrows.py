"""Imports point one way, and pure logic stays pure."""

from __future__ import annotations

import pytest

from tests.contract import arrows
from tests.contract.source import shipped

HOUSE = {
    "api": "",
    "api.app": "from product_checks import routes\nimport nightshift.job",
    "nightshift": "",
    "nightshift.job": "import boto3",
    "nightshift.schedule": "import re",
    "product_checks": "",
    "product_checks.routes": "from nightshift.job import Job",
    "product_checks.changes": "from product_checks import money",
    "product_checks.money": "import decimal",
    "wishlist": "",
    "wishlist.routes": "from nightshift import job",
}

WRONG = [
    ("nightshift.job", "import product_checks.routes", "knows no domain"),
    ("nightshift.job", "def later():\n    from api import app", "knows no domain"),
    ("product_checks.routes", "from wishlist import routes", "no other domain"),
    ("wishlist.routes", "import product_checks.money as money", "no other domain"),
    ("wishlist.routes", "from api.app import handler", "does not know the door"),
    ("api.app", "from product_checks import changes", "only its routes.py"),
    ("api.app", "import product_checks.money", "only its routes.py"),
    ("api.app", "from local.run import main", "not there on AWS"),
    ("product_checks.changes", "import httpx", "is pure"),
    ("product_checks.changes", "def later():\n    from pg8000 import native", "is pure"),
    ("product_checks.money", "import boto3", "is pure, but reaches boto3 through product_checks.money"),
    ("nightshift.schedule", "from . import job", "is pure, but reaches boto3 through nightshift.job"),
]


def test_no_import_goes_against_an_arrow() -> None:
    assert arrows.problems(shipped()) == []


def test_a_sound_house_has_no_problem() -> None:
    assert arrows.problems(HOUSE) == []


@pytest.mark.parametrize(("module", "source", "complaint"), WRONG)
def test_a_wrong_import_is_noticed(module: str, source: str, complaint: str) -> None:
    found = arrows.problems({**HOUSE, module: source})

    assert any(complaint in problem for problem in found), found


def test_what_only_type_checkers_see_is_no_import() -> None:
    guarded = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import httpx"

    assert arrows.problems({**HOUSE, "product_checks.changes": guarded}) == []


@pytest.mark.parametrize("pure", arrows.PURE)
def test_what_is_called_pure_exists(pure: str) -> None:
    assert any(module == pure or module.startswith(f"{pure}.") for module in shipped())
