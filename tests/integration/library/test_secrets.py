"""Secrets from both stores, while they are rotated and while the store is down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local.aws import client
from nightshift.errors import ConfigurationError, SecretUnavailable
from nightshift.secrets import FRESH_S, STALE_S, Secrets
from tests.support.aws import Aws


class Stores:
    """Clients to the real stores, which a test can take away."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.down = False
        self.calls = 0
        self.now = 5_000.0

    def __call__(self, service: str) -> Any:
        self.calls += 1
        return client(service, "http://127.0.0.1:1" if self.down else self.aws.endpoint)


@pytest.fixture
def stores(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Stores:
    # One try is enough to see that nobody answers.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return Stores(aws)


@pytest.fixture
def secrets(stores: Stores) -> Secrets:
    return Secrets(stores, monotonic=lambda: stores.now)


def in_secrets_manager(aws: Aws, *values: str) -> str:
    reference = aws.create_secret("app/job", values[0])
    for value in values[1:]:
        aws.client("secretsmanager").put_secret_value(SecretId="app/job", SecretString=value)
    return reference


def in_ssm(aws: Aws, *values: str) -> str:
    for value in values:
        aws.client("ssm").put_parameter(Name="/app/job", Value=value, Type="SecureString", Overwrite=True)
    return "ssm:/app/job"


STORES = pytest.mark.parametrize("store", [in_secrets_manager, in_ssm])


@STORES
class TestValues:
    @pytest.mark.parametrize(
        ("values", "valid"),
        [
            (["one"], ("one",)),
            (["one", "two"], ("two", "one")),
            (["one", "two", "three"], ("three", "two")),
            (["one", "one"], ("one",)),
        ],
    )
    def test_the_current_value_and_the_one_before_are_valid(
        self, aws: Aws, secrets: Secrets, store: Callable[..., str], values: list[str], valid: tuple[str, ...]
    ) -> None:
        reference = store(aws, *values)
        assert secrets.values(reference) == valid
        assert secrets.current(reference) == valid[0]

    def test_a_value_is_kept_while_it_is_fresh(
        self, aws: Aws, stores: Stores, secrets: Secrets, store: Callable[..., str]
    ) -> None:
        reference = store(aws, "one")
        secrets.values(reference)
        calls = stores.calls
        rotate(aws, reference, "two")
        stores.now += FRESH_S - 1
        assert secrets.values(reference) == ("one",)
        assert stores.calls == calls
        stores.now += 1
        assert secrets.values(reference) == ("two", "one")

    def test_afresh_asks_at_once(self, aws: Aws, secrets: Secrets, store: Callable[..., str]) -> None:
        reference = store(aws, "one")
        secrets.values(reference)
        rotate(aws, reference, "two")
        assert secrets.current(reference, afresh=True) == "two"
        assert secrets.current(reference) == "two"

    def test_while_the_store_is_down_the_last_value_counts_for_an_hour(
        self, aws: Aws, stores: Stores, secrets: Secrets, store: Callable[..., str]
    ) -> None:
        reference = store(aws, "one")
        secrets.values(reference)
        stores.down = True
        stores.now += STALE_S - 1
        assert secrets.values(reference) == ("one",)
        assert secrets.current(reference, afresh=True) == "one"
        stores.now += 1
        with pytest.raises(SecretUnavailable, match="EndpointConnectionError"):
            secrets.values(reference)
        stores.down = False
        assert secrets.values(reference) == ("one",)

    def test_a_store_that_is_down_from_the_start_opens_nothing(
        self, stores: Stores, secrets: Secrets, store: Callable[..., str], aws: Aws
    ) -> None:
        reference = store(aws, "one")
        stores.down = True
        for _ in range(2):
            with pytest.raises(SecretUnavailable):
                secrets.values(reference)


def rotate(aws: Aws, reference: str, value: str) -> None:
    if reference.startswith("ssm"):
        aws.client("ssm").put_parameter(Name="/app/job", Value=value, Type="SecureString", Overwrite=True)
    else:
        aws.client("secretsmanager").put_secret_value(SecretId="app/job", SecretString=value)


class TestNoValue:
    def test_no_reference_means_that_nothing_is_valid(self, secrets: Secrets) -> None:
        assert secrets.values("") == ()
        with pytest.raises(SecretUnavailable, match="no secret is configured"):
            secrets.current("")

    def test_an_empty_value_is_never_valid(self, secrets: Secrets) -> None:
        class Emptied:
            exceptions: Any = None

            def get_secret_value(self, SecretId: str, VersionStage: str = "AWSCURRENT") -> dict[str, str]:  # noqa: N803
                return {"SecretString": "" if VersionStage == "AWSCURRENT" else f"old {SecretId}"}

        secrets = Secrets(lambda _service: Emptied())
        assert secrets.values("secretsmanager:x") == ("old x",)

    @pytest.mark.parametrize("reference", ["secretsmanager:nowhere", "ssm:/nowhere"])
    def test_a_secret_that_does_not_exist_is_named(self, secrets: Secrets, reference: str) -> None:
        with pytest.raises(SecretUnavailable, match=rf"{reference} cannot be read \(\w+NotFound"):
            secrets.values(reference)

    def test_bytes_are_not_text(self, aws: Aws, secrets: Secrets) -> None:
        aws.client("secretsmanager").create_secret(Name="binary", SecretBinary=b"\x00\x01")
        with pytest.raises(SecretUnavailable, match="secretsmanager:binary holds bytes"):
            secrets.values("secretsmanager:binary")

    @pytest.mark.parametrize(
        "reference", ["the-secret-itself", "vault:the-secret", "ssm:", "secretsmanager", ":x", "SSM:/x"]
    )
    def test_a_reference_of_another_form_is_refused_and_not_shown(self, secrets: Secrets, reference: str) -> None:
        with pytest.raises(ConfigurationError, match="must be secretsmanager:") as caught:
            secrets.values(reference)
        assert not isinstance(caught.value, SecretUnavailable)
        assert "the-secret" not in str(caught.value)
