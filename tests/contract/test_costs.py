"""What the pages say of money is what is reckoned, from figures and prices that say where they come from."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from api.pages import costs
from deploy.costs import page, prices
from deploy.costs.lines import VCPU_MB, computing, lines, seconds, standing, total
from deploy.costs.memory import REASONS
from deploy.costs.shops import SHOPS, Shop
from deploy.costs.work import Work, measured
from deploy.marked import replaced
from deploy.observability.registry import functions
from deploy.rules.reading import of_type
from deploy.translated import ROOT, Template

README = ROOT / "README.md"


def test_the_page_is_as_it_would_be_written(written: Template) -> None:
    assert page.page(written) == page.FILE.read_text("utf-8"), "make costs"


def test_the_readme_says_the_same(written: Template) -> None:
    text = README.read_text("utf-8")
    assert replaced(text, "costs", page.readme(written)) == text, "make costs"


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.name)
def test_every_job_has_its_line(written: Template, shop: Shop) -> None:
    named = {each.name for each in functions(written) if each.job}
    found = lines(written, shop)

    assert {line.name for line in found} == {*named, "api"}
    assert all(line.total > 0 for line in found)
    # One invocation after the other of a function that runs alone: it cannot be at work for longer than the month is.
    assert all(line.seconds < 730 * 3600 for line in found)


def test_a_month_is_the_sum_of_its_lines(written: Template) -> None:
    shop = SHOPS[0]
    said = sum(sum(line.usd.values()) for line in lines(written, shop)) + sum(standing(written).values())
    assert total(written, shop) == pytest.approx(said)
    secrets = len(list(of_type(written, "AWS::SecretsManager::Secret")))
    assert standing(written)[f"{secrets} secrets"] == pytest.approx(secrets * 0.40)


def test_more_of_anything_costs_more(written: Template) -> None:
    shop = SHOPS[1]
    for name in ("checks_a_run", "mails", "carts", "terms", "puppet_jobs", "page_views", "calls"):
        assert total(written, replace(shop, **{name: 2 * getattr(shop, name)})) > total(written, shop), name
    assert [total(written, shop) for shop in SHOPS] == sorted(total(written, shop) for shop in SHOPS)


def test_work_costs_the_same_at_each_memory_and_waiting_does_not() -> None:
    works, waits = Work(1, 0, cpu_ms=1000, waiting_ms=0), Work(1, 0, cpu_ms=0, waiting_ms=1000)

    assert computing(works, 256) == pytest.approx(computing(works, VCPU_MB))
    assert computing(waits, 256) == pytest.approx(computing(waits, 1024) / 4)
    assert seconds(works, VCPU_MB // 2) == pytest.approx(2, rel=0.01)
    assert seconds(works, 2 * VCPU_MB) == pytest.approx(1), "one thread has no use for a second processor"


def test_figures_and_prices_say_where_they_come_from(written: Template) -> None:
    assert date.fromisoformat(measured()["date"])
    assert measured()["machine"]["processor"]
    assert all(price.page and price.usd > 0 for price in prices.EVERY)
    assert re.fullmatch(r"[A-Z][a-z]+ 20\d\d", prices.PRICES_OF)
    # What the dashboard says of one run.
    assert {"arm64": prices.ARM.usd, "x86_64": prices.INTEL.usd} == costs._USD_PER_GB_S
    assert set(REASONS) <= {each.id for each in functions(written)}
