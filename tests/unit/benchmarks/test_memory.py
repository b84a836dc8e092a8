"""The largest cases: every function has one, and they are as large as the limits allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.lambdas import FunctionFailedError
from benchmarks.memory import others
from benchmarks.memory.cases import HOSTS, LINES, PAGES
from benchmarks.memory.peaks import check
from local.template import load
from product_checks.extraction import extract
from product_checks.fetching import PageRequest
from puppet.executing.answers import MAX_ANSWER_BYTES

ROOT = Path(__file__).parents[3]
# Called by deployments alone, with nothing that grows.
_NO_LARGE_CASE = {"Migrate", "Deployment"}
CASES = {case.function: case for line in LINES for case in line}


def test_every_function_has_its_largest_case() -> None:
    resources = load(ROOT / "template.yaml")["Resources"]
    functions = {
        name.removesuffix("Function") for name, body in resources.items() if body["Type"] == "AWS::Serverless::Function"
    }

    assert CASES.keys() == functions - _NO_LARGE_CASE


def test_the_first_page_of_a_host_is_at_the_limit_and_a_product() -> None:
    limit = PageRequest("https://shop.example/").max_bytes
    page = others.page(others.PAGE_BYTES)

    assert 0.98 * limit < len(page) <= limit
    assert extract(others.page(20_000).decode(), "https://shop.example/0").is_product
    assert PAGES % HOSTS == 0


def test_the_workers_answer_is_at_the_limit() -> None:
    assert 0.9 * MAX_ANSWER_BYTES < others.RESULT_BYTES < MAX_ANSWER_BYTES


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "failed"},
        {"status": "skipped", "reason": "held"},
        {"statusCode": 401},
        {"processed": 499},
        {"status": "succeeded"},
    ],
)
def test_who_did_less_than_the_largest_case_is_not_measured(answer: dict[str, Any]) -> None:
    with pytest.raises(FunctionFailedError, match="ProductChecks did less"):
        check(CASES["ProductChecks"], answer)


def test_who_did_it_is() -> None:
    check(CASES["ProductChecks"], {"status": "succeeded", "processed": 500, "failed": 2})
