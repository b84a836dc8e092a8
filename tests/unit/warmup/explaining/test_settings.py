"""Settings are refused with everything that is wrong, and never without a price or a budget."""

# ruff: noqa: RUF001  # characters that look like others are what is tested

from __future__ import annotations

from decimal import Decimal

import pytest

from nightshift.errors import SettingsError
from warmup.explaining.pricing import PUBLIC_PRICES, Prices
from warmup.explaining.settings import ExplainerSettings, load_settings

BEDROCK = {
    "EXPLAINER": "bedrock",
    "EXPLAINER_MODEL": "amazon.nova-lite-v1:0",
    "CACHE_TABLE": "cache",
    "EXPLANATIONS_DAILY_BUDGET_USD": "0.50",
}
OPENAI = {
    **BEDROCK,
    "EXPLAINER": "openai",
    "EXPLAINER_MODEL": "own-model",
    "EXPLAINER_URL": "https://llm.example/v1/",
    "EXPLAINER_SECRET_REF": "secretsmanager:explainer",
    "EXPLAINER_INPUT_USD_PER_MILLION": "0.1",
    "EXPLAINER_OUTPUT_USD_PER_MILLION": "0",
}


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    return caught.value.problems


def test_offline_needs_nothing() -> None:
    assert load_settings({}) == ExplainerSettings()
    assert load_settings({"EXPLAINER": "offline", "EXPLAINER_URL": "nonsense"}).provider == "offline"


def test_bedrock_with_a_public_price() -> None:
    settings = load_settings(BEDROCK)

    assert (settings.provider, settings.model, settings.cache_table) == ("bedrock", "amazon.nova-lite-v1:0", "cache")
    assert settings.daily_budget_usd == Decimal("0.50")
    assert settings.prices == PUBLIC_PRICES["amazon.nova-lite-v1:0"]
    assert (settings.max_output_tokens, settings.timeout_s) == (1500, 90)


def test_openai_with_its_own_price() -> None:
    settings = load_settings({**OPENAI, "EXPLAINER_MAX_OUTPUT_TOKENS": "800", "EXPLAINER_TIMEOUT_SECONDS": "20"})

    assert (settings.url, settings.secret_ref) == ("https://llm.example/v1", "secretsmanager:explainer")
    assert settings.prices == Prices(Decimal("0.1"), Decimal(0))
    assert (settings.max_output_tokens, settings.timeout_s) == (800, 20)


def test_given_prices_win_over_public_ones() -> None:
    given = {**BEDROCK, "EXPLAINER_INPUT_USD_PER_MILLION": "9", "EXPLAINER_OUTPUT_USD_PER_MILLION": "99.5"}

    assert load_settings(given).prices == Prices(Decimal(9), Decimal("99.5"))


def test_a_model_without_a_price_is_refused() -> None:
    [told] = problems({**BEDROCK, "EXPLAINER_MODEL": "us.amazon.nova-lite-v1:0"})

    assert told == (
        "EXPLAINER_INPUT_USD_PER_MILLION and EXPLAINER_OUTPUT_USD_PER_MILLION are missing: this model's price is not "
        "known, and no price means no budget"
    )


def test_one_price_is_not_enough() -> None:
    assert problems({**BEDROCK, "EXPLAINER_INPUT_USD_PER_MILLION": "1"}) == (
        "EXPLAINER_OUTPUT_USD_PER_MILLION must be an amount such as 0.15, at most 10000",
    )


def test_all_that_is_missing_is_named_at_once() -> None:
    told = problems({"EXPLAINER": "openai"})

    assert [problem.split()[0] for problem in told] == [
        "EXPLAINER_MODEL",
        "CACHE_TABLE",
        "EXPLANATIONS_DAILY_BUDGET_USD",
        "EXPLAINER_URL",
    ]


def test_all_that_is_wrong_is_named_at_once_and_never_shown() -> None:
    wrong = {
        "EXPLAINER": "openai",
        "EXPLAINER_MODEL": "own model",
        "EXPLAINER_URL": "http://llm.example/v1",
        "CACHE_TABLE": "cache",
        "EXPLANATIONS_DAILY_BUDGET_USD": "plenty",
        "EXPLAINER_INPUT_USD_PER_MILLION": "-1",
        "EXPLAINER_OUTPUT_USD_PER_MILLION": "1e3",
        "EXPLAINER_MAX_OUTPUT_TOKENS": "20",
        "EXPLAINER_TIMEOUT_SECONDS": "soon",
    }
    told = problems(wrong)

    assert sorted(problem.split()[0] for problem in told) == sorted(
        {*wrong, "EXPLAINER_SECRET_REF"} - {"EXPLAINER", "CACHE_TABLE"}
    )
    assert not any(value in problem for problem in told for value in ("plenty", "llm.example/v1/", "own model", "soon"))


@pytest.mark.parametrize("name", ["Bedrock", "anthropic", "none"])
def test_an_unknown_explainer(name: str) -> None:
    assert problems({"EXPLAINER": name}) == ("EXPLAINER must be one of offline, bedrock, openai",)


@pytest.mark.parametrize("amount", ["0", "0.00", "-1", "1,5", "10001", "0.0000000001", "1e-3", "NaN", "∞", "١"])
def test_a_budget_is_an_amount_above_nothing(amount: str) -> None:
    [told] = problems({**BEDROCK, "EXPLANATIONS_DAILY_BUDGET_USD": amount})

    assert told.startswith("EXPLANATIONS_DAILY_BUDGET_USD must be an amount such as 0.50, above 0")


@pytest.mark.parametrize(
    "url",
    [
        "http://llm.example/v1",
        "ftp://llm.example",
        "llm.example/v1",
        "https://",
        "https://user:word@llm.example/v1",
        "https://llm.example/v1?key=1",
        "https://llm.example/v1#a",
        "https://llm.example:99999/v1",
        "https://[::1/v1",
        "https://llm.exämple/v1",
        "http://127.0.0.1.evil.example/v1",
    ],
)
def test_only_https_addresses(url: str) -> None:
    [told] = problems({**OPENAI, "EXPLAINER_URL": url})

    assert told.startswith("EXPLAINER_URL must be an https address")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/v1", "http://localhost/v1", "http://[::1]:9/v1"])
def test_this_machine_needs_neither_https_nor_a_key(url: str) -> None:
    environ = {**OPENAI, "EXPLAINER_URL": url, "EXPLAINER_SECRET_REF": ""}

    assert load_settings(environ).url == url
