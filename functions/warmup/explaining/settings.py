"""Who explains, at what price, and for how much money a day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import urlsplit

from nightshift.errors import SettingsError
from nightshift.loopback import is_loopback
from nightshift.settings import env, load
from warmup.explaining.pricing import FREE, PUBLIC_PRICES, Prices

PROVIDERS: Final = ("offline", "bedrock", "openai")
_MODEL: Final = re.compile(r"[!-~]{1,2048}")
_MOST_USD: Final = 10_000


@dataclass(frozen=True)
class _Words:
    provider: str = env("EXPLAINER", default="offline")
    model: str = env("EXPLAINER_MODEL", default="")
    url: str = env("EXPLAINER_URL", default="")
    secret_ref: str = env("EXPLAINER_SECRET_REF", default="")
    cache_table: str = env("CACHE_TABLE", default="")
    daily_budget: str = env("EXPLANATIONS_DAILY_BUDGET_USD", default="")
    input_price: str = env("EXPLAINER_INPUT_USD_PER_MILLION", default="")
    output_price: str = env("EXPLAINER_OUTPUT_USD_PER_MILLION", default="")


@dataclass(frozen=True)
class _Limits:
    max_output_tokens: int = env("EXPLAINER_MAX_OUTPUT_TOKENS", default=1500, minimum=300, maximum=8000)
    timeout_s: int = env("EXPLAINER_TIMEOUT_SECONDS", default=90, minimum=1, maximum=300)


@dataclass(frozen=True)
class ExplainerSettings:
    """The settings of explanations; offline, only `provider` means anything.

    Attributes:
        provider: one of `PROVIDERS`.
        model: what Bedrock or the server calls it.
        url: where an OpenAI-compatible server's API begins, such as `https://llm.example/v1`.
        secret_ref: the server's key; empty where it asks for none.
        cache_table: keeps the counter of the budget.
        daily_budget_usd: for each day of UTC.
        max_output_tokens: for one answer.
        timeout_s: for one call.
    """

    provider: str = "offline"
    model: str = ""
    url: str = ""
    secret_ref: str = ""
    cache_table: str = ""
    daily_budget_usd: Decimal = Decimal(0)
    prices: Prices = FREE
    max_output_tokens: int = 1500
    timeout_s: int = 90


def load_settings(environ: Mapping[str, str]) -> ExplainerSettings:
    """Read the settings.

    Raises:
        SettingsError: naming everything that is missing or wrong.
    """
    words = load(_Words, environ)
    problems: list[str] = []
    try:
        limits = load(_Limits, environ)
    except SettingsError as error:
        limits, problems = _Limits(0, 0), list(error.problems)
    if words.provider not in PROVIDERS:
        problems.append(f"EXPLAINER must be one of {', '.join(PROVIDERS)}")
    if words.provider in ("bedrock", "openai"):
        problems += _problems(words)
    if problems:
        raise SettingsError(problems)
    if words.provider == "offline":
        return ExplainerSettings()
    return ExplainerSettings(
        provider=words.provider,
        model=words.model,
        url=words.url.rstrip("/"),
        secret_ref=words.secret_ref,
        cache_table=words.cache_table,
        daily_budget_usd=Decimal(words.daily_budget),
        prices=_prices(words) or PUBLIC_PRICES[words.model],
        max_output_tokens=limits.max_output_tokens,
        timeout_s=limits.timeout_s,
    )


def _problems(words: _Words) -> list[str]:
    found = [
        _model(words.model),
        "CACHE_TABLE is missing: it keeps the counter of the budget" if not words.cache_table else None,
        _budget(words.daily_budget),
        *_price_problems(words),
    ]
    if words.provider == "openai":
        found += [_url(words.url), _key(words)]
    return [problem for problem in found if problem]


def _model(model: str) -> str | None:
    if not model:
        return "EXPLAINER_MODEL is missing"
    return None if _MODEL.fullmatch(model) else "EXPLAINER_MODEL must be a model's id, without spaces"


def _budget(text: str) -> str | None:
    if not text:
        return "EXPLANATIONS_DAILY_BUDGET_USD is missing: a model is asked only within a budget"
    amount = _amount(text)
    if amount is None or amount == 0:
        return f"EXPLANATIONS_DAILY_BUDGET_USD must be an amount such as 0.50, above 0 and at most {_MOST_USD}"
    return None


def _price_problems(words: _Words) -> list[str]:
    given = {
        "EXPLAINER_INPUT_USD_PER_MILLION": words.input_price,
        "EXPLAINER_OUTPUT_USD_PER_MILLION": words.output_price,
    }
    if not any(given.values()):
        if not words.model or words.model in PUBLIC_PRICES:
            return []
        return [f"{' and '.join(given)} are missing: this model's price is not known, and no price means no budget"]
    return [
        f"{name} must be an amount such as 0.15, at most {_MOST_USD}"
        for name, text in given.items()
        if _amount(text) is None
    ]


def _prices(words: _Words) -> Prices | None:
    if not words.input_price:
        return None
    return Prices(Decimal(words.input_price), Decimal(words.output_price))


def _amount(text: str) -> Decimal | None:
    # Up to nine decimal places, which is what the counter keeps.
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,9})?", text):
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount <= _MOST_USD else None


def _url(url: str) -> str | None:
    if not url:
        return "EXPLAINER_URL is missing"
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
        is_plain = bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        is_safe = is_plain = False
    if is_safe and is_plain and url.isascii() and url.isprintable() and not set(url) & set(' <>"?#@'):
        return None
    return (
        "EXPLAINER_URL must be an https address such as https://llm.example/v1, without query (http on loopback only)"
    )


def _key(words: _Words) -> str | None:
    try:
        is_near = is_loopback(urlsplit(words.url).hostname)
    except ValueError:
        is_near = False
    if words.secret_ref or is_near or not words.url:
        return None
    return "EXPLAINER_SECRET_REF is missing: the reference of the server's key"
