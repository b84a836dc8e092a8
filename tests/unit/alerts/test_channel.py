"""The webhook's secret is checked, and nothing of what stands there instead of one is shown."""

from __future__ import annotations

import pytest

from nightshift.alerts.channel import Slack
from nightshift.errors import ConfigurationError


@pytest.mark.parametrize(
    "webhook",
    ["", "sesame", "ftp://sesame.example/x", "http://sesame.example/x", "https://[sesame", "https://[sesame]/x"],
)
def test_what_is_no_address_is_refused_without_being_shown(webhook: str) -> None:
    with pytest.raises(ConfigurationError, match="must hold an https:// address") as caught:
        Slack(webhook)

    assert "sesame" not in f"{caught.value!r} {caught.value.__context__!r}"


@pytest.mark.parametrize("webhook", ["https://hooks.example/services/x", " http://127.0.0.1:8080/x\n"])
def test_an_address_is_taken(webhook: str) -> None:
    assert Slack(webhook).fingerprint
